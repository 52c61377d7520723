"""A link from a task to the page at the exchange where a person sees the orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey

    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["OrderPageLink", "push_order_page"]

KEY = "order_page"


class OrderPageLink(BaseOperatorLink):
    """Leads to the venue's own page, where it has one for the orders or the market of the task."""

    name = "Orders at the exchange"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002  (Airflow passes it)
        """
        Return the page's URL; empty when the task has not pushed one.

        :param operator: The task.
        :param ti_key: Which run of it.
        """
        from airflow.providers.common.compat.sdk import XCom

        url = XCom.get_value(key=KEY, ti_key=ti_key)
        return url if isinstance(url, str) else ""


def push_order_page(context: Any, exchange: Exchange, symbol: str | None) -> None:
    """
    Leave the page's URL for the link; an empty one where there is none, for which Airflow would log an error.

    :param context: Airflow's.
    :param exchange: The account.
    :param symbol: The market of an order of the task, checked; None when it has none.
    """
    task_instance = context.get("ti")
    if task_instance is not None:
        task_instance.xcom_push(key=KEY, value=exchange.order_page(symbol) or "")
