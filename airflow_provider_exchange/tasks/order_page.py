"""Pushes the URL for :class:`OrderPageLink`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.links import ORDER_PAGE_KEY

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange


def push_order_page(context: Any, exchange: Exchange, symbol: str | None) -> None:
    """Push the URL to XCom; an empty one if there is none, because Airflow logs an error for a missing one."""
    task_instance = context.get("ti")
    if task_instance is not None:
        task_instance.xcom_push(key=ORDER_PAGE_KEY, value=exchange.order_page(symbol) or "")
