"""A link from a task to the web page at the exchange that shows its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey

    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["ORDER_PAGE_KEY", "OrderPageLink", "push_order_page"]

ORDER_PAGE_KEY = "order_page"
"""The XCom key under which a task pushes the page's URL."""


def push_order_page(context: Any, exchange: Exchange, symbol: str | None) -> None:
    """Push the URL to XCom; an empty one if there is none, because Airflow logs an error for a missing one."""
    task_instance = context.get("ti")
    if task_instance is not None:
        task_instance.xcom_push(key=ORDER_PAGE_KEY, value=exchange.order_page(symbol) or "")


class OrderPageLink(BaseOperatorLink):
    """Links to the venue's own web page, if it has one for the task's orders or market."""

    name = "Orders at the exchange"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the URL that the task pushed; empty when it has not pushed one."""
        from airflow.providers.common.compat.sdk import XCom

        url = XCom.get_value(key=ORDER_PAGE_KEY, ti_key=ti_key)
        return url if isinstance(url, str) else ""
