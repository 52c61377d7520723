"""A link from a task to the web page that shows its orders: the exchange's, or that of a paper exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperatorLink
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

from airflow_provider_exchange.side_work import SideWork

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey

    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["ORDER_PAGE_KEY", "OrderPageLink", "leave_order_page"]

ORDER_PAGE_KEY = "order_page"
"""The XCom key of the page's URL."""


def leave_order_page(operator: Any, context: Any, exchange: Exchange, symbol: str | None) -> None:
    """
    Leave the page's URL for the link; an empty one where there is none, as Airflow logs an error for a missing one.

    Airflow 3 asks for it in the task's process, after it has told how the task ended, and stores it in XCom. In
    Airflow 2 the web server asks for it, so the task has to store it.

    :param operator: The operator that runs, with the attribute ``order_page``.
    """

    def leave() -> None:
        operator.order_page = _page(exchange, symbol)
        task_instance = context.get("ti")
        if not AIRFLOW_V_3_0_PLUS and task_instance is not None:
            task_instance.xcom_push(key=ORDER_PAGE_KEY, value=operator.order_page)

    SideWork().attempt("leave the link to the orders' page", leave)


def _page(exchange: Exchange, symbol: str | None) -> str:
    """
    Return the URL of the page with the account's orders; empty where there is none.

    A connection may use plain http on this machine alone, where a paper exchange answers, not the venue.
    """
    base_url = exchange.base_url or ""
    return (
        f"{base_url}/#book-{exchange.name}" if base_url.startswith("http://") else exchange.order_page(symbol) or ""
    )


class OrderPageLink(BaseOperatorLink):
    """Links to the web page with the task's orders or market, if there is one; see :func:`leave_order_page`."""

    name = "Orders at the exchange"
    xcom_key = ORDER_PAGE_KEY

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the URL that the task left; empty when it has left none."""
        left = getattr(operator, "order_page", None)
        if left is None:
            left = SideWork().attempt("read the link to the orders' page", lambda: _stored(ti_key))
        return left if isinstance(left, str) else ""


def _stored(ti_key: TaskInstanceKey) -> Any:
    from airflow.providers.common.compat.sdk import XCom

    return XCom.get_value(key=ORDER_PAGE_KEY, ti_key=ti_key)
