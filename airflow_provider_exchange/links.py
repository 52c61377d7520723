"""A link from a task to the page at the exchange where a person sees the orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey

__all__ = ["ORDER_PAGE_KEY", "OrderPageLink"]

ORDER_PAGE_KEY = "order_page"
"""The XCom key under which a task leaves the page's URL."""


class OrderPageLink(BaseOperatorLink):
    """Leads to the venue's own page, where it has one for the orders or the market of the task."""

    name = "Orders at the exchange"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002  (Airflow passes it)
        """
        Return the page's URL; empty when the task has not pushed one.

        :param operator: The task, which holds no page itself.
        :param ti_key: Which run of the task.
        """
        from airflow.providers.common.compat.sdk import XCom

        url = XCom.get_value(key=ORDER_PAGE_KEY, ti_key=ti_key)
        return url if isinstance(url, str) else ""
