"""Orders and what became of them, as the methods of hooks take and return them at every exchange."""

from airflow_provider_exchange.models.orders import (
    Moment,
    Order,
    OrderKey,
    OrderRef,
    OrderState,
    Side,
    how_many_orders,
)
from airflow_provider_exchange.models.reports import CancelReport, CancelResult, Evidence, Origin, Outcome

__all__ = [
    "CancelReport",
    "CancelResult",
    "Evidence",
    "Moment",
    "Order",
    "OrderKey",
    "OrderRef",
    "OrderState",
    "Origin",
    "Outcome",
    "Side",
    "how_many_orders",
]
