"""Cancel operations as tests ask for them: one order, or a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.selection import Selection

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange, Options
    from airflow_provider_exchange.models import CancelReport, CancelResult, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation


def cancel_order(
    exchange: Exchange, ref: OrderRef, options: Options, *, poll_interval: float, **how: Any
) -> Operation[CancelResult]:
    work = Cancelling(exchange, Selection(orders=(ref,)), options, lists=False, **how)
    yield from work.run(poll_interval)
    return work.result()


def cancel_orders(
    exchange: Exchange, selection: Selection, options: Options, *, poll_interval: float, **how: Any
) -> Operation[CancelReport]:
    return Cancelling(exchange, selection, options, **how).run(poll_interval)
