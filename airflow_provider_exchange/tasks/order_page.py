"""Leaves the address of the venue's own page for the task's link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.links import ORDER_PAGE_KEY

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["push_order_page"]


def push_order_page(context: Any, exchange: Exchange, symbol: str | None) -> None:
    """
    Leave the page's URL for the link; an empty one where there is none, as Airflow would log an error without.

    :param context: The running task's.
    :param exchange: The account.
    :param symbol: The market of an order of the task, checked; None when it has none.
    """
    task_instance = context.get("ti")
    if task_instance is not None:
        task_instance.xcom_push(key=ORDER_PAGE_KEY, value=exchange.order_page(symbol) or "")
