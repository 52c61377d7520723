from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.links import OrderPageLink
from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

pytestmark = pytest.mark.skipif(
    find_spec("airflow.sdk") is None, reason="Airflow 2 makes links in its web server, not in the task"
)


def test_airflow_stores_the_link_of_a_finished_task(sandbox: RunningSandbox) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    sandbox.place("bitopro", "eth_usdt")

    run_dag(example("cancel_one_order"))

    with create_session() as session:
        stored = session.scalars(
            select(XComModel.value).where(
                XComModel.key == OrderPageLink().xcom_key, XComModel.dag_id == "cancel_one_order"
            )
        ).all()
    assert {str(value).strip('"') for value in stored} == {"https://www.bitopro.com/ns/trading/eth_usdt"}
