"""
OKX's dead man's switch, "Cancel All After".

Source: OKX's documents of API v5, "POST / Cancel All After". Without a ``tag`` in the request it is about the whole
sub-account. The example there has times in seconds; the exchange itself was seen to answer ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.ccxt.countdown import Countdown, CountdownCall, Ended
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Listing
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import rows_of
from airflow_provider_exchange.exchanges.dead_mans_switch import Told, end_of_countdown, venue_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

BY_COUNTDOWN = "20"
"""The ``cancelSource`` of an order that the countdown has cancelled."""
HISTORY = Endpoint("privateGetTradeOrdersHistory", "history")


def told(data: Any) -> Told:
    """Return what the one row of an answer tells; of a countdown for a tag it tells nothing."""
    rows = rows_of(data)
    row = rows[0] if len(rows) == 1 else None
    if type(row) is not dict or row.get("tag") not in (None, ""):
        raise UnreadableResponseError("the response is not about the one countdown of the whole account")
    return Told(end_of_countdown(row.get("triggerTime")), venue_moment(row.get("ts")))


def was_cancelled_by_it(row: Mapping[str, Any]) -> bool:
    """Whether the countdown has cancelled an order."""
    return row.get("cancelSource") == BY_COUNTDOWN


COUNTDOWN = Countdown(
    calls=[
        CountdownCall(
            endpoint=Endpoint("privatePostTradeCancelAllAfter", "countdown", changes=True),
            params=lambda seconds: {"timeOut": str(seconds)},
            read=told,
        )
    ],
    shortest=10,
    longest=120,
    reaches="all ordinary orders of the sub-account: spot, margin, swaps, futures and options",
    spares="spread orders; algo orders (stop, trigger, trailing, iceberg, TWAP and the like), which its documents "
    "do not name; positions",
    ended=[
        Ended(
            book="ordinary orders",
            listing=Listing(HISTORY, {"instType": kind, "state": "canceled", "limit": "100"}),
            is_meant=was_cancelled_by_it,
        )
        for kind in ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
    ],
)
