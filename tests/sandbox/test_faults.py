"""Each fault does what it says, when it says, and nothing else."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from airflow_provider_exchange.sandbox.faults import KINDS, Fault, Faults, read_faults
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

from .clients import BitoProClient, LoopringClient, NamiClient


def cancel(sandbox: RunningSandbox, order_id: str) -> requests.Response:
    return BitoProClient(sandbox).call("DELETE", f"/orders/btc_usdt/{order_id}")


def placed(sandbox: RunningSandbox, **fields: Any) -> str:
    return sandbox.place("bitopro", "btc_usdt", **fields).order_id


# -- on the wire


@pytest.mark.parametrize(("kind", "left"), [("drop_before", 1), ("drop_after", 0)])
def test_a_dropped_connection(sandbox: RunningSandbox, kind: str, left: int) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind=kind)
    with pytest.raises(requests.ConnectionError):
        cancel(sandbox, order_id)
    assert len(sandbox.live("bitopro")) == left
    (logged,) = sandbox.mutations()
    assert (logged.status, logged.acted, logged.faults) == (0, not left, (kind,))


def test_the_log_says_that_a_venue_acted_once_it_has(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, logged_meanwhile = sandbox.book("bitopro"), []
    really_cancel = book.cancel

    def cancel_and_look(*arguments: Any, **details: Any) -> Any:
        logged_meanwhile.append(sandbox.request_log[-1].acted)
        return really_cancel(*arguments, **details)

    monkeypatch.setattr(book, "cancel", cancel_and_look)
    assert cancel(sandbox, placed(sandbox)).ok
    assert (logged_meanwhile, sandbox.request_log[-1].acted) == ([False], True)


def test_a_delay(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="delay", seconds=0.05)
    start = time.monotonic()
    assert BitoProClient(sandbox).call("GET", "/orders/open").ok
    assert time.monotonic() - start >= 0.05


def test_latency_before_every_answer() -> None:
    with running_sandbox(latency=0.05) as sandbox:
        start = time.monotonic()
        assert BitoProClient(sandbox).call("GET", "/orders/open").ok
        assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize(("acts", "left"), [(None, 1), (True, 0), (False, 1)])
@pytest.mark.parametrize("kind", ["html", "status", "rate_limit"])
def test_an_answer_that_a_gateway_replaced(
    sandbox: RunningSandbox, kind: str, acts: bool | None, left: int
) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind=kind, acts=acts)
    response = cancel(sandbox, order_id)
    assert response.status_code == {"html": 502, "status": 500, "rate_limit": 429}[kind]
    assert ("<html>" in response.text) == (kind == "html")
    assert len(sandbox.live("bitopro")) == left


def test_any_status(sandbox: RunningSandbox) -> None:
    for status in (200, 302, 403, 418, 503):
        sandbox.faults.replace([Fault("status", status=status)])
        response = BitoProClient(sandbox).call("GET", "/orders/open")
        assert (response.status_code, response.text) == (status, "paper fault")


def test_a_rate_limit_and_the_forms_of_its_wait(sandbox: RunningSandbox) -> None:
    sandbox.faults.replace([Fault("rate_limit")])
    bare = BitoProClient(sandbox).call("GET", "/orders/open")
    assert bare.json() == {"error": "Too Many Requests"}
    assert "Retry-After" not in bare.headers
    sandbox.faults.replace(read_faults({"kind": "rate_limit", "retry_after": 2}))
    assert BitoProClient(sandbox).call("GET", "/orders/open").headers["Retry-After"] == "2"
    sandbox.faults.replace([Fault("rate_limit", retry_after="date:30")])
    date = BitoProClient(sandbox).call("GET", "/orders/open").headers["Retry-After"]
    assert 0 < parsedate_to_datetime(date).timestamp() - time.time() <= 30  # less, the longer this took


def test_truncated_json(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="truncate")
    response = cancel(sandbox, order_id)
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert not sandbox.live("bitopro")


def test_a_body_that_breaks_off(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="truncate", size=5, full_length=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        cancel(sandbox, order_id)
    assert not sandbox.live("bitopro")


def test_an_empty_200(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="empty_200")
    response = cancel(sandbox, order_id)
    assert (response.status_code, response.content) == (200, b"")
    assert not sandbox.live("bitopro")


def test_null_data(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="null_data")
    assert BitoProClient(sandbox).call("GET", "/orders/open").json() == {"data": None}
    assert NamiClient(sandbox).get("/api/v4/spot/open").json() == {"status": "ok", "data": None}
    assert LoopringClient(sandbox).get("/orders").json() == {"totalNum": 0, "orders": None}
    assert LoopringClient(sandbox).send("GET", "/api/v3/timestamp").json() is None


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_a_server_that_keeps_its_client_waiting_is_left_and_stops(kind: str) -> None:
    with running_sandbox() as sandbox:
        sandbox.faults.add(kind=kind, seconds=60)
        client = BitoProClient(sandbox)
        with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
            client.session.get(f"{sandbox.base_url}/v3/orders/open", headers=client.headers(), timeout=0.2)
        start = time.monotonic()
    assert time.monotonic() - start < 60  # not the hour that the answer would take


def test_a_drip_in_full(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="drip", seconds=0)
    assert BitoProClient(sandbox).call("GET", "/orders/open").json() == {"data": None}


def test_a_body_without_end(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="huge")
    client = BitoProClient(sandbox)
    with client.session.get(
        f"{sandbox.base_url}/v3/orders/open", headers=client.headers(), timeout=5, stream=True
    ) as response:
        read = 0
        for chunk in response.iter_content(1 << 20):
            read += len(chunk)
            if read > 5 << 20:
                break
    assert read > 5 << 20


def test_a_huge_body_with_an_end(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="huge", size=1 << 20)
    assert len(BitoProClient(sandbox).call("GET", "/orders/open").json()["data"]) == 1 << 20


# -- inside the venue


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

    first = placed(sandbox)
    assert listed() == [first]
    assert client.call("DELETE", f"/orders/btc_usdt/{first}").ok
    assert [listed() for _ in range(3)] == [[first], [first], []]


def test_an_order_that_cannot_be_read_at_first(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="stale_reads", reads=1)
    client = BitoProClient(sandbox)
    assert client.call("GET", "/orders/open").ok
    order_id = placed(sandbox)
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
            return cancel(sandbox, order_id)
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


# -- when rules fire


def fires(rule: Fault, count: int, seed: int = 0) -> list[int]:
    faults = Faults([rule], seed)
    behaviours = [faults.fire("nami", "open_orders", mutating=False) for _ in range(count)]
    return [number for number, behaviour in enumerate(behaviours, 1) if behaviour.fired]


def test_rules_fire_on_the_requests_they_name() -> None:
    assert fires(Fault("html"), 3) == [1, 2, 3]
    assert fires(Fault("html", requests=(2, 5)), 6) == [2, 5]
    assert fires(Fault("html", times=2), 6) == [1, 2]
    assert fires(Fault("html", requests=(2, 3, 4), times=2), 6) == [2, 3]


def test_draws_repeat_with_their_seed() -> None:
    rule = Fault("html", probability=0.5)
    assert fires(rule, 200, seed=7) == fires(rule, 200, seed=7) != fires(rule, 200, seed=8)
    assert 60 < len(fires(rule, 200)) < 140
    assert fires(Fault("html", probability=0), 50) == []


@pytest.mark.parametrize(("rule", "seen"), [
    (Fault("html"), {"open_orders", "cancel_order", "cancel_orders", "place_order"}),
    (Fault("html", route="reads"), {"open_orders"}),
    (Fault("html", route="cancels"), {"cancel_order", "cancel_orders"}),
    (Fault("html", route="place_order"), {"place_order"}),
    (Fault("html", venue="loopring"), set()),
    (Fault("html", venue="nami", route="cancel_order"), {"cancel_order"}),
])  # fmt: skip
def test_rules_see_the_routes_they_name(rule: Fault, seen: set[str]) -> None:
    routes = {"open_orders": False, "cancel_order": True, "cancel_orders": True, "place_order": True}
    assert {name for name, mutating in routes.items() if rule.matches("nami", name, mutating=mutating)} == seen


@pytest.mark.parametrize("document", [
    {"kind": "gremlins"}, {}, {"kind": "html", "colour": 1}, {"kind": "html", "probability": 2}, ["html"], "html",
])  # fmt: skip
def test_a_rule_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"fault|probability"):
        read_faults(document)


def test_every_kind_is_exercised_here() -> None:
    assert {
        "drop_before", "drop_after", "delay", "truncate", "html", "status", "rate_limit", "empty_200", "null_data",
        "hang", "drip", "huge", "skew", "stale_reads", "fill_on_cancel", "refuse_cancel", "ignore_batch_member",
        "cancelling",
    } == KINDS  # fmt: skip
