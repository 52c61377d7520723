"""Two markets may use one order id: what names a market touches the order of that market alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_exchange.sandbox.book import AmbiguousOrderError, State

from .clients import BitoProClient, LoopringClient, NamiClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

HASH = f"0x{5:064x}"
OTHER_HASH = f"0x{6:064x}"

MARKETS = {"nami": ("BTCUSDT", "ETHUSDT"), "bitopro": ("btc_usdt", "eth_usdt")}
numbering_by_market = pytest.mark.parametrize("venue", MARKETS)


def twins(sandbox: RunningSandbox, venue: str, **fields: Any) -> tuple[str, str]:
    """Place an order of the same id in each of two markets; return the markets."""
    for symbol in MARKETS[venue]:
        sandbox.place(venue, symbol, order_id="5", **fields)
    return MARKETS[venue]


def states(sandbox: RunningSandbox, venue: str) -> dict[tuple[str, str], str]:
    return {order.key: order.state.value for order in sandbox.book(venue)}


# -- through the venues' own signed calls


def test_nami_cancels_the_order_of_the_named_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "nami")
    assert NamiClient(sandbox).cancel("5", there).json()["data"]["symbol"] == there
    assert states(sandbox, "nami") == {(here, "5"): "open", (there, "5"): "cancelled"}
    assert NamiClient(sandbox).cancel("5", "BNBUSDT").json()["status"] == "NOT_FOUND_ORDER"


def test_nami_cancels_a_batch_by_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "nami")
    other = sandbox.place("nami", here).order_id
    answer = NamiClient(sandbox).cancel_many(("5", there), (other, here)).json()
    assert [(row["displayingId"], row["symbol"]) for row in answer["data"]] == [(5, there), (int(other), here)]
    assert states(sandbox, "nami") == {
        (here, "5"): "open", (there, "5"): "cancelled", (here, other): "cancelled"
    }  # fmt: skip


def test_nami_reads_each_order_in_its_own_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "nami")
    client = NamiClient(sandbox)
    assert {(row["displayingId"], row["symbol"]) for row in client.open_orders()} == {(5, here), (5, there)}
    client.cancel("5", here)
    assert [row["symbol"] for row in client.open_orders()] == [there]
    history = client.get("/api/v4/spot/history", symbol=here).json()["data"]
    assert [(row["displayingId"], row["symbol"], row["status"]) for row in history] == [(5, here, "CANCELED")]
    assert client.get("/api/v4/spot/history", symbol=there).json()["data"] == []


def test_bitopro_cancels_the_order_of_the_named_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "bitopro")
    client = BitoProClient(sandbox)
    assert client.call("DELETE", f"/orders/{there}/5").json()["orderId"] == "5"
    assert states(sandbox, "bitopro") == {(here, "5"): "open", (there, "5"): "cancelled"}
    assert client.call("DELETE", "/orders/btc_twd/5").status_code == 404


def test_bitopro_cancels_a_batch_by_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "bitopro")
    other = sandbox.place("bitopro", here).order_id
    answer = BitoProClient(sandbox).call("PUT", "/orders", {there.upper(): ["5"], here.upper(): [other]})
    assert answer.json() == {"data": {there.upper(): ["5"], here.upper(): [other]}}
    assert states(sandbox, "bitopro") == {
        (here, "5"): "open", (there, "5"): "cancelled", (here, other): "cancelled"
    }  # fmt: skip


def test_bitopro_cancels_all_of_one_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "bitopro")
    assert BitoProClient(sandbox).call("DELETE", f"/orders/{there}").json() == {"data": {there.upper(): ["5"]}}
    assert states(sandbox, "bitopro") == {(here, "5"): "open", (there, "5"): "cancelled"}


def test_bitopro_reads_each_order_in_its_own_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "bitopro")
    client = BitoProClient(sandbox)
    client.call("DELETE", f"/orders/{here}/5")
    read = {symbol: client.call("GET", f"/orders/{symbol}/5").json() for symbol in (here, there)}
    assert {symbol: (row["pair"], row["status"]) for symbol, row in read.items()} == {
        here: (here, 4), there: (there, 0)
    }  # fmt: skip
    for symbol, status in ((here, 4), (there, 0)):
        rows = client.call("GET", f"/orders/all/{symbol}?orderId=5").json()["data"]
        assert [(row["id"], row["pair"], row["status"]) for row in rows] == [("5", symbol, status)]


@numbering_by_market
def test_an_id_that_the_venue_gives_itself_is_free_in_every_market(sandbox: RunningSandbox, venue: str) -> None:
    first = sandbox.place(venue, MARKETS[venue][0]).order_id
    step = int(sandbox.place(venue, MARKETS[venue][0]).order_id) - int(first)
    taken = str(int(first) + 2 * step)
    sandbox.place(venue, MARKETS[venue][1], order_id=taken)
    assert sandbox.place(venue, MARKETS[venue][0]).order_id == str(int(taken) + step)


# -- in the book and the fault rules


@numbering_by_market
def test_the_book_asks_for_the_market_where_an_id_is_not_enough(sandbox: RunningSandbox, venue: str) -> None:
    here, there = twins(sandbox, venue, stop_price=90) if venue == "nami" else twins(sandbox, venue)
    book = sandbox.book(venue)
    for ask in (book.get, book.fill, book.trigger, book.cancel, book.__getitem__):
        with pytest.raises(AmbiguousOrderError, match=f"{here} and {there} each have an order 5"):
            ask("5")
    with pytest.raises(AmbiguousOrderError):
        book.finish("5", State.EXPIRED)

    if venue == "nami":
        assert book.trigger("5", symbol=here).key == (here, "5")
    assert book.fill("5", symbol=here).key == (here, "5")
    assert book.finish("5", State.EXPIRED, symbol=there).key == (there, "5")
    assert states(sandbox, venue) == {(here, "5"): "filled", (there, "5"): "expired"}
    assert book.get("5", "elsewhere") is None
    with pytest.raises(KeyError, match="5 in elsewhere"):
        book.fill("5", symbol="elsewhere")


@numbering_by_market
@pytest.mark.parametrize("named", [{"orders": ["5"]}, {}])
def test_a_fault_may_be_about_one_market(sandbox: RunningSandbox, venue: str, named: dict[str, Any]) -> None:
    here, there = twins(sandbox, venue)
    sandbox.faults.add(kind="refuse_cancel", symbol=there, **named)
    if venue == "nami":
        NamiClient(sandbox).cancel_many(("5", here), ("5", there))
    else:
        BitoProClient(sandbox).call("PUT", "/orders", {here.upper(): ["5"], there.upper(): ["5"]})
    assert states(sandbox, venue) == {(here, "5"): "cancelled", (there, "5"): "open"}


def test_a_batch_passes_over_the_order_of_one_market(sandbox: RunningSandbox) -> None:
    here, there = twins(sandbox, "bitopro")
    sandbox.faults.add(kind="ignore_batch_member", orders=["5"], symbol=here)
    BitoProClient(sandbox).call("PUT", "/orders", {here.upper(): ["5"], there.upper(): ["5"]})
    assert states(sandbox, "bitopro") == {(here, "5"): "open", (there, "5"): "cancelled"}


# -- ids that are chosen


@pytest.mark.parametrize(
    ("venue", "symbol", "fields", "words"),
    [
        ("nami", "BTCUSDT", {"order_id": "SL-5"}, "Nami's order ids are numbers"),
        ("nami", "BTCUSDT", {"order_id": ""}, "Nami's order ids are numbers"),
        ("bitopro", "btc_usdt", {"order_id": "five"}, "BitoPro's order ids are numbers"),
        ("bitopro", "btc_usdt", {"order_id": "SL-5"}, "SL- before those of stop orders and no others"),
        ("bitopro", "btc_usdt", {"order_id": "5", "stop_price": 90}, "SL- before those of stop orders"),
        ("loopring", "LRC-ETH", {"order_id": "5"}, "0x and 64 lower-case hex digits"),
        ("loopring", "LRC-ETH", {"order_id": HASH.upper()}, "0x and 64 lower-case hex digits"),
    ],
)
def test_an_id_that_the_venue_cannot_have_is_refused(
    sandbox: RunningSandbox, venue: str, symbol: str, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sandbox.place(venue, symbol, **fields)
    assert states(sandbox, venue) == {}


@pytest.mark.parametrize(
    ("venue", "symbol", "fields"),
    [
        ("nami", "BTCUSDT", {"order_id": "5"}),
        ("nami", "BTCUSDT", {"order_id": "5", "stop_price": 90}),
        ("bitopro", "btc_usdt", {"order_id": "5"}),
        ("bitopro", "BTC_USDT", {"order_id": "SL-5", "stop_price": 90}),
        ("loopring", "LRC-ETH", {"order_id": HASH}),
    ],
)
def test_a_market_has_each_id_once(
    sandbox: RunningSandbox, venue: str, symbol: str, fields: dict[str, Any]
) -> None:
    assert sandbox.place(venue, symbol, **fields).order_id == fields["order_id"]
    with pytest.raises(ValueError, match=f"already|{HASH} is taken"):
        sandbox.place(venue, symbol, **fields)
    assert len(sandbox.book(venue)) == 1


def test_loopring_hashes_are_unique_in_all_markets(sandbox: RunningSandbox) -> None:
    sandbox.place("loopring", "LRC-ETH", order_id=HASH)
    with pytest.raises(ValueError, match="unique in all markets"):
        sandbox.place("loopring", "ETH-USDT", order_id=HASH)
    sandbox.place("loopring", "ETH-USDT", order_id=OTHER_HASH)
    client = LoopringClient(sandbox)
    assert client.get("/order", orderHash=HASH).json()["market"] == "LRC-ETH"
    assert client.delete("/order", orderHash=OTHER_HASH).ok
    assert states(sandbox, "loopring") == {("LRC-ETH", HASH): "open", ("ETH-USDT", OTHER_HASH): "cancelled"}


# -- over the admin API


@numbering_by_market
def test_the_admin_api_takes_the_market_from_the_query(sandbox: RunningSandbox, venue: str) -> None:
    def ask(method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{sandbox.base_url}/sandbox/{venue}/orders{path}", json=body, timeout=10)

    here, there = MARKETS[venue]
    placed = ask("POST", "", [{"symbol": symbol, "order_id": "5"} for symbol in (here, there)])
    assert [(row["symbol"], row["order_id"]) for row in placed.json()] == [(here, "5"), (there, "5")]
    assert ask("POST", "", {"symbol": here, "order_id": "5"}).status_code == 400

    for method, path in (("GET", "/5"), ("POST", "/5/fill"), ("POST", "/5/cancel")):
        refused = ask(method, path)
        assert refused.status_code == 400
        assert refused.json()["error"] == f"{here} and {there} each have an order 5: name the symbol too"

    assert ask("POST", f"/5/fill?symbol={here}", {"quantity": "0.25"}).json()["filled"] == "0.25"
    assert ask("POST", f"/5/expire?symbol={there}").json()["symbol"] == there
    assert ask("GET", f"/5?symbol={there}").json()["state"] == "expired"
    assert [row["symbol"] for row in ask("GET", f"?symbol={here}").json()] == [here]
    assert ask("GET", "/5?symbol=elsewhere").status_code == 404
    assert states(sandbox, venue) == {(here, "5"): "open", (there, "5"): "expired"}
