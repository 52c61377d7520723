from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import dag
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

from airflow_provider_exchange.links import ORDER_PAGE_KEY
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_airflow_stores_the_link_of_a_finished_task(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "eth_usdt")

    run_dag(example("cancel_one_order"))

    assert set(stored_links("cancel_one_order")) == {page_of(sandbox)}


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
    assert stored_links("waiting") == [page_of(sandbox)]


def page_of(sandbox: RunningSandbox) -> str:
    return f"{sandbox.base_url}/#book-bitopro"


def stored_links(dag_id: str) -> list[str]:
    from airflow.utils.session import create_session
    from sqlalchemy import select

    module = import_module("airflow.models.xcom")
    model = module.XComModel if AIRFLOW_V_3_0_PLUS else module.BaseXCom
    with create_session() as session:
        rows = session.scalars(select(model).where(model.key == ORDER_PAGE_KEY, model.dag_id == dag_id))
        return [str(row.value).strip('"') for row in rows]
