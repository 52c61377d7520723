"""
When an order is filled, cancel all other open orders in its market (one cancels the other).

For Airflow 3 and newer. The triggerer reads the account every ten seconds, and the DAG runs after a fill.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetWatcher, dag, task

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.triggers.events import OrderEventTrigger

FILLS = Asset(
    "bitopro_fills",
    watchers=[
        AssetWatcher(
            name="bitopro_fills",
            trigger=OrderEventTrigger("bitopro_default", states=["filled"], poke_interval=10),
        )
    ],
)


@task
def markets(triggering_asset_events: Any = None) -> list[str]:
    """Return the markets of the fills that started this run. Without any, Airflow skips the cancel."""
    events = triggering_asset_events[FILLS]
    return sorted({event.extra["payload"]["symbol"] for event in events})


@dag(schedule=[FILLS], catchup=False, tags=["exchange"])
def on_order_filled() -> None:
    """Cancel all open orders in each market that had a fill."""
    CancelAllOrdersOperator.partial(
        task_id="cancel", exchange_conn_id="bitopro_default", map_index_template="{{ task.symbols }}"
    ).expand(symbols=markets())


on_order_filled()
