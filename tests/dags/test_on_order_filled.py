from __future__ import annotations

import asyncio
from contextlib import aclosing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.runs import example, store

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from airflow_provider_exchange.triggers.events import OrderEventTrigger

pytest.importorskip("airflow.sdk", reason="assets are watched since Airflow 3.0")


def asset_of(dag: Any) -> Any:
    (asset,) = dag.timetable.asset_condition.objects
    return asset


async def first_event(trigger: OrderEventTrigger, sandbox: RunningSandbox, order_id: str) -> Any:
    async def fill() -> None:
        # Once it looks a second time, it has seen the order open. The sandbox is no part of this loop.
        while len(sandbox.request_log) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        sandbox.book("bitopro").fill(order_id)

    filling = asyncio.create_task(fill())
    async with aclosing(trigger.run()) as events:
        event = await anext(events)
    await filling
    return event


def test_a_fill_becomes_an_event_of_the_asset_that_starts_the_dag(
    sandbox: RunningSandbox, airflow_home: Path
) -> None:
    from airflow.models.asset import AssetDagRunQueue, AssetEvent
    from airflow.models.trigger import Trigger
    from airflow.utils.session import create_session
    from sqlalchemy import select

    dag = example("on_order_filled")
    dag.is_paused_upon_creation = False  # nothing is watched for a DAG that is paused
    store(dag)
    store(dag)  # Airflow 3.0 begins to watch when it parses the file a second time
    order = sandbox.place("bitopro", "eth_usdt")
    (watcher,) = asset_of(dag).watchers
    classpath, kwargs = watcher.trigger.serialize()
    watcher.trigger.poke_interval = 0.05
    event = asyncio.run(first_event(watcher.trigger, sandbox, order.order_id))

    with create_session() as session:
        (row,) = session.scalars(select(Trigger).where(Trigger.classpath == classpath))
        assert row.kwargs == kwargs
        Trigger.submit_event(row.id, event, session=session)
        session.flush()
        (stored,) = session.scalars(select(AssetEvent))
        assert stored.extra["payload"]["order_id"] == order.order_id
        queued = session.scalars(select(AssetDagRunQueue)).all()
        assert [each.target_dag_id for each in queued] == [dag.dag_id]


def test_the_markets_of_the_fills_are_cleared() -> None:
    dag = example("on_order_filled")
    events = [
        SimpleNamespace(extra={"from_trigger": True, "payload": {"symbol": symbol}})
        for symbol in ("eth_usdt", "btc_usdt", "eth_usdt")
    ]
    markets = dag.get_task("markets").python_callable

    class TriggeringEvents:
        def __getitem__(self, asset: Any) -> Any:
            return {asset_of(dag).name: events}[asset.name]

    assert markets(triggering_asset_events=TriggeringEvents()) == ["btc_usdt", "eth_usdt"]
