"""
Asks the venue's history what was cancelled since an earlier attempt of the task may have begun.

This is for a summary that would say nothing otherwise, as the attempt left no record. It shows what was cancelled,
but not by whom.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError, ExchangeUnavailableError
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderState
from airflow_provider_exchange.protocol.steps import briefly, venue_time, with_calls
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["NOT_KNOWN", "History", "read_history"]

log = SideLog(logging.getLogger(__name__))

NOT_KNOWN = "an earlier attempt ran; what it cancelled is not known"
LONGEST_READING = 5.0
"""Seconds for all requests: the task has done its work, and only its summary waits."""
MOST_CALLS = 40
"""How many requests a reading makes, as Nami allows 60 a minute and BitoPro has about as many markets."""


@dataclass(slots=True)
class History:
    """
    What the venue's history shows.

    :param since: By the venue's clock; orders that were cancelled earlier do not count.
    :param orders: The orders that were cancelled, and that nothing else tells of.
    :param is_whole: Whether it was read to its end, and whether each of its orders could be judged.
    """

    since: datetime
    orders: dict[OrderKey, Order] = field(default_factory=dict)
    is_whole: bool = True

    def words(self) -> str:
        """Return what it tells of earlier attempts, as a sentence."""
        since = f"since the run began ({self.since:%Y-%m-%d %H:%M:%S} UTC)"
        shown = f"orders that only the venue's history tells of, cancelled {since}: {len(self.orders)}"
        match bool(self.orders), self.is_whole:
            case True, True:
                return f"an earlier attempt ran; {shown}"
            case True, False:
                return f"{NOT_KNOWN}, but for {shown}"
            case False, True:  # one empty answer proves nothing
                return f"{NOT_KNOWN}; the venue's history shows no other order cancelled {since}"
        return NOT_KNOWN


def read_history(
    exchange: Exchange, selection: Selection, began_ago: timedelta, *, is_known: Callable[[OrderKey], bool]
) -> Operation[History | None]:
    """
    Read which orders of a selection were cancelled; what fails is logged.

    :param selection: By properties.
    :param began_ago: How long ago the first of their cancels may have been, at most.
    :param is_known: Whether an order is told of elsewhere.
    :return: None where the venue does not show when an order ended.
    """
    earliest, _ = yield from venue_time()
    history = History((earliest - began_ago).replace(microsecond=0))  # some venues show whole seconds only
    found: list[Order] = []
    reading = exchange.list_ended(selection.markets, history.since, found)
    if reading is None:
        return None
    try:
        yield from briefly(_limited(reading), LONGEST_READING)
    except ExchangeError as error:
        history.is_whole = False
        log.warning("Cannot tell from the venue's history all that earlier attempts cancelled: %s", error)
    for key, order in by_key(exchange.key, found).items():
        if order.state is not OrderState.CANCELLED or is_known(key):
            continue
        match _counts(order, selection, history.since):
            case True:
                history.orders[key] = order
            case None:
                history.is_whole = False
    return history


def _counts(order: Order, selection: Selection, since: datetime) -> bool | None:
    """Whether a cancelled order was one of the selected ones when it ended; None when that cannot be told."""
    ended = order.changed_at
    if ended is None:
        return None if selection.matches(order, None) is not False else False
    return ended >= since and selection.matches(order, (ended, ended))


def _limited(reading: Operation[None]) -> Operation[None]:
    """Run an operation, and give it up when it goes on asking."""
    calls = count(1)

    def counted(call: Call[Any]) -> Call[Any]:
        if next(calls) > MOST_CALLS:
            raise ExchangeUnavailableError(f"it takes more than {MOST_CALLS} requests to read")
        return call

    return with_calls(reading, counted)
