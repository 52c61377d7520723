from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from airflow.providers.common.compat.sdk import dag

from airflow_provider_exchange.links import OrderPageLink
from airflow_provider_exchange.sandbox.faults import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PAGE = "https://www.bitopro.com/ns/trading/eth_usdt"

pytestmark = pytest.mark.skipif(
    find_spec("airflow.sdk") is None, reason="Airflow 2 makes links in its web server, not in the task"
)


def test_airflow_stores_the_link_of_a_finished_task(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "eth_usdt")

    run_dag(example("cancel_one_order"))

    assert set(stored_links("cancel_one_order")) == {PAGE}


def test_the_link_of_a_sensor_that_waited_in_the_triggerer(sandbox: RunningSandbox) -> None:
    order = sandbox.place("bitopro", "eth_usdt", state="filled")
    sandbox.faults.add(Fault("drop_before", requests=(1,)))

    @dag(schedule=None)
    def waiting() -> None:
        OrderStatusSensor(
            task_id="wait",
            exchange_conn_id="bitopro_default",
            order_id=order.order_id,
            symbol="eth_usdt",
            target_states=["filled"],
            poke_interval=0.1,
            deferrable=True,
        )

    run = run_dag(waiting())

    assert run.states == {"wait": "success"}
    assert stored_links("waiting") == [PAGE]


def stored_links(dag_id: str) -> list[str]:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        stored = session.scalars(
            select(XComModel.value).where(XComModel.key == OrderPageLink().xcom_key, XComModel.dag_id == dag_id)
        )
        return [str(value).strip('"') for value in stored]
