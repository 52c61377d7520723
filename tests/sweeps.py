"""Cancel operations as tests ask for them: one order, or a selection."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.selection import Selection, Selectors
from tests.accounts import SYMBOLS

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange, Options
    from airflow_provider_exchange.models.orders import OrderRef
    from airflow_provider_exchange.models.reports import CancelReport, CancelResult
    from airflow_provider_exchange.protocol.steps import Operation
    from tests.accounts import Account


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


def sweep(account: Account, timeout: float = 60, **arguments: Any) -> CancelReport:
    """Run a sweep by the arguments that a user gives."""
    names = [each.name for each in fields(Selectors)]
    selectors = {name: arguments.pop(name) for name in names if name in arguments}
    selection = Selectors(**selectors).check(account.exchange)
    return account.run(cancel_orders(account.exchange, selection, {}, poll_interval=2, **arguments), timeout)


def live(account: Account, book: str | None = None) -> set[str]:
    """Return the ids of the orders that are open in a book, the account's if not said otherwise."""
    return {order.order_id for order in account.sandbox.live(book or account.venue)}


def named(account: Account, *order_ids: str) -> list[dict[str, str]]:
    """Return orders as an argument names them."""
    return [{"order_id": order_id, "symbol": SYMBOLS[account.venue]} for order_id in order_ids]
