"""A link from a task to the web page at the exchange that shows its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey

__all__ = ["ORDER_PAGE_KEY", "OrderPageLink"]

ORDER_PAGE_KEY = "order_page"
"""The XCom key under which a task pushes the page's URL."""


class OrderPageLink(BaseOperatorLink):
    """Links to the venue's own web page, if it has one for the task's orders or market."""

    name = "Orders at the exchange"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the URL that the task pushed; empty when it has not pushed one."""
        from airflow.providers.common.compat.sdk import XCom

        url = XCom.get_value(key=ORDER_PAGE_KEY, ti_key=ti_key)
        return url if isinstance(url, str) else ""
