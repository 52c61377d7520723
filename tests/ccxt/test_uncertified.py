"""
An exchange that no profile describes: orders that are named go, nothing else is touched, and nothing is made up.

The paper OKX and BitoPro stand for such exchanges; ccxt has made up its own mind about both.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrdersStillOpenError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt import client, settings
from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import Account, connection
from tests.check.checking import Checked
from tests.cli.test_commands import CONN, exchange, no_audit_log, printed
from tests.sweeps import cancel_order, live
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

__all__ = ["no_audit_log"]

MARKET = "BTC/USDT"


@pytest.fixture(params=["okx", "bitopro"])
def venue(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def nothing_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROFILES", ())
    monkeypatch.setattr(client, "_markets", {})


def fields(sandbox: RunningSandbox, venue: str) -> dict[str, Any]:
    known = connection(sandbox, venue)
    extra = {**known.get("extra", {}), "exchange": venue, "uncertified": True, "rate_limit": 1000}
    return {**known, "conn_type": "ccxt", "extra": extra}


@pytest.fixture
def account(sandbox: RunningSandbox, venue: str) -> Iterator[Account]:
    made = Account(sandbox, venue, **fields(sandbox, venue))
    assert isinstance(made.exchange, Uncertified)
    yield made
    made.close()


@pytest.fixture
def conn_id(sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_EXCHANGE_UNDER_TEST", json.dumps(fields(sandbox, venue)))
    return "exchange_under_test"


# -- orders that are named


@pytest.mark.parametrize("deferrable", [False, True], ids=["in the task", "deferred"])
def test_one_order_goes_and_the_others_stay(account: Account, conn_id: str, deferrable: bool) -> None:
    order_id, other = account.place(2)
    pushed = Task(
        CancelOrderOperator(
            task_id="cancel",
            exchange_conn_id=conn_id,
            order_id=order_id,
            symbol=MARKET,
            deferrable=deferrable,
            poll_interval=0.05,
        )
    ).run()
    assert (pushed["exchange"], pushed["outcome"], pushed["confirmed"]) == (account.venue, "cancelled", True)
    assert live(account) == {other}
    assert len(account.mutations) == 1


@pytest.mark.parametrize("deferrable", [False, True], ids=["in the task", "deferred"])
def test_named_orders_go_one_by_one(account: Account, conn_id: str, deferrable: bool) -> None:
    *named, other = account.place(4)
    report = Task(
        CancelAllOrdersOperator(
            task_id="cancel",
            exchange_conn_id=conn_id,
            orders=[{"order_id": each, "symbol": MARKET} for each in named],
            deferrable=deferrable,
            poll_interval=0.05,
        )
    ).run()
    assert report["outcomes"] == {"cancelled": 3}
    assert live(account) == {other}
    assert len(account.mutations) == 3


def test_an_order_that_stays_open_fails_by_name(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("refuse_cancel", orders=(order_id,)))
    ref = account.exchange.check_ref(order_id, MARKET)
    with pytest.raises((OrdersStillOpenError, RequestRefusedError), match=order_id):
        account.run(cancel_order(account.exchange, ref, {}, poll_interval=2), timeout=10)
    assert live(account) == {order_id}


def test_a_cancel_that_was_lost_is_found_out(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("drop_before", route="cancels", times=1))
    ref = account.exchange.check_ref(order_id, MARKET)
    result = account.run(cancel_order(account.exchange, ref, {}, poll_interval=2))
    assert result.outcome is Outcome.CANCELLED
    assert not live(account)


def test_a_sensor_waits_for_a_named_order(account: Account, conn_id: str) -> None:
    (order_id,) = account.place()
    sensor = OrderStatusSensor(task_id="wait", exchange_conn_id=conn_id, order_id=order_id, symbol=MARKET)
    context: Any = {}
    assert not sensor.poke(context)
    account.sandbox.exchange.books[account.venue].fill(order_id)
    with pytest.raises(AirflowFailException, match="filled"):
        sensor.poke(context)


# -- no sweep


def the_hook(conn_id: str) -> None:
    ExchangeHook.for_connection(conn_id).cancel_all_orders()


def the_hooks_list(conn_id: str) -> None:
    ExchangeHook.for_connection(conn_id).list_open_orders()


def the_operator(conn_id: str) -> None:
    Task(CancelAllOrdersOperator(task_id="sweep", exchange_conn_id=conn_id)).run()


def the_operator_for_a_market(conn_id: str) -> None:
    Task(CancelAllOrdersOperator(task_id="sweep", exchange_conn_id=conn_id, symbols=[MARKET])).run()


def the_operator_without_sending(conn_id: str) -> None:
    Task(CancelAllOrdersOperator(task_id="sweep", exchange_conn_id=conn_id, dry_run=True)).run()


def the_operator_deferred(conn_id: str) -> None:
    Task(CancelAllOrdersOperator(task_id="sweep", exchange_conn_id=conn_id, deferrable=True)).run()


def the_notifier(conn_id: str) -> None:
    CancelAllOrdersNotifier(exchange_conn_id=conn_id).notify({})


def the_command(_conn_id: str) -> None:
    exchange("cancel-all", *CONN, "--yes")


@pytest.mark.parametrize(
    "sweep",
    [
        the_hook,
        the_hooks_list,
        the_operator,
        the_operator_for_a_market,
        the_operator_without_sending,
        the_operator_deferred,
        the_notifier,
        the_command,
    ],
    ids=lambda sweep: sweep.__name__,
)
def test_a_sweep_is_refused_before_anything_is_sent(
    account: Account, conn_id: str, sweep: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    account.place(2)
    caplog.set_level(logging.INFO)
    with pytest.raises((ExchangeError, AirflowFailException, SystemExit)) as caught:
        sweep(conn_id)
    told = f"{caught.value} {caplog.text} {capsys.readouterr().err}"
    assert "what its lists leave out is not known" in told
    assert account.requests == []


# -- what is read, and what is made of it


def test_markets_are_read_once_a_process(sandbox: RunningSandbox, venue: str) -> None:
    first, second = (Account(sandbox, venue, **fields(sandbox, venue)) for _ in range(2))
    (order_id,) = first.place()
    requests = []
    for each in (first, second):
        each.run(each.exchange.read_order(each.exchange.check_ref(order_id, MARKET)))
        requests.append(len(first.requests))
        each.close()
    assert requests[0] > 1
    assert requests[1] - requests[0] == 1, "of the order alone"
    known = [each.exchange.client.ccxt.markets for each in (first, second)]  # type: ignore[attr-defined]
    assert known[0] is known[1]
    assert {str(market["info"]) for market in known[0].values()} == {"{}"}


def test_other_hosts_have_other_markets(sandbox: RunningSandbox, venue: str) -> None:
    known = fields(sandbox, venue)
    here = Account(sandbox, venue, **known)
    here.run(here.exchange.markets())
    there = Account(sandbox, venue, **{**known, "host": known["host"].replace("127.0.0.1", "localhost")})
    assert not there.exchange.client.has_markets()  # type: ignore[attr-defined]
    for each in (here, there):
        each.close()


def test_only_what_the_exchange_says_is_told(account: Account) -> None:
    """ccxt has amounts as floats, and makes up what is missing; the state, the side and the kind are words."""
    order = account.sandbox.place(account.venue, "BTC-USDT" if account.venue == "okx" else "btc_usdt", filled="0.5")
    shown = account.run(account.exchange.read_order(account.exchange.check_ref(order.order_id, MARKET)))
    assert (shown.order_id, shown.symbol, shown.state) == (order.order_id, MARKET, OrderState.OPEN)
    assert shown.side is not None
    assert {shown.quantity, shown.filled_quantity, shown.price, shown.created_at, shown.client_order_id} == {None}


@pytest.mark.parametrize("selector", [{"older_than": 60}, {"client_order_id_prefix": "mine"}])
def test_what_is_not_told_selects_nothing(account: Account, conn_id: str, selector: dict[str, Any]) -> None:
    (order_id,) = account.place()
    orders = [{"order_id": order_id, "symbol": MARKET}]
    with pytest.raises(InvalidOrderRequest):
        ExchangeHook.for_connection(conn_id).cancel_all_orders(orders=orders, **selector)
    assert account.requests == []


# -- the check


def test_a_check_says_what_can_be_had(account: Account) -> None:
    account.place(2)
    report = Checked(account).check()
    assert report.wrong == ()
    assert report["key"].mark == "ok"
    assert report["markets"].mark == "ok"
    assert report["open orders"].mark == "unsure"
    assert "only orders that are named can be cancelled" in report["open orders"].shown
    assert account.mutations == []


def test_the_command_checks_it(conn_id: str, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert conn_id
    exchange("check", *CONN, "--output", "json")
    rows = {row["check"]: row["result"] for row in printed(capsys)}
    assert (rows["key"], rows["open orders"]) == ("ok", "unsure")
    assert "wrong" not in rows.values()
    assert account.mutations == []


# -- failures


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, b"<html>slow down</html>", RateLimitedError),
        (418, b"", RateLimitedError),
        (429, b"{}", RateLimitedError),
        (502, b"<html></html>", ExchangeUnavailableError),
        (404, b"<html></html>", ExchangeUnavailableError),
        (200, b"<html></html>", UnreadableResponseError),
        (200, b"", UnreadableResponseError),
    ],
)
def test_an_answer_without_words_says_nothing_of_an_order(
    account: Account, status: int, body: bytes, kind: type[ExchangeError]
) -> None:
    (order_id,) = account.place()
    account.run(account.exchange.markets())
    account.transport.on_answer = lambda _request, response: type(response)(status, response.headers, body)
    read = account.exchange.read_order(account.exchange.check_ref(order_id, MARKET))
    with pytest.raises(kind):
        account.run(read, timeout=10, repeat_reads=False)
