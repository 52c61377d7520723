"""Says before cancels are sent that not all of them can be, because the rate limits need more time than is left."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_exchange.protocol.steps import forecast
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.base import Cancellation, Exchange
    from airflow_provider_exchange.protocol.steps import Operation

log = SideLog(logging.getLogger(__name__))


def warn_if_too_many(exchange: Exchange, cancellations: Sequence[Cancellation]) -> Operation[None]:
    """
    Log a warning if some cancels cannot all be sent before the deadline; they are sent all the same.

    :param cancellations: What is about to be sent.
    """
    if len(cancellations) < 2:
        return
    for endpoint, count in Counter(each.endpoint for each in cancellations).items():
        needed, left = yield from forecast(endpoint, count)
        if needed > left:
            log.warning(
                "%s: %d cancel requests need %.0f s at the allowed pace, and %.0f s are left; the rest will not be "
                "sent in time. Raise the timeout or narrow the selection",
                exchange.title,
                count,
                needed,
                left,
            )
