"""Connections in a secrets backend of Airflow's: how often they are looked up, and what a new key does."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.secrets.local_filesystem import LocalFilesystemBackend

from airflow_provider_exchange.errors import AuthenticationError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from airflow_provider_exchange.tasks.failures import PermanentFailure
from tests.report.airflows import context
from tests.tasks import Task

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

CONN_ID = "kept_in_a_file"


class Secrets:
    """
    A file that Airflow's local secrets backend reads.

    :param path: of the file.
    :param fields: of the connection in it, which is right.
    """

    def __init__(self, path: Path, fields: dict[str, Any]) -> None:
        self.path = path
        self.fields = fields
        self.looked_up: list[str] = []
        """The connections, each time that one was asked for."""
        self.write()

    def write(self, **changes: Any) -> None:
        """Put another connection there."""
        self.path.write_text(json.dumps({CONN_ID: {**self.fields, **changes}}))


@pytest.fixture
def secrets(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    made = Secrets(tmp_path / "connections.json", sandbox.connection("bitopro"))
    backend = f"{LocalFilesystemBackend.__module__}.{LocalFilesystemBackend.__qualname__}"
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", backend)
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps({"connections_file_path": str(made.path)}))
    with suppress(ModuleNotFoundError):  # newer versions of Airflow keep the backends that they have made
        of_airflow = import_module("airflow.sdk.configuration")
        monkeypatch.setattr(of_airflow, "_secrets_backend_cache", {}, raising=False)
    look_up = LocalFilesystemBackend.get_connection

    def noting(backend: LocalFilesystemBackend, conn_id: str, *arguments: Any, **named: Any) -> Any:
        made.looked_up.append(conn_id)
        return look_up(backend, conn_id, *arguments, **named)

    monkeypatch.setattr(LocalFilesystemBackend, "get_connection", noting)
    return made


def sweep(**arguments: Any) -> CancelAllOrdersOperator:
    return CancelAllOrdersOperator(task_id="clear", exchange_conn_id=CONN_ID, poll_interval=0.05, **arguments)


def wait_for(order_id: str, **arguments: Any) -> OrderStatusSensor:
    return OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=CONN_ID,
        order_id=order_id,
        symbol="btc_usdt",
        poke_interval=0.05,
        **arguments,
    )


def test_nothing_is_looked_up_before_a_task_runs(secrets: Secrets) -> None:
    sweep()
    wait_for("1")
    CancelAllOrdersNotifier(exchange_conn_id=CONN_ID)
    ExchangeHook(CONN_ID)
    assert secrets.looked_up == []


def test_a_sweep_looks_up_once(secrets: Secrets, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    result = Task(sweep(), context=context()).run()
    assert result["outcomes"] == {"cancelled": 1}
    assert secrets.looked_up == [CONN_ID]


def test_a_deferred_sweep_looks_up_once_more_each_time_it_goes_on(
    secrets: Secrets, sandbox: RunningSandbox
) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=4))
    task = Task(sweep(deferrable=True), context=context())
    task.run()
    assert task.deferred > 0
    assert len(secrets.looked_up) == 1 + 2 * task.deferred, "the trigger looks up for itself"


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_sensor_looks_up_at_each_poke_or_before_and_after(
    secrets: Secrets, sandbox: RunningSandbox, deferrable: bool
) -> None:
    order = sandbox.place("bitopro", "btc_usdt")
    sensor = wait_for(order.order_id, deferrable=deferrable)
    if deferrable:
        Task(sensor, on_defer=lambda: sandbox.book("bitopro").cancel(order.order_id)).run()
        assert len(secrets.looked_up) == 3, "of which the trigger's is one"
    else:
        assert [bool(sensor.poke({})) for _ in range(3)] == [False] * 3
        assert len(secrets.looked_up) == 3


def test_the_notifier_looks_each_of_its_connections_up_once(secrets: Secrets) -> None:
    CancelAllOrdersNotifier(exchange_conn_id=[CONN_ID]).notify(context())
    CancelAllOrdersNotifier(exchange_conn_id=CONN_ID).notify(context())
    assert secrets.looked_up == [CONN_ID] * 2


def test_the_next_task_has_the_new_key(secrets: Secrets, sandbox: RunningSandbox) -> None:
    secrets.write(password="revoked")
    with pytest.raises(PermanentFailure) as caught:
        Task(sweep(timeout=5), context=context()).run()
    assert isinstance(caught.value.__cause__, AuthenticationError)
    secrets.write()
    sandbox.place("bitopro", "btc_usdt")
    assert Task(sweep(), context=context()).run()["open_after"] == 0


def test_a_deferred_task_fails_with_another_key_before_it_sends_anything(
    secrets: Secrets, sandbox: RunningSandbox
) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    sent: list[int] = []

    def change_the_key() -> None:
        sent.append(len(sandbox.mutations()))
        secrets.write(login="another-key")

    with pytest.raises(PermanentFailure, match="another account or API key"):
        Task(sweep(deferrable=True), change_the_key, context()).run()
    assert [len(sandbox.mutations())] == sent


def test_another_secret_of_the_same_key_is_the_same_account(secrets: Secrets) -> None:
    before = ExchangeHook.for_connection(CONN_ID).exchange
    secrets.write(password="another-secret")
    after = ExchangeHook.for_connection(CONN_ID).exchange
    assert (after.account, after.secrets == before.secrets) == (before.account, False)


def test_a_backend_that_fails_looks_as_if_there_were_no_connection(
    secrets: Secrets, sandbox: RunningSandbox
) -> None:
    secrets.path.unlink()
    with pytest.raises(AirflowNotFoundException):
        Task(sweep(), context=context()).run()
    assert secrets.looked_up
    assert sandbox.request_log == []
