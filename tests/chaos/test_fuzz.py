"""A hundred thousand broken answers through every parser: typed errors or sound orders, and nothing else."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.models.orders import Order
from airflow_provider_exchange.protocol.messages import Response
from tests.exchanges.evidence import EVIDENCE, Evidence, each_venue
from tests.exchanges.replay import Replay
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import OrderRef
    from airflow_provider_exchange.protocol.steps import Call, Operation

MUTATIONS = 200_000 // len(EVIDENCE)
"""For each venue."""
STATUSES = (200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503, 599)
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**53, 2**64, 10**400, 1e308, -0.0, 0.1, "", " ", "0", "-1", "NaN", "Infinity",
    "1e999", "9" * 78, "9" * 5000, "None", "all", "../all", "1/2", "1?x=y", "\x00", "\ud800", "\uff11", "é" * 100,
    "0x", "0x" + "f" * 65,
    "2025-13-45T99:99:99Z", "0001-01-01T00:00:00+23:59", [], {}, [[]], [None], {"a": {}}, {"status": "ok"},
    {"error": "no"}, {"code": 1}, {"resultInfo": {"code": 100001, "message": None}},
)  # fmt: skip


def calls(venue: Evidence) -> list[Call[Any]]:
    """Every kind of call that the package makes to a venue."""
    exchange, ref, several = venue.exchange, venue.ref, venue.refs(2)
    since = datetime(2025, 1, 1, tzinfo=UTC)
    cancels = [exchange.cancel_one(ref, {}), *exchange.cancel_several(several, {})]
    asked: list[tuple[str, Operation[Any] | None, Sequence[OrderRef]]] = [
        ("list_open", exchange.list_open(), ()),
        ("markets", exchange.markets(), ()),
        ("probe", exchange.probe(), ()),
        ("server_time", exchange.server_time(), ()),
        ("read_order", exchange.read_order(ref), [ref]),
        ("read_ended", exchange.read_ended([ref], None), [ref]),
        ("read_ended", exchange.read_ended([ref, *several, *several], since), [ref]),
    ]
    for cancel in filter(None, cancels):
        name = "cancel_one" if len(cancel.orders) == 1 else "cancel_several"
        asked.append((name, cancel.operation, cancel.orders))
    found: list[Call[Any]] = [
        Replay(venue, name, operation, refs).own_call().call
        for name, operation, refs in asked
        if operation is not None
    ]
    if exchange.client_order_ids is not None:  # whichever list the venue looks the name up in
        named = exchange.check_ref(None, venue.symbols[0], venue.facts["client_order_ids"]["good"][0][0])
        found.append(next(stepped(exchange.read_order(named), lambda _request: Response(200, {}, b""))).call)
    return found


def check(exchange: Exchange, call: Call[Any], response: Response) -> bool:
    """Decode an answer; return whether it was taken for one."""
    try:
        result = call.finish(response)
    except ExchangeError as error:
        text = str(error)
    else:
        _check_orders(exchange, result)
        return True
    assert len(text) < 1000
    return False


def _check_orders(exchange: Exchange, result: Any) -> None:
    for order in orders_in(result):
        if order.can_be_named:
            assert exchange.check_order_id(order.order_id) == order.order_id
            assert exchange.check_symbol(order.symbol) == order.symbol
        json.dumps(order.summary()).encode()
        assert order.filled_quantity is None or order.filled_quantity >= 0


def orders_in(result: Any) -> Iterator[Order]:
    if isinstance(result, Order):
        yield result
    elif is_dataclass(result):
        for field in fields(result):
            yield from orders_in(getattr(result, field.name))
    elif isinstance(result, list | tuple):
        for item in result:
            yield from orders_in(item)


# -- mutations


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a JSON value, as a container and a key."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        container = waiting.pop()
        keys = container if isinstance(container, dict) else range(len(container))
        found += [(container, key) for key in keys]
        waiting += [container[key] for key in keys if isinstance(container[key], dict | list)]
    return found


def mutated(rng: random.Random, body: Any) -> bytes:
    """Return a body that is changed in structure, then perhaps in bytes."""
    changed = deepcopy(body)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 4))):
        places = nodes(changed) if isinstance(changed, dict | list) else []
        if not places:
            break
        container, key = rng.choice(places)
        match rng.randrange(6):
            case 0 if isinstance(container, dict):
                del container[key]
            case 1 if isinstance(container, dict):
                container[f"{key}x"] = container.pop(key)
            case 2 if isinstance(container, list):
                container.append(deepcopy(container[key]))
            case 3:
                container[key] = [container[key]]
            case _:
                container[key] = deepcopy(rng.choice(STRANGE))
    data = bytearray(json.dumps(changed).encode())
    for _ in range(rng.choice((0, 0, 0, 1, 3))):
        if not data:
            break
        at = rng.randrange(len(data))
        match rng.randrange(5):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at:]
            case 2:
                del data[at : at + rng.randrange(1, 9)]
            case 3:
                data[at:at] = rng.choice(
                    (b"\x00", b"\xff", b"{", b"]", b'"', b",", b"-", b"9" * 30, b"\xef\xbb\xbf")
                )
            case 4:
                data[at:at] = data[at : at + rng.randrange(1, 40)]
    return bytes(data)


@each_venue
def test_no_mutation_of_a_recorded_answer_surprises(venue: Evidence) -> None:
    asked = calls(venue)
    answers = [answer.document for answer in venue.answers]
    rng = random.Random(20261121)
    taken = 0
    for number in range(MUTATIONS):
        answer = rng.choice(answers)
        status = rng.choice((answer["status"], *STATUSES))
        call = asked[number % len(asked)]
        response = Response(status, {}, mutated(rng, answer["body"]))
        try:
            taken += check(venue.exchange, call, response)
        except Exception as error:
            raise AssertionError(f"{call}, HTTP {status}: {response.body!r}") from error
    assert taken > MUTATIONS / 100, "mutations that are never taken prove nothing"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(STRANGE)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["data", "orders", "status", "code", "message", "error", "resultInfo", "hash", "id", "totalNum"]
                ),
                st.text(),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@each_venue
@given(
    body=st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode())),
    status=st.one_of(st.sampled_from(STATUSES), st.integers(100, 999)),
    data=st.data(),
)
def test_nothing_at_all_surprises(venue: Evidence, body: bytes, status: int, data: st.DataObject) -> None:
    check(venue.exchange, data.draw(st.sampled_from(calls(venue))), Response(status, {}, body))
