"""Faults inside the venue do what they say."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from .clients import BitoProClient, LoopringClient, NamiClient

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_a_skewed_clock_for_one_request(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="skew", seconds=-60, requests=[1])
    client = BitoProClient(sandbox)
    refused = client.call("GET", "/orders/open")
    assert refused.status_code == 409
    told = parsedate_to_datetime(refused.headers["Date"]).timestamp()
    assert -90 < told - time.time() < -57  # the longer this took, the older is what was told
    assert client.call("GET", "/orders/open").ok


def test_lists_that_lag(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="stale_reads", reads=2, route="open_orders")
    client = BitoProClient(sandbox)

    def listed() -> list[str]:
        return [order["id"] for order in client.call("GET", "/orders/open").json()["data"] or []]

    first = sandbox.place("bitopro", "btc_usdt").order_id
    assert listed() == [first]
    assert client.call("DELETE", f"/orders/btc_usdt/{first}").ok
    assert [listed() for _ in range(3)] == [[first], [first], []]


def test_an_order_that_cannot_be_read_at_first(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="stale_reads", reads=1)
    client = BitoProClient(sandbox)
    assert client.call("GET", "/orders/open").ok
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    statuses = [client.call("GET", f"/orders/btc_usdt/{order_id}").status_code for _ in range(2)]
    assert statuses == [404, 200]


@pytest.mark.parametrize(
    ("venue", "symbol"), [("nami", "BTCUSDT"), ("bitopro", "btc_usdt"), ("loopring", "LRC-ETH")]
)
class TestEveryVenue:
    def cancel(self, sandbox: RunningSandbox, venue: str, order_id: str) -> requests.Response:
        if venue == "nami":
            return NamiClient(sandbox).cancel(order_id)
        if venue == "bitopro":
            return BitoProClient(sandbox).cancel(order_id)
        return LoopringClient(sandbox).delete("/order", orderHash=order_id)

    def batch(self, sandbox: RunningSandbox, venue: str, symbol: str, ids: list[str]) -> requests.Response:
        if venue == "nami":
            return NamiClient(sandbox).cancel_many(*((order_id, symbol) for order_id in ids))
        if venue == "bitopro":
            return BitoProClient(sandbox).call("PUT", "/orders", {symbol.upper(): ids})
        return LoopringClient(sandbox).delete("/orders/byHash", orderHash=",".join(ids))

    def word(self, sandbox: RunningSandbox, venue: str, order_id: str) -> Any:
        if venue == "nami":
            orders = NamiClient(sandbox).open_orders()
            orders += NamiClient(sandbox).get("/api/v4/spot/history").json()["data"]
            return next(order["status"] for order in orders if str(order["displayingId"]) == order_id)
        if venue == "bitopro":
            return BitoProClient(sandbox).call("GET", f"/orders/btc_usdt/{order_id}").json()["status"]
        return LoopringClient(sandbox).get("/order", orderHash=order_id).json()["status"]

    def test_filled_while_being_cancelled(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        order_id = sandbox.place(venue, symbol).order_id
        sandbox.faults.add(kind="fill_on_cancel", orders=[order_id])
        assert self.cancel(sandbox, venue, order_id).status_code in (400, 422)
        assert sandbox.book(venue)[order_id].state == "filled"

    def test_partly_filled_while_being_cancelled(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        order_id = sandbox.place(venue, symbol).order_id
        sandbox.faults.add(kind="fill_on_cancel", quantity="0.25")
        assert self.cancel(sandbox, venue, order_id).ok
        order = sandbox.book(venue)[order_id]
        assert (order.state, str(order.filled)) == ("cancelled", "0.25")

    def test_refused(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        order_id = sandbox.place(venue, symbol).order_id
        sandbox.faults.add(kind="refuse_cancel", times=1)
        assert self.cancel(sandbox, venue, order_id).status_code in (400, 422)
        assert sandbox.book(venue)[order_id].state == "open"
        assert self.cancel(sandbox, venue, order_id).ok

    def test_told_as_cancelled_and_kept(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        kept, gone = (sandbox.place(venue, symbol).order_id for _ in range(2))
        sandbox.faults.add(kind="ignore_cancel", orders=[kept], times=1)
        answers = [self.cancel(sandbox, venue, order_id) for order_id in (kept, gone)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({re.sub(r"\d{5,}|0x\w+", "", answer.text) for answer in answers}) == 1, "they tell them apart"
        assert [order.order_id for order in sandbox.live(venue)] == [kept]
        assert self.cancel(sandbox, venue, kept).ok
        assert not sandbox.live(venue)

    def test_a_batch_that_passes_over_a_member(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        ids = [sandbox.place(venue, symbol).order_id for _ in range(3)]
        sandbox.faults.add(kind="ignore_batch_member", member=1)
        answer = self.batch(sandbox, venue, symbol, ids)
        assert answer.ok
        assert ids[1] not in answer.text
        assert [order.order_id for order in sandbox.live(venue)] == [ids[1]]

    def test_a_batch_that_passes_over_a_named_order(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        ids = [sandbox.place(venue, symbol).order_id for _ in range(3)]
        sandbox.faults.add(kind="ignore_batch_member", orders=[ids[2]])
        assert self.batch(sandbox, venue, symbol, ids).ok
        assert [order.order_id for order in sandbox.live(venue)] == [ids[2]]

    def test_a_named_order_refused_within_a_batch(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        ids = [sandbox.place(venue, symbol).order_id for _ in range(2)]
        sandbox.faults.add(kind="refuse_cancel", orders=[ids[0]])
        answer = self.batch(sandbox, venue, symbol, ids)
        assert ids[0] not in answer.text
        assert [order.order_id for order in sandbox.live(venue)] == [ids[0]]

    def test_cancelling_for_some_reads(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        order_id = sandbox.place(venue, symbol).order_id
        sandbox.faults.add(kind="cancelling", reads=4 if venue == "nami" else 2)
        assert self.cancel(sandbox, venue, order_id).ok
        meanwhile, after = {
            "nami": ("NEW", "CANCELED"),
            "bitopro": (0, 4),
            "loopring": ("cancelling", "cancelled"),
        }[venue]
        # A look at Nami takes two reads: the open list and the history.
        assert [self.word(sandbox, venue, order_id) for _ in range(3)] == [meanwhile, meanwhile, after]
        assert not sandbox.live(venue)

    def test_cancelling_for_some_time(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        order_id = sandbox.place(venue, symbol).order_id
        sandbox.faults.add(kind="cancelling", seconds=30)
        assert self.cancel(sandbox, venue, order_id).ok
        assert sandbox.book(venue)[order_id].state == "cancelling"
        sandbox.exchange.apply_settings(skew=31)
        assert not sandbox.live(venue)

    def test_filled_while_cancelling(self, sandbox: RunningSandbox, venue: str, symbol: str) -> None:
        order_id = sandbox.place(venue, symbol).order_id
        sandbox.faults.add(kind="cancelling", seconds=30)
        assert self.cancel(sandbox, venue, order_id).ok
        assert sandbox.book(venue).fill(order_id).state == "filled"
