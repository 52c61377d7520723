"""
Kraken's dead man's switch, "Cancel All Orders After X".

Source: Kraken's documents of its REST API, "Cancel All Orders After X". It recommends a countdown of 60 s that is
started anew every 15 to 30 s. Its times are texts with whole seconds, rounded up. Which orders the countdown has
cancelled is not told.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.ccxt.countdown import Countdown, CountdownCall
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint
from airflow_provider_exchange.exchanges.dead_mans_switch import Told, end_of_countdown, venue_moment


def told(data: Any) -> Told:
    """Return what an answer tells."""
    if type(data) is not dict:
        raise UnreadableResponseError("the response is not about a countdown")
    return Told(end_of_countdown(data.get("triggerTime")), venue_moment(data.get("currentTime")))


COUNTDOWN = Countdown(
    calls=[
        CountdownCall(
            endpoint=Endpoint("privatePostCancelAllOrdersAfter", "countdown", changes=True),
            params=lambda seconds: {"timeout": str(seconds)},
            read=told,
        )
    ],
    shortest=5,  # the documents name none
    longest=86_399,
    reaches="all orders of the account at Kraken's spot exchange, those on margin among them",
    spares="orders at Kraken Futures, which is another exchange; positions",
)
