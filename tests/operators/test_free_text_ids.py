"""Client order ids that are any text: each names its order, and only that, in every part that takes one."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

SYMBOL = "LRC-ETH"
IDS = ["a/b", "a&b=c", "100%", "é", "1,2", "../all", "a?b#c", "mm[/eth]7", " blank", "::endgroup::", "é" * 60]
QUICK: dict[str, Any] = {"task_id": "task", "poll_interval": 0.05, "timeout": 10}


@pytest.fixture
def conn_id(connect: Connect) -> str:
    return connect("loopring")


@pytest.mark.parametrize("client_order_id", IDS)
@pytest.mark.parametrize("part", ["one", "one, deferrable", "several", "notifier", "hook"])
def test_the_order_is_cancelled_and_no_other(
    conn_id: str, sandbox: RunningSandbox, part: str, client_order_id: str
) -> None:
    kept = [
        sandbox.place("loopring", SYMBOL, client_order_id=name) for name in ("a", "b", f"{client_order_id[:-1]}_")
    ]
    sandbox.place("loopring", SYMBOL, client_order_id=client_order_id)
    names = [{"client_order_id": client_order_id, "symbol": SYMBOL}]
    match part:
        case "one" | "one, deferrable":
            deferrable = part != "one"
            operator = CancelOrderOperator(
                exchange_conn_id=conn_id, client_order_id=client_order_id, deferrable=deferrable, **QUICK
            )
            assert Task(operator).run()["outcome"] == "cancelled"
        case "several":
            Task(CancelAllOrdersOperator(exchange_conn_id=conn_id, orders=names, **QUICK)).run()
        case "notifier":
            CancelAllOrdersNotifier(conn_id, orders=names, poll_interval=0.05).notify({})
        case "hook":
            hook = ExchangeHook.for_connection(conn_id)
            assert hook.get_order(client_order_id=client_order_id).client_order_id == client_order_id
            hook.cancel_orders(names)
    assert sandbox.live("loopring") == kept
    assert [each for each in sandbox.mutations() if "clientOrderId" in each.query] == []


@pytest.mark.parametrize("prefix", ["a/", "a&", "100%-", "é", "[x]", "1,"])
@pytest.mark.parametrize("by", ["task", "notifier"])
def test_a_prefix_selects_what_begins_with_it(conn_id: str, sandbox: RunningSandbox, by: str, prefix: str) -> None:
    kept = [
        sandbox.place("loopring", SYMBOL, client_order_id=name) for name in ("a", f"x{prefix}1", prefix[:-1] or "b")
    ]
    sandbox.place("loopring", SYMBOL, client_order_id=f"{prefix}1")
    sandbox.place("loopring", SYMBOL, client_order_id=f"{prefix}\u202e\n2")
    if by == "task":
        operator = CancelAllOrdersOperator(exchange_conn_id=conn_id, client_order_id_prefix=prefix, **QUICK)
        assert Task(operator).run()["outcomes"] == {"cancelled": 2}
    else:
        CancelAllOrdersNotifier(conn_id, client_order_id_prefix=prefix, poll_interval=0.05).notify({})
    assert sandbox.live("loopring") == kept


@pytest.mark.parametrize("client_order_id", IDS)
def test_the_order_is_waited_for(conn_id: str, sandbox: RunningSandbox, client_order_id: str) -> None:
    sandbox.place("loopring", SYMBOL, client_order_id=client_order_id, state="cancelled")
    orders = [{"client_order_id": client_order_id}]
    (shown,) = Task(OrderStatusSensor(task_id="wait", exchange_conn_id=conn_id, orders=orders)).run()
    assert shown["client_order_id"] == client_order_id


def test_no_name_ends_a_group_of_lines_in_the_log(
    conn_id: str, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.faults.add(Fault("status", status=503))
    named = [{"client_order_id": "::endgroup::"}, {"client_order_id": "##[endgroup]"}]
    operator = CancelAllOrdersOperator(exchange_conn_id=conn_id, orders=named, **{**QUICK, "timeout": 0.3})
    with caplog.at_level(logging.DEBUG), pytest.raises(ExchangeError) as caught:
        Task(operator).run()
    lines = [*caplog.text.splitlines(), *capsys.readouterr().out.splitlines(), str(caught.value)]
    told = [line for line in lines if "client_order_id=" in line or re.search(": :endgroup|## .endgroup", line)]
    assert len(told) > 2
    assert [line for line in told if "::endgroup::" in line or "##[endgroup]" in line] == []


@pytest.mark.parametrize(
    "nothing", ["", " ", "*", "all", "None", "{{ run_id }}", "\n", "\x00", "a\u202eb", "x" * 121]
)
def test_what_names_nothing_or_everything_is_refused(conn_id: str, sandbox: RunningSandbox, nothing: str) -> None:
    sandbox.place("loopring", SYMBOL, client_order_id="x")
    for operator in (
        CancelOrderOperator(exchange_conn_id=conn_id, client_order_id=nothing, **QUICK),
        CancelAllOrdersOperator(exchange_conn_id=conn_id, client_order_id_prefix=nothing, **QUICK),
        CancelAllOrdersOperator(exchange_conn_id=conn_id, orders=[{"client_order_id": nothing}], **QUICK),
    ):
        with pytest.raises(AirflowFailException):
            Task(operator).run()
    assert sandbox.request_log == []
