"""A field that decides nothing never matters, and an odd one never hides its neighbours."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_exchange.models.orders import Order, OrderState
from airflow_provider_exchange.protocol.messages import Response
from tests.exchanges.evidence import EVIDENCE, Evidence, each_venue
from tests.exchanges.records import container_of, put, rename
from tests.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.exchanges.answer import Answer

DECIDES_NOTHING = frozenset({"kind", "quantity", "filled_quantity", "price", "stop_price"})
NAMES = frozenset({"order_id", "symbol"})

ODD: dict[bytes, str] = {
    b"null": "nothing",
    b"true": "bool",
    b"false": "bool",
    b"{}": "container",
    b'{"value": 1}': "container",
    b"[]": "container",
    b"[[1]]": "container",
    b"-7": "integer",
    b"-1.5": "fraction",
    b"1e999": "fraction",
    b"-Infinity": "fraction",
    b"NaN": "no number",
    b"1e99999999999999999999": "no number",
    b"7" * 5000: "no number",
    b'""': "nothing told",
    b'" "': "text",
    b'"-1"': "text",
    b'"1,000.5"': "text",
    b'"NaN"': "text",
    b'"none"': "text",
    b'"../all"': "text",
    b'"a?b#c%2f"': "text",
    b'"\\u0000\\ud800"': "text",
    b'"\xff\xfe"': "text",
    b'"' + b"x" * 5000 + b'"': "text",
    b'"1970-01-01 00:00:00Z"': "old time",
}
"""JSON as a venue might send it, and what it is."""

EVERYTHING = frozenset(ODD.values())
UNREADABLE: dict[str, frozenset[str]] = {
    **dict.fromkeys(DECIDES_NOTHING, frozenset()),
    **dict.fromkeys(NAMES, EVERYTHING),
    "side": EVERYTHING - {"nothing"},
    "client_order_id": frozenset({"bool", "container", "fraction", "no number"}),
    "created_at": frozenset({"bool", "container", "no number", "text"}),
}
"""What cannot be read as an attribute. A state is read if it is of the type of the venue's words."""

WORDS = frozenset({"text", "nothing told", "old time"})


def list_of(venue: Evidence) -> Answer:
    """Return a recorded open list with two orders at least."""
    return next(
        answer
        for answer in venue.answers
        if answer.answers == "list_open" and answer.is_whole and answer.shows_orders and len(answer.orders) > 1
    )


def members_of(venue: Evidence) -> dict[str, str | None]:
    """Return where the venue writes the attributes of an order; None for an id that its record stands behind."""
    return {**venue.facts["record"], **venue.facts["attributes"]}


def listed(answer: Answer, change: Callable[[Any], None] | None = None, odd: bytes = b"null") -> list[Order]:
    """
    Return the orders of the open list.

    :param answer: what the venue answers.
    :param change: puts :data:`HERE` somewhere into the venue's records of orders.
    :param odd: the JSON that stands there.
    """
    body = deepcopy(answer.document["body"])
    if change is not None:
        change(container_of(body, answer.records_in(body)[0]))
    raw, here = json.dumps(body).encode(), json.dumps(HERE).encode()
    if here + b":" in raw and not odd.startswith(b'"'):  # a name is a text
        odd = json.dumps(odd.decode()).encode()
    raw = raw.replace(here, odd)
    replayed = answer.venue.replay("list_open", response=Response(200, {}, raw)).run()
    assert isinstance(replayed, list)
    return replayed


HERE = "<<here>>"


def put_here(path: str | None, place: int) -> Callable[[Any], None]:
    """Return a change of one field of one order, or of the id that it stands behind."""

    def change(records: Any) -> None:
        if path is None:
            rename(records, place, HERE)
        else:
            put(records[key_of(records, place)], path, HERE)

    return change


def key_of(records: Any, place: int) -> Any:
    return list(records)[place] if isinstance(records, dict) else place


def others(order: Order, attribute: str) -> dict[str, Any]:
    """Return all attributes of an order but one, and those that follow from it."""
    changed = {attribute, "unreadable", *(["venue_state", "is_waiting"] if attribute == "state" else [])}
    return {field.name: getattr(order, field.name) for field in fields(order) if field.name not in changed}


