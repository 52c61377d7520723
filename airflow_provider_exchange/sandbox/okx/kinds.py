"""OKX's words for kinds of orders and their states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import PaperOrder, State

if TYPE_CHECKING:
    from collections.abc import Mapping

TRADE_MODES = frozenset({"cash", "cross", "isolated", "spot_isolated"})

AT_MARKET = frozenset({"market", "optimal_limit_ioc"})
"""Ordinary orders that name no price, and are filled at once."""
AT_ONCE_OR_NEVER = frozenset({"ioc", "fok", "op_fok"})
"""Ordinary orders that never rest. As there is no market here, they are cancelled at once."""
ORDER_TYPES = frozenset({"limit", "post_only", "mmp", "mmp_and_post_only", "elp"}) | AT_MARKET | AT_ONCE_OR_NEVER

ALGOS_AT_ONCE = frozenset({"conditional", "oco"})
"""The only types of algo orders that one list shows together."""
EXECUTING = frozenset({"move_order_stop", "chase", "iceberg", "twap", "smart_iceberg"})
"""Algo orders that may be at work without waiting for a price."""
ALGO_TYPES = frozenset({"trigger"}) | ALGOS_AT_ONCE | EXECUTING

OPEN_STATES = frozenset({"live", "partially_filled"})
ENDED_STATES = frozenset({"filled", "canceled", "mmp_canceled"})
ENDED_ALGO_STATES = frozenset({"effective", "canceled", "order_failed"})

HOURS_2_MS = 2 * 3_600_000
DAYS_7_MS = 7 * 86_400_000
MONTHS_3_MS = 92 * 86_400_000

_STATES: Mapping[State, str] = {
    State.WAITING: "live",
    State.OPEN: "live",
    State.CANCELLING: "live",
    State.FILLED: "filled",
    State.CANCELLED: "canceled",
    State.EXPIRED: "canceled",
    State.REJECTED: "canceled",
}
_ALGO_STATES: Mapping[State, str] = {**_STATES, State.FILLED: "effective", State.REJECTED: "order_failed"}


def state_of(order: PaperOrder) -> str:
    """Return the vendor's word for an ordinary order's state. It has none for a cancel that is under way."""
    return "partially_filled" if order.state.live and order.filled else _STATES[order.state]


def algo_state_of(order: PaperOrder) -> str:
    """Return the vendor's word for an algo order's state; ``effective`` once it was triggered."""
    return _ALGO_STATES[order.state]


def is_forgotten(order: PaperOrder, now_ms: int) -> bool:
    """Return whether the venue shows an ended ordinary order no more: 2 hours after it was cancelled unfilled."""
    kept = MONTHS_3_MS if order.filled else HOURS_2_MS
    return not order.state.live and order.updated_ms < now_ms - kept
