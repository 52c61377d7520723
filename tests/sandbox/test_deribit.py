"""The paper Deribit: ccxt, which nobody here wrote, works there; and what it refuses, with the documented codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.deribit.account import DeribitAccount
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

from .clients import hexmac, now_ms
from .deribit import GONE, DeribitClient

if TYPE_CHECKING:
    from collections.abc import Iterator

PERPETUAL, OPTION, SPOT = "BTC/USD:BTC", "XRP/USDC:USDC-270326-0.625-P", "BTC/USDC"
IDS = {PERPETUAL: "BTC-PERPETUAL", OPTION: "XRP_USDC-26MAR27-0d625-P", SPOT: "BTC_USDC"}
OPEN, STATE, CANCEL = "private/get_open_orders", "private/get_order_state", "private/cancel"
HISTORY = "private/get_order_history_by_instrument"


@pytest.fixture
def foreign(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("deribit")
    assert (connection["conn_type"], connection["extra"]) == ("ccxt", {"exchange": "deribit"})
    exchange = ccxt.deribit({"apiKey": connection["login"], "secret": connection["password"]})
    exchange.urls["api"] = {"rest": sandbox.base_url}
    exchange.has["fetchCurrencies"] = False
    exchange.enableRateLimit = False
    yield exchange
    exchange.session.close()


@pytest.fixture
def client(sandbox: RunningSandbox) -> DeribitClient:
    return DeribitClient(sandbox)


@pytest.mark.parametrize("symbol", IDS)
def test_ccxt_places_lists_reads_and_cancels_one(foreign: Any, sandbox: RunningSandbox, symbol: str) -> None:
    made = foreign.create_order(symbol, "limit", "sell", 2, 61000)["id"]
    (listed,) = foreign.fetch_open_orders(symbol)
    assert (listed["id"], listed["symbol"], listed["status"]) == (made, symbol, "open")
    assert (listed["side"], listed["type"], listed["price"], listed["amount"]) == ("sell", "limit", 61000, 2)
    assert listed["timestamp"] == sandbox.book("deribit")[made].created_ms
    assert foreign.cancel_order(made, symbol)["status"] == "canceled"
    assert foreign.fetch_open_orders(symbol) == []
    assert foreign.fetch_order(made, symbol)["status"] == "canceled"
    assert [order["id"] for order in foreign.fetch_closed_orders(symbol, params={"include_unfilled": "true"})] == [
        made
    ]
    assert foreign.fetch_closed_orders(symbol) == [], "those that never traded only if asked for"
    with pytest.raises(ccxt.InvalidOrder, match="not_open_order"):
        foreign.cancel_order(made, symbol)
    assert sandbox.book("deribit")[made].symbol == IDS[symbol]


def test_ccxt_places_an_order_that_waits_for_a_price(foreign: Any, sandbox: RunningSandbox) -> None:
    made = foreign.create_order(PERPETUAL, "limit", "buy", 2, 61000, {"stopLossPrice": 62000})["id"]
    assert made.startswith("SLMS-")
    (waiting,) = foreign.fetch_open_orders(PERPETUAL)
    assert (waiting["id"], waiting["info"]["order_state"]) == (made, "untriggered")
    sandbox.book("deribit").trigger(made)
    (placed,) = foreign.fetch_open_orders(PERPETUAL)
    assert placed["id"] != made
    assert placed["info"]["trigger_order_id"] == made
    assert foreign.fetch_order(made)["status"] == "triggered"


def test_ccxt_reads_the_markets(foreign: Any) -> None:
    markets = foreign.load_markets()
    assert {symbol: markets[symbol]["id"] for symbol in IDS} == IDS
    assert [symbol for symbol, market in markets.items() if not market["active"]] == ["ETH/BTC"]
    assert abs(foreign.fetch_time() - now_ms()) < 60_000


def test_a_list_shows_the_kinds_and_types_asked_for(client: DeribitClient, sandbox: RunningSandbox) -> None:
    plain = {name: sandbox.place("deribit", name).order_id for name in (*IDS.values(), "BTC-FS-26MAR27_PERP")}
    waiting = sandbox.place("deribit", "BTC-PERPETUAL", stop_price="90").order_id
    assert client.ids() == client.ids(type="all") == [*plain.values(), waiting]
    assert client.ids(type="limit") == list(plain.values())
    assert client.ids(type="trigger_all") == client.ids(type="stop_limit") == [waiting]
    assert client.ids(type="take_all") == []
    kinds = ("future", "option", "spot", "future_combo", "option_combo")
    assert [client.ids(kind=kind) for kind in kinds] == [
        [plain["BTC-PERPETUAL"], waiting],
        [plain[IDS[OPTION]]],
        [plain["BTC_USDC"]],
        [plain["BTC-FS-26MAR27_PERP"]],
        [],
    ]


def test_an_ended_order_is_known_for_half_an_hour(client: DeribitClient, sandbox: RunningSandbox) -> None:
    lately, long_ago = (
        sandbox.place("deribit", "BTC-PERPETUAL", state="cancelled", age=age).order_id for age in (1790, 1810)
    )
    assert client.result(STATE, order_id=lately)["order_state"] == "cancelled"
    assert client.code(STATE, order_id=long_ago) == client.code(CANCEL, order_id=long_ago) == 10004
    asked = {"instrument_name": "BTC-PERPETUAL", "include_unfilled": "true"}
    assert client.ids(HISTORY, **asked) == [lately]
    assert client.ids(HISTORY, **asked, historical="true") == [lately, long_ago]
    assert client.ids(HISTORY, **asked, historical="true", count=1, offset=1) == [long_ago]


def test_calls_that_cancel_more_than_one_reach_all(client: DeribitClient, sandbox: RunningSandbox) -> None:
    for label in ("mine", "mine", "other"):
        sandbox.place("deribit", "BTC-PERPETUAL", client_order_id=label)
    assert client.result("private/cancel_by_label", label="mine") == 2
    assert client.result("private/cancel_all") == 1
    assert sandbox.live("deribit") == []


def test_the_signature_is_over_the_bytes_of_the_request(client: DeribitClient, sandbox: RunningSandbox) -> None:
    order = sandbox.place("deribit", "BTC-PERPETUAL").order_id
    uri = f"/api/v2/{CANCEL}?order_id={order}"
    for sent, headers in (
        (f"{uri}&", client.header(uri)),
        (uri, client.header(uri.replace("cancel", "buy"))),
        (uri, {"Authorization": client.header(uri)["Authorization"].replace("nonce=", "nonce=x")}),
    ):
        assert client.send("GET", sent, headers).json()["error"]["code"] == 13004
    assert len(sandbox.live("deribit")) == 1
    assert client.send("GET", uri, client.header(uri)).json()["result"]["order_state"] == "cancelled"


def test_the_signature_is_that_of_the_page_s_example() -> None:
    """
    The vendor publishes one of a WebSocket, which signs no more than time and nonce, with all that it is made of.

    A request's has its method, path and body after these two.
    """
    published = "56590594f97921b09b18f166befe0d1319b198bbcdad7ca73382de2f88fe9aa1"
    assert hexmac("AMANDASECRECT", "1576074319000\n1iqt2wls\n", SHA256()) == published
    uri = "/api/v2/private/get_open_orders?type=all"
    signature = hexmac("AMANDASECRECT", f"1576074319000\n1iqt2wls\nGET\n{uri}\n\n", SHA256())
    with running_sandbox(Accounts(deribit=DeribitAccount("AMANDA", "AMANDASECRECT"))) as sandbox:
        sandbox.exchange.clock = lambda: 1576074319.0
        header = f"deri-hmac-sha256 id=AMANDA, ts=1576074319000, sig={signature}, nonce=1iqt2wls"
        answer = DeribitClient(sandbox).send("GET", uri, {"Authorization": header})
        assert answer.json()["result"] == []


@pytest.mark.parametrize(("ahead", "told"), [(0, None), (-59_000, None), (-61_000, 13009), (120_000, None)])
def test_a_request_may_be_a_minute_old(
    client: DeribitClient, sandbox: RunningSandbox, ahead: int, told: int | None
) -> None:
    sandbox.exchange.clock = lambda: 1_800_000_000.0
    uri = f"/api/v2/{OPEN}"
    body = client.send("GET", uri, client.header(uri, 1_800_000_000_000 + ahead)).json()
    assert body.get("error", {}).get("code") == told


REFUSED: dict[str, tuple[str, dict[str, Any], int]] = {
    "a parameter too many": (OPEN, {"currency": "BTC"}, -32602),
    "no such kind": (OPEN, {"kind": "swap"}, -32602),
    "no such type": (OPEN, {"type": "stop"}, -32602),
    "an instrument that is none": (HISTORY, {"instrument_name": "BTC"}, 13020),
    "no instrument": (HISTORY, {}, -32602),
    "too large a count": (HISTORY, {"instrument_name": "BTC-PERPETUAL", "count": 1001}, -32602),
    "too small a count": (HISTORY, {"instrument_name": "BTC-PERPETUAL", "count": 0}, -32602),
    "neither true nor false": (HISTORY, {"instrument_name": "BTC-PERPETUAL", "historical": "1"}, -32602),
    "an order that is none": (STATE, {"order_id": GONE}, 10004),
    "a cancel of none": (CANCEL, {"order_id": GONE}, 10004),
    "a cancel without an id": (CANCEL, {}, -32602),
    "a cancel of an id of no form": (CANCEL, {"order_id": "all"}, 10025),
    "a method that is none": ("private/cancel_all_by_kind", {}, -32601),
    "no amount": ("private/buy", {"instrument_name": "BTC-PERPETUAL", "price": 5}, 10021),
    "no price": ("private/sell", {"instrument_name": "BTC-PERPETUAL", "amount": 5}, 10023),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(client: DeribitClient, sandbox: RunningSandbox, case: str) -> None:
    sandbox.place("deribit", "BTC-PERPETUAL")
    method, asked, told = REFUSED[case]
    answer = client.get(method, **asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404 if told == -32601 else 400, told)
    assert len(sandbox.live("deribit")) == 1


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"order_id": "no id"}, "end with digits"),
        ({"client_order_id": "x" * 65}, "up to 64"),
        ({"type": "ICEBERG"}, "no orders of type"),
        ({"type": "STOP_MARKET"}, "wait for a price"),
    ],
)
def test_orders_that_it_cannot_have(sandbox: RunningSandbox, order: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        sandbox.place("deribit", "BTC-PERPETUAL", **order)
