"""An exchange with several books: each order is read as its own book writes it, and so is it written down."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.check.findings import Mark
from airflow_provider_exchange.sandbox.testing import check_transcript, replayed
from tests.check.checking import Checked, matter
from tests.check.filled import FILLED, PRICE, QUANTITY, STOP

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.conftest import Open

CLIENT_ID = "nightowl77"
ORDERS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "binance": [
        ("binance", "BTCUSDT", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("binance", "BTCUSDT", {"state": "cancelled"}),
        ("binance_linear", "BTCUSDT", {}),
        ("binance_algo", "ETHUSDT", {"stop_price": STOP, "client_order_id": CLIENT_ID}),
    ],
    "okx": [
        ("okx", "BTC-USDT", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("okx", "BTC-USDT", {"state": "cancelled"}),
        ("okx_algo", "BTC-USDT", {"stop_price": STOP, "client_order_id": CLIENT_ID}),
    ],
    "kucoin": [
        ("kucoin", "BTC-USDT", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("kucoin", "BTC-USDT", {"state": "cancelled"}),
        ("kucoin_stop", "ETH-USDT", {"stop_price": STOP, "client_order_id": CLIENT_ID}),
        ("kucoin_oco", "ETH-USDT", {"stop_price": STOP}),
    ],
    "bybit": [
        ("bybit", "BTCUSDT", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("bybit", "BTCUSDT", {"state": "cancelled"}),
        ("bybit", "ETHUSDT", {"stop_price": STOP}),
        ("bybit_linear", "BTCUSDT", {}),
    ],
    "kraken": [
        ("kraken", "XBTUSD", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("kraken", "XBTUSD", {"state": "cancelled"}),
        ("kraken", "ETHUSD", {"stop_price": STOP, "client_order_id": "nightowl78"}),
    ],
    "gate": [
        ("gate", "BTC_USDT", {"filled": FILLED, "client_order_id": f"t-{CLIENT_ID}"}),
        ("gate", "BTC_USDT", {"state": "cancelled", "filled": FILLED}),
        ("gate_auto", "ETH_USDT", {"stop_price": STOP}),
        ("gate_linear", "BTC_USDT", {"filled": FILLED, "side": "SELL", "client_order_id": f"t-{CLIENT_ID}"}),
        ("gate_linear_auto", "ETH_USDT", {"stop_price": STOP, "client_order_id": f"t-{CLIENT_ID}"}),
    ],
    "coinbase": [
        ("coinbase", "BTC-USD", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("coinbase", "BTC-USD", {"state": "cancelled"}),
        ("coinbase", "ETH-USD", {"stop_price": STOP}),
        ("coinbase_simple", "ETH-USD", {}),
    ],
    "deribit": [
        ("deribit", "BTC-PERPETUAL", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("deribit", "BTC-PERPETUAL", {"state": "cancelled", "age": 600}),
        ("deribit", "BTC_USDC", {"stop_price": STOP}),
    ],
    "hyperliquid": [
        ("hyperliquid", "BTC", {"filled": FILLED, "client_order_id": "0x" + "6e696768746f776c" * 2}),
        ("hyperliquid", "BTC", {"state": "cancelled"}),
        ("hyperliquid", "@107", {}),
        ("hyperliquid", "kPEPE", {"stop_price": STOP}),
    ],
    "bitget": [
        ("bitget", "BTCUSDT", {"filled": FILLED, "client_order_id": CLIENT_ID}),
        ("bitget", "BTCUSDT", {"state": "cancelled"}),
        ("bitget_plan", "ETHUSDT", {"stop_price": STOP}),
        ("bitget_futures", "BTCUSDT", {}),
        ("bitget_futures_plan", "BTCUSDT", {"stop_price": STOP, "type": "loss_plan"}),
    ],
}
"""By exchange: in which of its paper books an order lies, its market, and what is special about it."""
BEGUN = {
    "binance": "spot:BTCUSDT",
    "bitget": "spot:BTCUSDT",
    "bybit": "spot:BTCUSDT",
    "coinbase": "BTC-USD",
    "deribit": "BTC-PERPETUAL",
    "gate": "spot:BTC_USDT",
    "hyperliquid": "BTC",
    "kraken": "XBTUSD",
    "kucoin": "BTC-USDT",
    "okx": "BTC-USDT",
}
"""A market in which there was an order that has ended."""
NOT_TOLD_BY_ALL: dict[str, set[str]] = {
    **{name: set() for name in ("bybit", "okx", "kraken", "coinbase")},
    **{name: {"orders: filled quantity"} for name in ("binance", "bitget", "deribit", "gate", "hyperliquid")},
    "kucoin": {f"orders: {name}" for name in ("side", "price", "quantity", "filled quantity")},
}
"""
Orders of several that wait for a price tell no filled quantity before they trade, nor does a read of one of
Hyperliquid's before it ends; KuCoin's OCO orders tell no amount.
"""
IN_SENTENCES = frozenset({"hyperliquid"})
"""Exchanges that tell of failures in sentences, which no transcript has, and not in codes."""
SHOWN_AGAIN = {"hyperliquid": 3}
"""How many of them a history shows although they are open."""


@pytest.fixture(params=ORDERS)
def exchange(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def account(sandbox: RunningSandbox, checked: Open, exchange: str) -> Checked:
    """An account with orders in all of its books."""
    made = checked(exchange, extra=sandbox.connection(exchange)["extra"])
    sandbox.exchange.clock = made.account.transport.clock.wall
    for book, symbol, special in ORDERS[exchange]:
        sandbox.place(book, symbol, quantity=QUANTITY, price=PRICE, **{"age": 3600, **special})
    return made


def replay_of(account: Checked, folder: Path) -> CheckReport:
    file = folder / "transcript.json"
    file.write_text(account.transcript())
    return check_transcript(file)


def test_every_book_is_looked_at(account: Checked, exchange: str) -> None:
    report = account.check(symbol=BEGUN[exchange])
    assert report.wrong == ()
    assert matter(report).keys() == NOT_TOLD_BY_ALL[exchange]
    count = len(ORDERS[exchange])
    assert report["open orders"].shown.startswith(f"{count - 1} orders, twice alike")
    assert report["markets"].mark is Mark.OK
    tells = account.account.exchange.may_withdraw() is not None
    assert report["withdrawals"].mark is (Mark.OK if tells else Mark.UNSURE)
    shown = count + SHOWN_AGAIN.get(exchange, 0)
    assert report["orders: id"].shown.endswith(f"{shown} of {shown} orders")


def test_an_odd_order_of_one_book_is_found(sandbox: RunningSandbox, account: Checked) -> None:
    sandbox.faults.add(kind="odd_order", field="symbol", venue=account.account.venue)
    assert "orders: market" in matter(account.check())


def test_nothing_of_the_account_is_told(account: Checked, exchange: str) -> None:
    account.check(cancel_right=True, symbol=BEGUN[exchange])
    seen = "".join(each.response.body.decode() for each in account.exchanged if each.response)
    hidden = {QUANTITY, PRICE, STOP, CLIENT_ID, *fields_of(account)}
    for book, _, _ in ORDERS[exchange]:
        hidden |= {order.order_id for order in account.account.sandbox.book(book)}
    for each in account.exchanged:
        hidden |= {value for name, value in each.request.headers.items() if "SIGN" in name.upper()}
        hidden |= set(re.findall(r"signature=([0-9a-f]+)", each.request.url))
    assert sum(text in seen for text in hidden) > 5, "the exchange showed too little to hide"
    written = account.transcript()
    assert [text for text in hidden if text in written or text.replace(".", "") in written] == []


def fields_of(account: Checked) -> set[str]:
    fields = account.account.sandbox.connection(account.account.venue)
    return {fields["login"], fields["password"], fields["extra"].get("passphrase", fields["login"])}


def test_names_of_documented_fields_stay(account: Checked, exchange: str) -> None:
    account.check()
    told = json.loads(account.transcript())["exchanges"]
    for each, exchanged in zip(told, account.exchanged, strict=True):
        shown, written = names_in(exchanged.body()), names_in(each.get("body"))
        ids = {order.order_id for book, *_ in ORDERS[exchange] for order in account.account.sandbox.book(book)}
        assert shown - ids <= written, "an order may stand behind its id, which is no name that stays"
        assert len(written) == len(shown)


def names_in(body: Any) -> set[str]:
    if isinstance(body, dict):
        return body.keys() | names_in(list(body.values()))
    return {name for member in body for name in names_in(member)} if isinstance(body, list) else set()


def test_a_replay_finds_the_same(sandbox: RunningSandbox, account: Checked, exchange: str, tmp_path: Path) -> None:
    report = account.check(cancel_right=True, symbol=BEGUN[exchange])
    sandbox.reset()
    again = replay_of(account, tmp_path)
    differ = {"clock", "latency", *(["cancel right"] if exchange in IN_SENTENCES else [])}
    assert [(each.check, each.mark) for each in again.findings if each.check not in differ] == [
        (each.check, each.mark) for each in report.findings if each.check not in differ
    ]
    assert again["clock"].mark is not Mark.WRONG


@pytest.mark.parametrize("extra", [
    {"exchange": "binance"},
    {"exchange": "binance", "default_type": "linear"},
    {"exchange": "bitopro"},
], ids=lambda extra: "-".join(extra.values()))  # fmt: skip
def test_a_transcript_knows_the_exchange_behind_the_type(
    sandbox: RunningSandbox, checked: Open, extra: dict[str, str], tmp_path: Path
) -> None:
    made = checked(extra["exchange"], conn_type="ccxt", extra=extra)
    made.check()
    document = json.loads(made.transcript())
    document["venue"] = "ccxt"
    file = tmp_path / "transcript.json"
    file.write_text(json.dumps(document))
    with replayed(file) as fields:
        assert fields["conn_type"] == "ccxt"
        assert {name: fields["extra"].get(name) for name in extra} == extra
        assert fields["login"] == sandbox.connection(extra["exchange"])["login"]
