"""Applies the fault rules to a cancel; the same for every venue."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.faults import Behaviour


def cancel_one(
    book: Book, order_id: str, behaviour: Behaviour, symbol: str | None = None
) -> tuple[Cancel, PaperOrder | None]:
    """
    Cancel one order, or do what a fault rule says instead.

    With a ``fill_on_cancel`` rule the order is filled first; the cancel then applies to the remaining quantity, if
    any.

    :param symbol: the order's market; ``None`` where the venue's ids are unique in all markets.
    """
    order = book.get(order_id, symbol)
    if order is None or not order.state.live:
        return book.cancel(order_id, symbol=symbol)
    if behaviour.for_order("refuse_cancel", order_id, order.symbol):
        return Cancel.REFUSED, order
    if behaviour.for_order("ignore_cancel", order_id, order.symbol):
        return Cancel.DONE, replace(order, state=State.CANCELLED)
    if race := behaviour.for_order("fill_on_cancel", order_id, order.symbol):
        amount = order.remaining if race.quantity is None else min(Decimal(race.quantity), order.remaining)
        book.fill(order_id, amount, symbol=order.symbol)
    slow = behaviour.for_order("cancelling", order_id, order.symbol)
    if slow is None:
        return book.cancel(order_id, symbol=order.symbol)
    seconds = slow.seconds or 0
    reads = slow.reads if slow.reads is not None else 0 if seconds else 1
    return book.cancel(order_id, symbol=order.symbol, reads=reads, seconds=seconds)


def passed_over(behaviour: Behaviour, place: int, order_id: str, symbol: str) -> bool:
    """
    Return whether a batch silently skips this member.

    :param place: the member's index in the batch, from 0.
    :param symbol: its market; empty when the venue does not know the order.
    """
    rule = behaviour.for_order("ignore_batch_member", order_id, symbol)
    return rule is not None and (bool(rule.orders) or place == rule.member)
