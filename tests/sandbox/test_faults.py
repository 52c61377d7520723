"""Each fault does what it says, when it says, and nothing else."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_exchange.sandbox.fault_rules import EMPTY_LISTS, KINDS, ODD_VALUES, Fault, read_faults
from airflow_provider_exchange.sandbox.faults import Faults
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

from .clients import BitoProClient, LoopringClient, NamiClient, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable


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


# -- in lists of orders


LISTS: dict[str, Callable[[RunningSandbox], requests.Response]] = {
    "nami": lambda sandbox: NamiClient(sandbox).get("/api/v4/spot/open"),
    "bitopro": lambda sandbox: BitoProClient(sandbox).call("GET", "/orders/open"),
    "loopring": lambda sandbox: LoopringClient(sandbox).get("/orders", status="processing"),
}
SYMBOLS = {"nami": "BTCUSDT", "bitopro": "btc_usdt", "loopring": "LRC-ETH"}
each_venue = pytest.mark.parametrize("venue", LISTS)


def rows_of(venue: str, sandbox: RunningSandbox) -> list[dict[str, Any]]:
    body = LISTS[venue](sandbox).json()
    rows = body["data"]["orders"] if venue == "nami" else body["data"] if venue == "bitopro" else body.get("orders")
    return [] if rows is None else list(rows)


@pytest.mark.parametrize(("venue", "body"), [
    ("nami", {"status": "ok", "data": {"orders": []}}), ("bitopro", {"data": None}), ("loopring", {"totalNum": 0}),
])  # fmt: skip
def test_a_null_list_hides_every_order(sandbox: RunningSandbox, venue: str, body: Any) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="null", venue=venue)
    assert [LISTS[venue](sandbox).json() for _ in range(2)] == [body, body]
    assert sandbox.live(venue)


@pytest.mark.parametrize(("venue", "body"), [
    ("nami", {"status": "ok", "data": {"orders": []}}),
    ("bitopro", {"data": []}),
    ("loopring", {"totalNum": 0, "orders": []}),
])  # fmt: skip
def test_a_phantom_empty_list_is_shown_once(sandbox: RunningSandbox, venue: str, body: Any) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="phantom_empty")
    assert LISTS[venue](sandbox).json() == body
    assert len(rows_of(venue, sandbox)) == 1


@each_venue
@pytest.mark.parametrize("kind", sorted(EMPTY_LISTS))
def test_empty_lists_last_for_a_time_by_the_exchange_s_clock(
    sandbox: RunningSandbox, venue: str, kind: str
) -> None:
    now = sandbox.exchange.clock()
    sandbox.exchange.clock = lambda: now
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind=kind, seconds=1.5, requests=[2])
    shown = [len(rows_of(venue, sandbox)) for _ in range(3)]
    now += 1.4
    shown.append(len(rows_of(venue, sandbox)))
    now += 0.1
    shown += [len(rows_of(venue, sandbox)) for _ in range(2)]
    assert shown == [1, 0, 0, 0, 1, 1]


def test_an_empty_list_that_lasts_is_shown_only_so_often(sandbox: RunningSandbox) -> None:
    sandbox.place("nami", SYMBOLS["nami"])
    sandbox.faults.add(kind="phantom_empty", seconds=3600, times=2)
    assert [len(rows_of("nami", sandbox)) for _ in range(3)] == [0, 0, 1]


def test_faults_of_lists_do_not_count_other_requests(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="phantom_empty")
    assert BitoProClient(sandbox).call("GET", f"/orders/btc_usdt/{order_id}").json()["id"] == order_id
    assert rows_of("bitopro", sandbox) == []
    assert sandbox.request_log[0].faults == ()


ODD_PLACES = {
    "nami": {
        "order_id": "displayingId",
        "symbol": "symbol",
        "side": "side",
        "state": "status",
        "price": "price",
        "quantity": "quantity",
        "created_at": "createdAt",
    },
    "bitopro": {
        "order_id": "id",
        "symbol": "pair",
        "client_order_id": "clientId",
        "side": "action",
        "state": "status",
        "price": "price",
        "quantity": "originalAmount",
        "created_at": "createdTimestamp",
    },
    "loopring": {
        "order_id": "hash",
        "symbol": "market",
        "client_order_id": "clientOrderId",
        "side": "side",
        "state": "status",
        "price": "price",
    },
}
"""Where a venue shows a field, unless it is inside another object."""


@each_venue
@pytest.mark.parametrize("field", ODD_VALUES)
def test_an_odd_order_is_shown_beside_the_real_ones(sandbox: RunningSandbox, venue: str, field: str) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    (real,) = rows_of(venue, sandbox)
    sandbox.faults.add(kind="odd_order", field=field)
    shown, odd = rows_of(venue, sandbox)
    assert shown == real
    assert rows_of(venue, sandbox) == [shown, odd], "it is the same order in every list"
    assert len(sandbox.book(venue)) == 1
    places = [ODD_PLACES[venue][field]] if field in ODD_PLACES[venue] else []
    assert [name for name, value in odd.items() if value == ODD_VALUES[field]] == places


@each_venue
@pytest.mark.parametrize("value", ["1,000.5", {"amount": 1}])
def test_a_real_order_gets_an_odd_price(sandbox: RunningSandbox, venue: str, value: Any) -> None:
    orders = [sandbox.place(venue, SYMBOLS[venue]) for _ in range(3)]
    plain = rows_of(venue, sandbox)
    sandbox.faults.add(
        kind="odd_order", field="price", value=value, real=True, orders=[orders[0].order_id], times=1
    )
    sandbox.faults.add(kind="odd_order", field="price", real=True, requests=[2])
    assert [row["price"] for row in rows_of(venue, sandbox)] == [plain[0]["price"], plain[1]["price"], value]
    assert [row["price"] for row in rows_of(venue, sandbox)] == ["-1", plain[1]["price"], plain[2]["price"]]
    assert rows_of(venue, sandbox) == plain


def test_an_odd_quantity_is_inside_loopring_s_volumes(sandbox: RunningSandbox) -> None:
    sandbox.place("loopring", "LRC-ETH")
    (plain,) = rows_of("loopring", sandbox)
    sandbox.faults.add(kind="odd_order", field="quantity", real=True)
    (row,) = rows_of("loopring", sandbox)
    assert row == {**plain, "volumes": {**plain["volumes"], "baseAmount": "1,000.5"}}


def test_an_odd_order_has_no_place_in_a_history(sandbox: RunningSandbox) -> None:
    sandbox.place("nami", "BTCUSDT", state="cancelled")
    sandbox.faults.add(kind="odd_order")
    assert len(NamiClient(sandbox).get("/api/v4/spot/history").json()["data"]) == 1


@each_venue
def test_creation_times_in_seconds(sandbox: RunningSandbox, venue: str) -> None:
    order = sandbox.place(venue, SYMBOLS[venue])
    (plain,) = rows_of(venue, sandbox)
    sandbox.faults.add(kind="seconds")
    (row,) = rows_of(venue, sandbox)
    told = {"createdTimestamp": order.created_ms // 1000} if venue == "bitopro" else {}  # no other shows a number
    assert row == {**plain, **told}


# -- from a cache


@each_venue
@pytest.mark.parametrize("tells_age", [True, False])
def test_a_cached_answer_is_an_earlier_one(sandbox: RunningSandbox, venue: str, tells_age: bool) -> None:
    assert rows_of(venue, sandbox) == []
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="cached", requests=[1], tells_age=tells_age)
    before = now_ms()
    response = LISTS[venue](sandbox)
    told = parsedate_to_datetime(response.headers["Date"]).timestamp() * 1000
    assert before - 121_000 <= told <= now_ms() - 120_000
    assert response.headers.get("Age") == ("120" if tells_age else None)
    logged = sandbox.request_log[-1]
    assert (logged.status, logged.acted, logged.faults) == (200, False, ("cached",))
    assert len(rows_of(venue, sandbox)) == 1


def test_a_cache_asks_the_venue_for_what_it_has_not(sandbox: RunningSandbox) -> None:
    placed(sandbox)
    sandbox.faults.add(kind="cached", seconds=7)
    response = LISTS["bitopro"](sandbox)
    assert (len(response.json()["data"]), response.headers["Age"]) == (1, "7")
    assert sandbox.request_log[-1].acted


def test_a_cache_tells_requests_apart(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    first, second = (placed(sandbox) for _ in range(2))
    client.call("GET", f"/orders/btc_usdt/{first}")
    sandbox.faults.add(kind="cached")
    assert client.call("GET", f"/orders/btc_usdt/{second}").json()["id"] == second


def test_a_cache_keeps_no_cancel_and_no_refusal(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    order_id = placed(sandbox)
    assert client.call("GET", "/orders/btc_usdt/1").status_code == 404
    sandbox.place("bitopro", "btc_usdt", order_id="1")
    sandbox.faults.add(kind="cached")
    assert client.call("GET", "/orders/btc_usdt/1").ok
    response = client.call("DELETE", f"/orders/btc_usdt/{order_id}")
    assert (response.ok, "Age" in response.headers) == (True, False)
    assert [order.order_id for order in sandbox.live("bitopro")] == ["1"]


# -- when rules fire


def fires(rule: Fault, count: int, seed: int = 0) -> list[int]:
    faults = Faults([rule], seed)
    behaviours = [faults.fire("nami", "open_orders", 0, mutating=False) for _ in range(count)]
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
    {"kind": "odd_order", "field": "colour"},
])  # fmt: skip
def test_a_rule_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"fault|probability"):
        read_faults(document)


def test_every_kind_is_exercised_here() -> None:
    assert {
        "drop_before", "drop_after", "delay", "truncate", "html", "status", "rate_limit", "empty_200", "null_data",
        "hang", "drip", "huge", "skew", "stale_reads", "fill_on_cancel", "refuse_cancel", "ignore_batch_member",
        "cancelling", "cached", "null", "phantom_empty", "odd_order", "seconds",
    } == KINDS  # fmt: skip
