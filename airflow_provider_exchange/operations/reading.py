"""
Reads orders: from the open list, then from the lists of ended orders, then one by one.

Lists need few requests for many orders. Only a direct read proves that the venue does not know an order.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_exchange.errors import InvalidOrderRequest, OrderNotFoundError, UndecidedOrdersError
from airflow_provider_exchange.exchanges.common import Named, by_key, may_be

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

MOST_DIRECT = 5
"""How many orders that no list shows to read one by one each time, where any number of them may be unknown."""


class Reading(NamedTuple):
    """
    What the venue shows of some orders, by the key of their reference.

    An order in no part is not known to the venue, if all were read.

    :param shown: Those that it shows.
    :param unclear: Those that may be one of the open orders whose names cannot be read.
    :param misnamed: Those whose reference means no single order of the market that it names, with the error.
    """

    shown: dict[OrderKey, Order]
    unclear: set[OrderKey]
    misnamed: dict[OrderKey, InvalidOrderRequest]


def read_orders(
    exchange: Exchange,
    refs: Mapping[OrderKey, OrderRef],
    *,
    created: Mapping[OrderKey, datetime | None],
    listed: Sequence[Order] | None,
    most_direct: int | None = None,
) -> Operation[Reading]:
    """
    Return orders as the venue shows them, live or ended, in as few requests as possible.

    :param refs: The orders by their keys.
    :param created: Creation times where known; the lists of ended orders are read back to the oldest.
    :param listed: The open list, just read; None to read each order by itself.
    :param most_direct: How many orders to read one by one at most; None for all that no list shows.
    :raises UndecidedOrdersError: when no list was given, and an order may be one whose name cannot be read.
    """
    left = dict(refs)
    shown: dict[OrderKey, Order] = {}
    unclear: set[OrderKey] = set()
    misnamed: dict[OrderKey, InvalidOrderRequest] = {}
    if listed is not None:
        named = Named(refs)
        named.take(by_key(exchange.key, listed))
        shown |= named.orders()
        misnamed |= named.misnamed()
        left = {key: ref for key, ref in left.items() if key not in shown and key not in misnamed}
        if left:
            ended = yield from exchange.read_ended(list(left.values()), _oldest(left, created))
            found = {key: ended[key] for key in left if key in ended}
            left = {key: ref for key, ref in left.items() if key not in ended}
            in_doubt = {
                key: refs[key] for key in found if refs[key].order_id is None and found[key].state.is_terminal
            }
            if in_doubt:
                yield from _look_for_namesakes(exchange, in_doubt, listed, found, unclear, misnamed)
            shown |= found
    keys = list(left)
    for key in keys if most_direct is None or len(keys) <= most_direct else random.sample(keys, most_direct):
        try:
            shown[key] = yield from exchange.read_order(left[key])
        except OrderNotFoundError:
            continue
        except InvalidOrderRequest as error:
            misnamed[key] = error
        except UndecidedOrdersError:
            if listed is None:
                raise
            unclear.add(key)
    return Reading(shown, unclear, misnamed)


def _look_for_namesakes(
    exchange: Exchange,
    refs: Mapping[OrderKey, OrderRef],
    listed: Iterable[Order],
    found: dict[OrderKey, Order],
    unclear: set[OrderKey],
    misnamed: dict[OrderKey, InvalidOrderRequest],
) -> Operation[None]:
    """
    Read the open list a second time for client order ids under which only ended orders were found.

    A live order may have the name of an ended one, and no single list proves that there is none.

    :param refs: The references by client order id.
    :param listed: The list of the first read.
    :param found: What was found; a live order takes the place of the ended one.
    :param unclear: Takes those that may mean an open order whose name cannot be read.
    :param misnamed: Takes those that mean several live orders.
    """
    again = yield from exchange.list_open(markets_of(refs.values()))
    named = Named(refs)
    named.take(by_key(exchange.key, again))
    found |= named.orders()
    misnamed |= named.misnamed()
    orders = [*listed, *again]
    for key, ref in refs.items():
        if found[key].state.is_terminal and any(may_be(order, ref) for order in orders):
            unclear.add(key)
        if key in unclear or key in misnamed:
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
