"""Whoever uses a connection whose host cannot be reached is told which connection and which host that is."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from tests.cli.test_commands import exchange, no_audit_log
from tests.driver.servers import hang, serving
from tests.report.airflows import context
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connections import Connect

__all__ = ["no_audit_log"]

CLOSED = "127.0.0.1:1"
REFUSED = f"the connection to {CLOSED} of connection 'exchange_under_test' was refused"
IN_TIME = 0.3
"""Seconds that each has."""


def raised_by(act: Callable[[], object]) -> str:
    with pytest.raises(ExchangeError) as caught:
        act()
    return str(caught.value)


def task(conn_id: str) -> str:
    operator = CancelAllOrdersOperator(
        task_id="t", exchange_conn_id=conn_id, timeout=IN_TIME, poll_interval=0.05, deferrable=False
    )
    return raised_by(Task(operator, context=context()).run)


def notifier(conn_id: str) -> str:
    return raised_by(lambda: CancelAllOrdersNotifier(conn_id, timeout=IN_TIME).notify(context()))


def async_notifier(conn_id: str) -> str:
    fired = CancelAllOrdersNotifier(conn_id, timeout=IN_TIME)
    return raised_by(lambda: asyncio.run(fired.async_notify(context())))


def command(conn_id: str) -> str:
    with patch.dict(os.environ), pytest.raises(SystemExit) as ended:
        exchange("cancel-all", "--conn-id", conn_id, "--yes", "--timeout", str(IN_TIME))
    return str(ended.value)


def connection_test(conn_id: str) -> str:
    ok, message = ExchangeHook.for_connection(conn_id).test_connection()
    assert not ok
    return message


def check(conn_id: str) -> str:
    report = ExchangeHook.for_connection(conn_id).check(timeout=IN_TIME)
    return json.dumps([finding.summary() for finding in report.findings])


USES = [task, notifier, async_notifier, command, connection_test, check]


@pytest.mark.parametrize("use", USES)
def test_a_closed_port_is_told_with_host_and_connection(connect: Connect, use: Callable[[str], str]) -> None:
    assert REFUSED in use(connect("nami", host=f"http://{CLOSED}"))


def test_a_host_that_is_silent_is_told_with_its_connection(connect: Connect) -> None:
    with serving(hang) as (url, _):
        conn_id = connect("nami", host=url, extra={"timeout": IN_TIME})
        place = url.removeprefix("http://")
        assert f"no response from {place} of connection {conn_id!r} within 0.3 s" in connection_test(conn_id)
