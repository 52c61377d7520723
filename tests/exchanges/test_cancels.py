"""Cancels of one order and of several: the orders that were named, each once, with the options that were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.models import OrderRef
from tests.exchanges.evidence import EVIDENCE, Evidence, each_venue
from tests.stepping import first_call

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.http import HttpCall

VALUES: dict[type, tuple[Any, Any]] = {bool: (True, False), int: (1, 2), str: ("one", "another")}
"""Two values of each type that an option may have."""


def wire(call: HttpCall[Any]) -> tuple[Any, ...]:
    return call.method, call.path, dict(call.params)


@each_venue
def test_a_cancel_names_its_order(venue: Evidence) -> None:
    cancellation = venue.exchange.cancel_one(venue.ref, {})
    assert cancellation is not None
    assert (tuple(cancellation.orders), cancellation.is_batch) == ((venue.ref,), False)
    call = first_call(cancellation.operation)
    assert call.mutating
    assert call.signed


@each_venue
def test_an_order_that_is_known_by_the_clients_id_alone_is_not_cancelled_by_it(venue: Evidence) -> None:
    """Several live orders may have that id; a cancel by it could reach another than the one that was read."""
    if venue.exchange.client_order_ids is not None:
        assert venue.exchange.cancel_one(OrderRef(None, venue.symbols[0], "42"), {}) is None


@each_venue
def test_no_orders_make_no_batch(venue: Evidence) -> None:
    assert venue.exchange.cancel_several([], {}) == []


@pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)
@given(count=st.integers(0, 2500))
def test_batches_hold_every_order_once(venue: Evidence, count: int) -> None:
    refs = venue.refs(count)
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
    sent: list[str] = []
    for cancellation in venue.exchange.cancel_several(refs, {}):
        call = first_call(cancellation.operation)
        sent += [part for part in parts(call.params) if part in {ref.order_id for ref in refs}]
    assert sorted(sent) == sorted(str(ref.order_id) for ref in refs)


def parts(value: Any) -> list[str]:
    """Return the single values in a call's parameters; those that are joined by commas one by one."""
    if isinstance(value, dict):
        return [part for inner in value.values() for part in parts(inner)]
    if isinstance(value, list | tuple):
        return [part for inner in value for part in parts(inner)]
    return str(value).split(",")


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
@pytest.mark.parametrize("options", [{"unknown": True}, {1: True}, [], "x", {"": True}], ids=str)
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
                wire(first_call(each.operation))
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
    asked = [first_call(operation) for operation in (exchange.list_open(), exchange.markets(), exchange.probe())]
    (batch,) = exchange.cancel_several(venue.refs(2), {})
    for call in [*asked, venue.single_cancel(), first_call(batch.operation)]:
        for endpoint in {call.endpoint, "total"} & exchange.limits.keys():
            assert 0 < call.weight <= exchange.limits[endpoint].requests
        assert {call.endpoint, "total"} & exchange.limits.keys() or not call.signed or not call.mutating
