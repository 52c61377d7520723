"""Cancels of one order and of several: the orders that were named, each once, with the options that were given."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError, InvalidOrderRequest
from airflow_provider_exchange.models.orders import OrderRef
from tests.exchanges.evidence import EVIDENCE, OPERATIONS, Evidence, each_answer, each_venue
from tests.exchanges.replay import names_in
from tests.turns import in_turn

if TYPE_CHECKING:
    from tests.exchanges.answer import Answer
    from tests.stepping import Asked

VALUES: dict[type, tuple[Any, Any]] = {bool: (True, False), int: (1, 2), str: ("one", "another")}
"""Two values of each type that an option may have."""


def wire(asked: Asked) -> tuple[Any, ...]:
    return asked.request.method, asked.request.url, asked.request.body


@each_venue
def test_a_cancel_names_its_order(venue: Evidence) -> None:
    cancellation = venue.exchange.cancel_one(venue.ref, {})
    assert cancellation is not None
    assert (tuple(cancellation.orders), cancellation.is_batch) == ((venue.ref,), False)
    assert venue.ref.order_id in [part for _, part in names_in(venue.change(cancellation).request)]


@each_answer(*OPERATIONS, "any call", is_whole=True)
def test_a_cancel_changes_something_once_and_a_read_nothing(answer: Answer) -> None:
    """Whatever the answer is, and however many requests the adapter makes beside."""
    for replay in answer.replays():
        with pytest.raises(ExchangeError) if answer.is_error else nullcontext():
            replay.run()
        changes = [asked for asked in replay.asked if asked.call.mutating]
        assert len(changes) == (1 if replay.name.startswith("cancel") else 0)


@each_venue
def test_an_order_that_is_known_by_the_clients_id_alone_is_not_cancelled_by_it(venue: Evidence) -> None:
    """Several live orders may have that id; a cancel by it could reach another than the one that was read."""
    if venue.exchange.client_order_ids is not None:
        assert venue.exchange.cancel_one(OrderRef(None, venue.symbols[0], "42"), {}) is None


@each_venue
def test_no_orders_make_no_batch(venue: Evidence) -> None:
    assert venue.exchange.cancel_several([], {}) == []


@pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)
@given(data=st.data())
def test_batches_hold_every_order_once(venue: Evidence, data: st.DataObject) -> None:
    refs = venue.refs(data.draw(st.integers(0, min(2500, 3 * venue.facts["batches"]["orders"]))))
    batches = venue.exchange.cancel_several(refs, {})
    assert [ref for batch in batches for ref in batch.orders] == refs
    assert all(batch.orders for batch in batches)
    assert all(batch.is_batch for batch in batches if len(batch.orders) > 1)


@each_venue
def test_batches_are_as_large_as_they_may_be(venue: Evidence) -> None:
    batches = venue.facts["batches"]
    assert len(venue.exchange.cancel_several(venue.refs(batches["orders"]), {})) == batches["cancels"]


@each_venue
def test_every_order_of_a_batch_is_on_the_wire_once(venue: Evidence) -> None:
    refs = venue.refs(25)
    ids = {ref.order_id for ref in refs}
    sent: list[str] = []
    for cancellation in venue.exchange.cancel_several(refs, {}):
        sent += [part for _, part in names_in(venue.change(cancellation).request) if part in ids]
    assert sorted(sent) == sorted(str(ref.order_id) for ref in refs)


# -- options


@each_venue
def test_options_are_those_that_the_venue_documents(venue: Evidence) -> None:
    options = venue.exchange.options
    assert {name: option.kind.__name__ for name, option in options.items()} == venue.facts["options"]
    assert all(len(option.meaning) > 10 for option in options.values())


@each_venue
def test_values_of_another_type_are_refused(venue: Evidence) -> None:
    for name, option in venue.exchange.options.items():
        others: tuple[Any, ...] = (True, 1, 1.5, "False", None, [], {})
        for value in others:
            if type(value) is not option.kind:
                with pytest.raises(InvalidOrderRequest, match=name):
                    venue.exchange.check_options({name: value})
        for value in VALUES[option.kind]:
            assert venue.exchange.check_options({name: value}) == {name: value}


@each_venue
@in_turn("options", [{"unknown": True}, {1: True}, [], "x", {"": True}])
def test_unknown_options_are_refused(venue: Evidence, options: Any) -> None:
    with pytest.raises(InvalidOrderRequest, match="options"):
        venue.exchange.check_options(options)


@each_venue
def test_no_option_is_dropped_on_the_way(venue: Evidence) -> None:
    refs = venue.refs(3)
    for name, option in venue.exchange.options.items():
        singles = [venue.single_cancel(**{name: value}) for value in VALUES[option.kind]]
        assert wire(singles[0]) != wire(singles[1])
        several = [
            [
                wire(venue.change(each))
                for each in venue.exchange.cancel_several(refs, venue.exchange.check_options({name: value}))
            ]
            for value in VALUES[option.kind]
        ]
        assert several[0] != several[1]


# -- rate limits


@each_venue
def test_no_call_weighs_more_than_its_limit_admits(venue: Evidence) -> None:
    exchange = venue.exchange
    assert all(limit.requests > 0 and limit.seconds > 0 for limit in exchange.limits.values())
    asked = [venue.single_cancel(), *map(venue.change, exchange.cancel_several(venue.refs(2), {}))]
    for name in ("list_open", "markets", "probe"):
        replay = venue.replay(name, response=venue.recorded(name).response)
        replay.run()
        asked += replay.asked
    for call in (each.call for each in asked):
        for endpoint in {call.endpoint, "total"} & exchange.limits.keys():
            assert 0 < call.weight <= exchange.limits[endpoint].requests
        assert {call.endpoint, "total"} & exchange.limits.keys() or not call.mutating
