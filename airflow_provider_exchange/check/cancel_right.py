"""
Cancels one order that cannot exist: the only proof that a key may cancel.

It must reach nothing, whatever the venue makes of it. So the id is one that no order has, the market is one in
which the account has no order, no list shows the id, and the open orders are listed once more afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.check.findings import Finding, Mark, worst
from airflow_provider_exchange.check.orders import plural
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    OrderNotFoundError,
    PermissionDeniedError,
    TransientError,
    name_orders,
)
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.protocol.steps import briefly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["cancel_right"]

CHECK = "cancel right"
ASSUMED = "the key may cancel: an order that cannot exist is not found"
LONGEST = 5.0
"""Seconds for each request."""
MOST_READS = 4
"""How many requests the search for the order makes that nobody has."""


def cancel_right(
    exchange: Exchange, witness: Witness, live: Mapping[str, Order] | None, markets: Mapping[str, bool]
) -> Operation[Finding]:
    """
    Cancel an order that cannot exist, and return what the venue's answer tells of the key.

    :param live: The open orders, by what tells them apart; None if they could not be read.
    :param markets: The venue's markets, and whether they take orders.
    """
    ref = _ref(exchange, live, markets)
    if isinstance(ref, Finding):
        return ref
    try:
        shown = yield from briefly(witness.watch(exchange.read_order(ref), CHECK, MOST_READS), LONGEST)
    except OrderNotFoundError:
        shown = None
    except TransientError as error:
        if _was_answered(witness):
            return _untried(f"a read of an order that cannot exist was answered, but not with that order: {error}")
        shown = None  # no list has shown the order, which is enough
    except ExchangeError as error:
        return _untried(f"a read of an order that cannot exist was refused: {error}")
    if shown is not None:
        return _untried(f"the venue shows an order that cannot exist ({ref})")
    cancellation = exchange.cancel_one(ref, {})
    if cancellation is None:
        return _untried("the adapter cannot cancel by that id")
    finding = yield from _tried(exchange, witness, cancellation.operation)
    return (yield from _unless_others_went(exchange, witness, live or {}, finding))


def _untried(why: str) -> Finding:
    return Finding(CHECK, Mark.UNSURE, ASSUMED, f"not tried: {why}")


def _ref(exchange: Exchange, live: Mapping[str, Order] | None, markets: Mapping[str, bool]) -> OrderRef | Finding:
    """Return the name of an order that cannot exist, in a market in which the account has none."""
    order_id = exchange.never_an_order_id
    if order_id is None:
        return _untried("no id is known that no order of this venue can have")
    if live is None:
        return _untried("the open orders could not be read")
    if any(order.order_id == order_id for order in live.values()):
        return _untried("an open order has the id that no order can have")
    symbol = None
    if exchange.needs_symbol:
        if any("symbol" in order.unreadable for order in live.values()):
            return _untried("an open order has a market that cannot be read, so none is known to be without orders")
        taken = {order.symbol for order in live.values()}
        symbol = next((name for name, is_open in markets.items() if is_open and name not in taken), None)
        if symbol is None:
            return _untried("no market is known in which the account has no open order")
    return exchange.check_ref(order_id, symbol)


def _was_answered(witness: Witness) -> bool:
    """Whether the latest request was answered with success."""
    asked = witness.of(CHECK)
    return bool(asked) and asked[-1].response is not None and asked[-1].response.status == 200


def _tried(exchange: Exchange, witness: Witness, operation: Operation[frozenset[object]]) -> Operation[Finding]:
    try:
        acknowledged = yield from briefly(witness.watch(operation, CHECK), LONGEST)
    except OrderNotFoundError as error:
        shown = f"the cancel of an order that cannot exist was answered as it should be: {error.message}"
        return Finding(CHECK, Mark.OK, ASSUMED, shown)
    except (AuthenticationError, PermissionDeniedError) as error:
        return Finding(CHECK, Mark.WRONG, ASSUMED, f"the key may not cancel: {error}")
    except ExchangeError as error:
        shown = f"{exchange.title} answered neither that the order is not found nor that the key may not: {error}"
        return Finding(CHECK, Mark.UNSURE, ASSUMED, shown)
    what = "acknowledged" if acknowledged else "answered with success"
    shown = (
        f"the key seems to be allowed to: the cancel of an order that cannot exist was {what}. This venue's "
        "acknowledgements prove nothing, and nothing is concluded from them"
    )
    return Finding(CHECK, Mark.UNSURE, ASSUMED, shown)


def _unless_others_went(
    exchange: Exchange, witness: Witness, live: Mapping[str, Order], finding: Finding
) -> Operation[Finding]:
    """Return the finding, unless open orders are gone after the cancel."""
    if not live:
        return finding
    try:
        listed = yield from briefly(witness.watch(exchange.list_open(), CHECK), LONGEST)
    except ExchangeError as error:
        shown = f"{finding.shown}. The open orders could not be listed again afterwards ({error}): look at them"
        return Finding(CHECK, worst(finding.mark, Mark.UNSURE), ASSUMED, shown)
    left = {str(key) for key, order in by_key(exchange.key, listed or ()).items() if not order.state.is_terminal}
    gone = [order.ref for key, order in live.items() if key not in left]
    if not gone:
        return finding
    return Finding(
        CHECK,
        Mark.WRONG,
        ASSUMED,
        f"after the cancel of an order that cannot exist, {plural(len(gone), 'order')} that had been open are no "
        f"longer listed: {name_orders(gone)}. Look at the exchange what became of them before you cancel anything",
    )
