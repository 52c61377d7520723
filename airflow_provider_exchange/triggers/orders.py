"""A trigger that watches orders. It only reads."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_exchange.errors import ExchangeError, ExchangeUnavailableError, TransientError
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.operations.watch import Watch
from airflow_provider_exchange.side_work import SideLog, tell
from airflow_provider_exchange.tasks.trigger_event import write_error, write_event
from airflow_provider_exchange.triggers.shared_reader import shared_reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from airflow_provider_exchange.models.orders import Order, OrderRef

__all__ = ["OrderStatusTrigger"]

LAST_READ = 1.0
"""Minimum seconds for a read that starts just before the deadline."""
DELIVERY = 10.0
"""Seconds for an event to reach the task; a busy triggerer takes a few."""
SHORTEST_INTERVAL = 0.05
"""Seconds between two reads where the interval is shorter; Airflow allows 0."""
LONGEST_WAIT = timedelta(days=365)
"""Longer ones might end after the last day that a database knows."""


class OrderStatusTrigger(BaseTrigger):
    """
    Fires once every order has reached a target state, one has reached a failed state, or the deadline has passed.

    Its event is ``{"status": "reached" | "failed" | "timeout", "orders": [summaries]}``. An error after which
    reading again cannot help gives ``{"status": "error", "error": {...}}``; a missing connection gives
    ``{"status": "no connection", "message": ...}``. Reads that fail with a transient error are repeated.

    Airflow stores the arguments in its database as plain text: ids and states, never secrets.

    :param exchange_conn_id: The Airflow connection.
    :param orders: Dicts with ``order_id``, ``symbol`` and ``client_order_id``.
    :param target_states: States to wait for.
    :param failed_states: States that end the waiting; an order that the venue does not know is ``unknown``.
    :param poke_interval: Seconds between two reads.
    :param end_time: The deadline in seconds since 1970.
    """

    def __init__(
        self,
        exchange_conn_id: str,
        orders: Sequence[dict[str, Any]],
        target_states: Sequence[str],
        failed_states: Sequence[str],
        poke_interval: float,
        end_time: float,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.exchange_conn_id = exchange_conn_id
        self.orders = list(orders)
        self.target_states = list(target_states)
        self.failed_states = list(failed_states)
        self.poke_interval = poke_interval
        self.end_time = end_time

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "exchange_conn_id": self.exchange_conn_id,
            "orders": self.orders,
            "target_states": self.target_states,
            "failed_states": self.failed_states,
            "poke_interval": self.poke_interval,
            "end_time": self.end_time,
        }

    def longest_wait(self) -> timedelta:
        """Return for how long from now the event may take; with no triggerer running it never comes."""
        seconds = max(0.0, self.end_time - time.time()) + LAST_READ + DELIVERY
        return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Watch the orders and fire once."""
        try:
            seen = await self._watch()
        except (ExchangeError, AirflowNotFoundException) as error:
            seen = write_error(error)
        except Exception as error:  # noqa: BLE001  (Airflow would drop what the task knew)
            trouble = error
            tell(lambda: self.log.error("The trigger failed", exc_info=trouble))
            seen = write_error(ExchangeUnavailableError(f"the trigger failed ({type(error).__name__})"))
        yield TriggerEvent(seen)  # type: ignore[no-untyped-call]

    async def _watch(self) -> dict[str, Any]:
        watch = Watch(
            frozenset(map(OrderState, self.target_states)), frozenset(map(OrderState, self.failed_states))
        )
        async with shared_reader(self.exchange_conn_id) as reader:
            refs = reader.hook.check_orders(self.orders)
            seen: dict[OrderRef, Order] = {}
            while time.time() < self.end_time:
                await asyncio.sleep(self._until_next_read())
                try:
                    # wait_for may ignore a cancellation before Python 3.12, and the trigger would run on.
                    async with asyncio.timeout(max(LAST_READ, self.end_time - time.time())):
                        orders = await reader.read(refs, seen)
                except TimeoutError:
                    break
                except TransientError as error:
                    SideLog(self.log).warning(
                        "Could not read the orders, trying again after the interval: %s", error
                    )
                    continue
                seen |= {ref: order for ref, order in zip(refs, orders, strict=True) if order is not None}
                if watch.failed(orders):
                    return write_event("failed", orders)
                if watch.reached(orders) == len(orders):
                    return write_event("reached", orders)
        return write_event("timeout")

    def _until_next_read(self) -> float:
        """Return the seconds to the next multiple of the interval: triggers with the same one read together."""
        now = time.time()
        interval = max(SHORTEST_INTERVAL, self.poke_interval)
        return max(0.0, min(interval - now % interval, self.end_time - now))
