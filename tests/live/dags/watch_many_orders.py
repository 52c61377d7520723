"""Waits for many orders at three venues, with many deferred sensors of a few orders each."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from airflow_provider_exchange.sensors.orders import OrderStatusSensor

SYMBOLS = {"nami": "BTCUSDT", "bitopro": "btc_usdt", "loopring": "LRC-ETH"}


@task
def shares(venue: str, params: Any = None) -> list[list[str]]:
    """Return the lists of ids that the run was started with."""
    given: list[list[str]] = params[venue]
    return given


@dag(schedule=None, catchup=False, max_active_tasks=200, params={venue: [] for venue in SYMBOLS})
def watch_many_orders() -> None:
    """One sensor for each list of ids."""
    for venue, symbol in SYMBOLS.items():
        OrderStatusSensor.partial(
            task_id=f"watch_{venue}",
            exchange_conn_id=f"{venue}_default",
            symbol=symbol,
            poke_interval=5,
            timeout=3600,
            deferrable=True,
        ).expand(order_ids=shares.override(task_id=f"shares_{venue}")(venue))


watch_many_orders()
