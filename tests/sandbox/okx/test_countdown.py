"""OKX's "Cancel All After", as "POST / Cancel All After" describes it: at its end ordinary orders are cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .client import OkxClient, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PATH = "trade/cancel-all-after"

Later = Callable[[float], None]


@pytest.fixture
def later(sandbox: RunningSandbox) -> Iterator[Later]:
    """Let the venue's clock go on by some seconds at once; the client's stays within what the venue tolerates."""
    exchange = sandbox.exchange
    clock = exchange.clock

    def later(seconds: float) -> None:
        before = exchange.clock
        exchange.clock = lambda: before() + seconds

    yield later
    exchange.clock = clock


def times(response: Any) -> tuple[int, int]:
    """When the countdown ends, and when the venue answered."""
    (row,) = response.json()["data"]
    return int(row["triggerTime"]), int(row["ts"])


def test_at_the_end_ordinary_orders_are_gone(raw: OkxClient, sandbox: RunningSandbox, later: Later) -> None:
    spot = sandbox.place("okx", "BTC-USDT")
    sandbox.place("okx", "BTC-USDT-SWAP")
    algo = sandbox.place("okx_algo", "BTC-USDT", stop_price=90)
    triggers, now = times(raw.post(PATH, {"timeOut": "10"}))
    assert triggers == now + 10_000
    later(9)
    assert len(sandbox.live("okx")) == 2
    later(2)
    younger = sandbox.place("okx", "BTC-USDT")
    assert [order.order_id for order in sandbox.live("okx")] == [younger.order_id]
    assert [order.order_id for order in sandbox.live("okx_algo")] == [algo.order_id]
    (row,) = raw.get("trade/order", instId="BTC-USDT", ordId=spot.order_id).json()["data"]
    assert (row["state"], row["cancelSource"], row["uTime"]) == ("canceled", "20", str(triggers))


def test_it_is_put_off_and_stopped(raw: OkxClient, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    raw.post(PATH, {"timeOut": "10"})
    later(9)
    raw.post(PATH, {"timeOut": "10"})
    later(9)
    assert len(sandbox.live("okx")) == 1
    (row,) = raw.post(PATH, {"timeOut": "0"}).json()["data"]
    assert (row["triggerTime"], row["tag"]) == ("0", "")
    later(60)
    assert len(sandbox.live("okx")) == 1


def test_a_tag_has_a_countdown_of_its_own(raw: OkxClient, sandbox: RunningSandbox, later: Later) -> None:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "90"}
    raw.post("trade/order", {**order, "tag": "mine"})
    raw.post("trade/order", {**order, "tag": "other"})
    raw.post(PATH, {"timeOut": "10", "tag": "mine"})
    later(11)
    assert [each.details["tag"] for each in sandbox.live("okx")] == ["other"]
    for number in range(20):
        assert told(raw.post(PATH, {"timeOut": "10", "tag": f"t{number}"})) == (200, "0")
    assert told(raw.post(PATH, {"timeOut": "10", "tag": "more"})) == (200, "51071")
    assert told(raw.post(PATH, {"timeOut": "10"})) == (200, "0")


def test_times_in_seconds(raw: OkxClient, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(okx_countdown_times="seconds")
    triggers, now = times(raw.post(PATH, {"timeOut": 10}))
    assert (triggers - now, len(str(now))) == (10, 10)


@pytest.mark.parametrize(("asked", "code"), [
    ({"tag": "mine"}, "50014"),
    ({"timeOut": ""}, "50014"),
    *(({"timeOut": value}, "51000") for value in ("1", "9", "121", "-10", "10.5", "soon", "٣٠")),
    ({"timeOut": "10", "tag": "a b"}, "51000"),
    ({"timeOut": "10", "tag": "a" * 17}, "51000"),
])  # fmt: skip
def test_what_is_no_countdown_starts_none(
    raw: OkxClient, sandbox: RunningSandbox, later: Later, asked: dict[str, Any], code: str
) -> None:
    sandbox.place("okx", "BTC-USDT")
    assert told(raw.post(PATH, asked)) == (400, code)
    later(60)
    assert len(sandbox.live("okx")) == 1


def test_a_reset_stops_it(raw: OkxClient, sandbox: RunningSandbox, later: Later) -> None:
    raw.post(PATH, {"timeOut": "10"})
    sandbox.reset()
    sandbox.place("okx", "BTC-USDT", age=5)
    later(60)
    assert len(sandbox.live("okx")) == 1


def test_a_key_that_may_only_read_starts_none(raw: OkxClient, sandbox: RunningSandbox) -> None:
    venue = sandbox.exchange.venues["okx"]
    venue.account = replace(venue.account, permissions=("read_only",))
    assert told(raw.post(PATH, {"timeOut": "10"})) == (200, "50120")
