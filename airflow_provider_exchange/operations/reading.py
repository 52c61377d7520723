"""
Reads orders: from the open list, then from the lists of ended orders, then one by one.

Lists need few requests for many orders. Only a direct read proves that the venue does not know an order.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import (
    InvalidOrderRequest,
    OrderNotFoundError,
    PermissionDeniedError,
    RequestRefusedError,
    TransientError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.exchanges.common import Named, by_key, may_be

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

MOST_DIRECT = 5
"""How many orders that no list shows to read one by one each time, where any number of them may be unknown."""
FAILURES = 3
"""After so many orders in a row that could not be read one by one, no further one is tried."""


@dataclass(slots=True)
class Reading:
    """
    What was read of some orders, by their keys.

    :param shown: The orders that the venue shows, live or ended.
    :param missed: Those that it does not know.
    :param misnamed: Why a reference means no single order.
    :param refused: Why the venue does not show an order by itself.
    """

    shown: dict[OrderKey, Order] = field(default_factory=dict)
    missed: set[OrderKey] = field(default_factory=set)
    misnamed: dict[OrderKey, InvalidOrderRequest] = field(default_factory=dict)
    refused: dict[OrderKey, PermissionDeniedError | RequestRefusedError] = field(default_factory=dict)

    def whole(self) -> dict[OrderKey, Order]:
        """Return the orders shown; raise an error for the first one that could not be read."""
        for error in (*self.misnamed.values(), *self.refused.values()):
            raise error
        return self.shown


def read_orders(
    exchange: Exchange,
    refs: Mapping[OrderKey, OrderRef],
    *,
    created: Mapping[OrderKey, datetime | None],
    listed: Sequence[Order] | None,
    most_direct: int | None = None,
    into: Reading | None = None,
) -> Operation[Reading]:
    """
    Return orders as the venue shows them, live or ended, in as few requests as possible.

    :param refs: The orders by their keys.
    :param created: Creation times where known; the lists of ended orders are read back to the oldest.
    :param listed: The open list, just read; None to read each order by itself.
    :param most_direct: How many orders to read one by one at most; None for all that no list shows.
    :param into: Takes what is read, so that it is known although a later request fails.
    :raises UndecidedOrdersError: when no list was given, and an order may be one whose name cannot be read.
    """
    reading = Reading() if into is None else into
    left = dict(refs)
    if listed is not None:
        named = Named(refs)
        named.take(by_key(exchange.key, listed))
        reading.shown |= named.orders()
        reading.misnamed |= named.misnamed()
        left = {key: ref for key, ref in left.items() if key not in reading.shown and key not in reading.misnamed}
        if left:
            ended = yield from exchange.read_ended(list(left.values()), _oldest(left, created))
            found = {key: ended[key] for key in left if key in ended}
            left = {key: ref for key, ref in left.items() if key not in ended}
            in_doubt = {
                key: refs[key] for key in found if refs[key].order_id is None and found[key].state.is_terminal
            }
            if in_doubt:
                yield from _look_for_namesakes(exchange, in_doubt, listed, found, reading)
            reading.shown |= found
    keys = list(left)
    if most_direct is not None and len(keys) > most_direct:
        keys = random.sample(keys, most_direct)
    yield from _read_each(exchange, {key: left[key] for key in keys}, reading, may_be_unclear=listed is not None)
    return reading


def _read_each(
    exchange: Exchange, refs: Mapping[OrderKey, OrderRef], reading: Reading, *, may_be_unclear: bool
) -> Operation[None]:
    """
    Read orders one by one; one that cannot be read hides no other.

    :param may_be_unclear: Whether an order may be left out that could be one whose name cannot be read.
    :raises TransientError: when one could not be read, and the venue did not refuse it.
    """
    trouble: TransientError | None = None
    in_a_row = 0
    for key in random.sample(list(refs), len(refs)):  # so that none is always behind those that are refused
        ref = refs[key]
        failure: ExchangeError | None = None
        try:
            reading.shown[key] = yield from exchange.read_order(ref)
        except OrderNotFoundError:
            reading.missed.add(key)
        except InvalidOrderRequest as error:
            reading.misnamed[key] = error
        except UndecidedOrdersError:
            if not may_be_unclear:
                raise
        except (PermissionDeniedError, RequestRefusedError) as error:
            failure = reading.refused[key] = error
        except TransientError as error:
            failure = trouble = error
        in_a_row = in_a_row + 1 if failure is not None else 0
        if in_a_row >= FAILURES:
            break
    if trouble is not None:
        raise trouble


def _look_for_namesakes(
    exchange: Exchange,
    refs: Mapping[OrderKey, OrderRef],
    listed: Iterable[Order],
    found: dict[OrderKey, Order],
    reading: Reading,
) -> Operation[None]:
    """
    Read the open list a second time for client order ids under which only ended orders were found.

    A live order may have the name of an ended one, and no single list proves that there is none.

    :param refs: The references by client order id.
    :param listed: The list of the first read.
    :param found: What was found. A live order takes the place of the ended one; what may mean an open order whose
        name cannot be read is left out.
    :param reading: Takes those that mean several live orders.
    """
    again = yield from exchange.list_open(markets_of(refs.values()))
    named = Named(refs)
    named.take(by_key(exchange.key, again))
    found |= named.orders()
    misnamed = named.misnamed()
    reading.misnamed |= misnamed
    odd = [order for order in (*listed, *again) if order.unreadable]
    for key, ref in refs.items():
        is_unclear = found[key].state.is_terminal and any(may_be(order, ref) for order in odd)
        if is_unclear or key in misnamed:
            del found[key]


def markets_of(refs: Iterable[OrderRef]) -> frozenset[str] | None:
    """Return the markets of some orders; None when one is not known."""
    symbols = {ref.symbol for ref in refs}
    return None if None in symbols else frozenset(symbol for symbol in symbols if symbol is not None)


def _oldest(keys: Iterable[OrderKey], created: Mapping[OrderKey, datetime | None]) -> datetime | None:
    """Return when the oldest of some orders was created; None when one time is not known."""
    times = [created.get(key) for key in keys]
    told = [time for time in times if time is not None]
    return min(told) if told and len(told) == len(times) else None