def is_odd(venue: Evidence, attribute: str, kind: str) -> bool:
    if attribute != "state":
        return kind in UNREADABLE[attribute]
    told = venue.facts["states"][0][0]
    return kind not in ({"bool"} if isinstance(told, dict) else WORDS if isinstance(told, str) else {"integer"})


def is_a_word(venue: Evidence, attribute: str, kind: str) -> bool:
    """Return whether a state may be told so: where several fields tell it, they are true or false."""
    return attribute == "state" and kind == "bool" and isinstance(venue.facts["states"][0][0], dict)


@each_venue
@in_turn("place", [0, 1])
@in_turn("odd", list(ODD), ids=lambda raw: ascii(raw[:24]))
def test_an_odd_field_is_noted_in_its_order_and_nowhere_else(venue: Evidence, place: int, odd: bytes) -> None:
    answer = list_of(venue)
    before = listed(answer)
    for attribute, path in members_of(venue).items():
        if is_a_word(venue, attribute, ODD[odd]):
            continue
        after = listed(answer, put_here(path, place), odd)
        order = after.pop(place)
        assert after == before[:place] + before[place + 1 :], attribute
        noted = {attribute} if is_odd(venue, attribute, ODD[odd]) else set()
        assert order.unreadable == noted, attribute
        assert others(order, attribute) == others(before[place], attribute)
        value = getattr(order, attribute)
        if attribute in NAMES:
            assert not order.can_be_named
            assert len(value) <= 80
            assert value or attribute == "symbol"
            assert value.isprintable()
        elif attribute == "state":
            assert (value, len(order.venue_state) <= 160) == (OrderState.UNKNOWN, True)
        elif attribute == "kind":
            assert value is None or (len(value) <= 40 and value.isprintable())
        elif attribute != "client_order_id" or noted:
            assert value is None


@each_venue
@in_turn("entry", [b"null", b"1", b'"order"', b"[]", b"[{}]", b"{}", b"true"])
def test_an_entry_that_shows_no_order_hides_none(venue: Evidence, entry: bytes) -> None:
    answer = list_of(venue)
    before = listed(answer)

    def change(records: Any) -> None:
        records[key_of(records, 0)] = HERE

    order, *after = listed(answer, change, entry)
    assert after == before[1:]
    is_behind_its_id = venue.facts["record"]["order_id"] is None
    assert order.unreadable == {"symbol", "state"} | (set() if is_behind_its_id else {"order_id"})
    assert order.order_id == (before[0].order_id if is_behind_its_id else "(no id)")
    assert (order.symbol, order.state) == ("", OrderState.UNKNOWN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)
@given(data=st.data())
def test_whatever_one_field_holds_the_other_orders_are_read(venue: Evidence, data: st.DataObject) -> None:
    answer, members = list_of(venue), members_of(venue)
    before = listed(answer)
    attribute = data.draw(st.sampled_from(sorted(members)))
    order, *after = listed(answer, put_here(members[attribute], 0), json.dumps(data.draw(JSON)).encode())
    assume(order.state.is_terminal is False)
    assert after == before[1:]
    assert order.unreadable <= {attribute} - DECIDES_NOTHING
    assert others(order, attribute) == others(before[0], attribute)


@each_venue
def test_what_is_shown_of_a_name_holds_no_secret(venue: Evidence) -> None:
    answer, members = list_of(venue), members_of(venue)
    for attribute in sorted(NAMES):
        told = json.dumps(f"/{'/'.join(venue.secrets)}\n").encode()
        order = listed(answer, put_here(members[attribute], 0), told)[0]
        assert not order.can_be_named
        assert [secret for secret in venue.secrets if secret in f"{order!r} {venue.exchange.key(order)!r}"] == []


def test_amounts_inside_an_object_that_is_none_are_not_told() -> None:
    order = listed(list_of(EVIDENCE["loopring"]), put_here("volumes", 0), b"[1]")[0]
    assert (order.quantity, order.filled_quantity, order.unreadable) == (None, None, frozenset())
