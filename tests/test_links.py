"""The link from a task to the page of its orders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import XCom
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.links import ORDER_PAGE_KEY, OrderPageLink, leave_order_page
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import running_sandbox
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import SYMBOLS, VENUES, Account
from tests.connections import connect, running, sandbox, venue
from tests.nothing import NOT_A_NAME, label
from tests.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

__all__ = ["connect", "running", "sandbox", "venue"]

PAGES = {
    "nami": "https://nami.exchange/trade/BTC-USDT",
    "bitopro": "https://www.bitopro.com/ns/trading/btc_usdt",
    "loopring": "https://loopring.io/#/l2assets/history/orders",
}


class TaskInstance:
    """Takes what a task pushes."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def page_left(task: Any, context: dict[str, Any]) -> Any:
    """What a task leaves for whoever asks for the link: in Airflow 3 its own process, else the web server."""
    pushed: dict[str, Any] = context["ti"].pushed
    if not AIRFLOW_V_3_0_PLUS:
        return pushed[ORDER_PAGE_KEY]
    assert ORDER_PAGE_KEY not in pushed, "what hangs on the way to XCom would hold up how the task ended"
    return OrderPageLink().get_link(task, ti_key=context["ti"])


@pytest.fixture(scope="module")
def accounts() -> Iterator[dict[str, Account]]:
    with running_sandbox() as served:
        made = {name: Account(served, name) for name in VENUES}
        yield made
        for account in made.values():
            account.close()


@pytest.mark.parametrize(
    ("symbol", "page"),
    [
        ("ETHUSDT", "ETH-USDT"),
        ("NAMIVNST", "NAMI-VNST"),
        ("USDTVNST", "USDT-VNST"),
        ("BTC/USDT", "BTC-USDT"),
        ("ETHBTC", None),
        ("USDT", None),
        (None, None),
    ],
)
def test_the_page_of_a_nami_market(accounts: dict[str, Account], symbol: str | None, page: str | None) -> None:
    nami = accounts["nami"].exchange
    url = nami.order_page(None if symbol is None else nami.check_symbol(symbol))
    assert url == (page and f"https://nami.exchange/trade/{page}")


def test_a_venue_without_a_page_for_no_market_in_particular(accounts: dict[str, Account]) -> None:
    assert {name: account.exchange.order_page(None) for name, account in accounts.items()} == {
        "nami": None,
        "bitopro": None,
        "loopring": PAGES["loopring"],
    }


@pytest.mark.parametrize("name", VENUES)
@in_turn("value", NOT_A_NAME, ids=label)
def test_a_symbol_that_passes_the_check_leads_nowhere_else(
    accounts: dict[str, Account], name: str, value: Any
) -> None:
    exchange = accounts[name].exchange
    try:
        symbol = exchange.check_symbol(value)
    except InvalidOrderRequest:
        return
    url = exchange.order_page(symbol)
    start = PAGES[name].rpartition("/")[0]
    assert url is None or re.fullmatch(re.escape(start) + r"/[A-Za-z0-9_-]+", url)


@pytest.mark.parametrize("deferrable", [False, True])
def test_each_task_leaves_the_page(connect: Connect, sandbox: RunningSandbox, venue: str, deferrable: bool) -> None:
    conn_id, symbol = connect(venue), SYMBOLS[venue]
    order_ids = [sandbox.place(venue, symbol).order_id for _ in range(2)]
    common: dict[str, Any] = {"exchange_conn_id": conn_id, "deferrable": deferrable}
    for task in (
        CancelAllOrdersOperator(task_id="look", dry_run=True, **common),
        CancelOrderOperator(task_id="cancel", order_id=order_ids[0], symbol=symbol, **common),
        CancelAllOrdersOperator(task_id="sweep", **common),
        OrderStatusSensor(task_id="watch", order_ids=order_ids, symbol=symbol, **common),
    ):
        context: Any = {"ti": TaskInstance()}
        task.poke(context) if isinstance(task, OrderStatusSensor) else task.execute(context)
        assert page_left(task, context) == f"{sandbox.base_url}/#book-{venue}"
        assert [link.name for link in task.operator_extra_links] == ["Orders at the exchange"]


def test_a_task_that_fails_leaves_the_page_too(connect: Connect, sandbox: RunningSandbox) -> None:
    order = sandbox.place("bitopro", "eth_usdt", state="filled")
    task = CancelOrderOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), order_id=order.order_id, symbol="eth_usdt"
    )
    context: Any = {"ti": TaskInstance()}
    with pytest.raises(Exception, match="filled"):
        task.execute(context)
    assert page_left(task, context) == f"{sandbox.base_url}/#book-bitopro"


@pytest.mark.parametrize(
    ("host", "page"),
    [
        (None, "https://www.bitopro.com/ns/trading/btc_usdt"),
        ("https://bitopro.example", "https://www.bitopro.com/ns/trading/btc_usdt"),
        ("https://127.0.0.1:8700", "https://www.bitopro.com/ns/trading/btc_usdt"),  # no paper exchange has TLS
        ("http://127.0.0.1:8700", "http://127.0.0.1:8700/#book-bitopro"),
        ("http://[::1]:8700", "http://[::1]:8700/#book-bitopro"),
    ],
)
def test_only_a_connection_to_a_paper_exchange_leads_to_its_page(host: str | None, page: str) -> None:
    fields = {**Accounts().connection("bitopro", ""), "host": host}
    exchange = load_exchange("bitopro").from_settings(ConnectionSettings("paper", **fields))
    task = CancelAllOrdersOperator(task_id="sweep", exchange_conn_id="paper")
    context: Any = {"ti": TaskInstance()}
    leave_order_page(task, context, exchange, "btc_usdt")
    assert page_left(task, context) == page


def test_an_exchange_of_ccxt_on_paper_has_the_page_too() -> None:
    pages = {}
    for host in (None, "http://localhost:8700"):
        fields = {**Accounts().connection("binance", ""), "host": host}
        exchange = load_exchange("ccxt").from_settings(ConnectionSettings("paper", **fields))
        task = CancelAllOrdersOperator(task_id="sweep", exchange_conn_id="paper")
        context: Any = {"ti": TaskInstance()}
        leave_order_page(task, context, exchange, None)
        pages[host] = page_left(task, context)
    assert pages == {None: "", "http://localhost:8700": "http://localhost:8700/#book-binance"}


@pytest.mark.parametrize(("stored", "url"), [(PAGES["nami"], PAGES["nami"]), (None, ""), (["x"], "")])
def test_the_link_is_what_the_task_left(monkeypatch: pytest.MonkeyPatch, stored: Any, url: str) -> None:
    asked: list[dict[str, Any]] = []

    def get_value(**kwargs: Any) -> Any:
        asked.append(kwargs)
        return stored

    monkeypatch.setattr(XCom, "get_value", get_value)
    key: Any = object()
    operator: Any = object()  # as the web server of Airflow 2 has it, and a sensor that was resumed
    assert OrderPageLink().get_link(operator, ti_key=key) == url
    assert asked == [{"key": ORDER_PAGE_KEY, "ti_key": key}]
