"""
A trigger for asset watchers: starts a DAG when an order reaches a state. For Airflow 3 and newer::

    Asset(
        "fills",
        watchers=[
            AssetWatcher(
                name="fills", trigger=OrderEventTrigger("bitopro_default", states=["filled"])
            )
        ],
    )
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.providers.common.compat.triggers import BaseEventTrigger
from airflow.triggers.base import TriggerEvent

from airflow_provider_exchange.errors import ExchangeError, TransientError
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.omitted import OMITTED, Omitted
from airflow_provider_exchange.operations.changes import Changes
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.side_work import SideLog
from airflow_provider_exchange.triggers.shared_reader import connect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order

__all__ = ["OrderEventTrigger"]

log = SideLog(logging.getLogger(__name__))

LOOK_TIMEOUT = 30.0
"""Seconds that one look may take."""
AFTER_REFUSAL = 300.0
"""Seconds until the next look after an error that a person has to fix, such as a refused key."""


class OrderEventTrigger(BaseEventTrigger):
    """
    Fires an event for every order of an account that enters one of the given states.

    The event is ``{"exchange_conn_id", "exchange", "order_id", "client_order_id", "symbol", "side", "state",
    "quantity", "filled_quantity", "price"}``, with amounts as decimal text. The order may have changed since, so a
    DAG should read it again before it acts.

    The trigger compares the orders with those of its previous look at the account. Orders at the first look do not
    fire. It misses orders that are placed and end between two looks, and orders that end while no triggerer runs.
    With Airflow 3.3 and newer, all triggers with the same connection and interval share their looks.

    :param exchange_conn_id: The Airflow connection.
    :param states: ``open``, ``cancelling``, ``filled``, ``cancelled``, ``expired``, ``rejected``.
    :param symbols: Only these markets: a symbol or a list of them. All markets if left out.
    :param poke_interval: Seconds between two looks.
    :raises ValueError: for an unknown state, empty symbols, or an interval that is not positive.
    """

    def __init__(
        self,
        exchange_conn_id: str,
        states: Sequence[str],
        symbols: Sequence[str] | Omitted = OMITTED,
        poke_interval: float = 10,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if isinstance(states, str) or not states:
            raise ValueError("states must be a list of at least one state")
        self.states = sorted(OrderState(state).value for state in states)
        if not poke_interval > 0:
            raise ValueError("poke_interval must be positive, in seconds")
        if not isinstance(symbols, Omitted) and not symbols:
            raise ValueError("symbols is empty; leave it out if you mean every market")
        self.exchange_conn_id = exchange_conn_id
        self.symbols = symbols
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        symbols = {} if isinstance(self.symbols, Omitted) else {"symbols": self.symbols}
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "exchange_conn_id": self.exchange_conn_id,
            "states": self.states,
            "poke_interval": self.poke_interval,
            **symbols,
        }

    async def run(self) -> AsyncGenerator[TriggerEvent]:
        """Look for ever without sharing, for Airflow before 3.3."""
        async with (
            aclosing(self.open_shared_stream(self.serialize()[1])) as stream,
            aclosing(self.filter_shared_stream(stream)) as events,
        ):
            async for event in events:
                yield event

    def shared_stream_key(self) -> Hashable:
        """Return what triggers must have in common to share their looks."""
        return type(self).__qualname__, self.exchange_conn_id, self.poke_interval

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncGenerator[tuple[Exchange, list[Order]]]:
        """Look at the account for ever, and yield the orders that have changed."""
        conn_id, interval = kwargs["exchange_conn_id"], kwargs["poke_interval"]
        changes = Changes()
        while True:
            try:
                hook = await connect(conn_id)
                async with hook.async_transport() as transport:
                    while True:
                        plan = hook.planner.plan(changes.look(hook.exchange), LOOK_TIMEOUT, repeat_reads=False)
                        try:
                            changed = await transport.run(plan)
                        except TransientError as error:
                            log.warning("Cannot look at %s, trying again in %g s: %s", conn_id, interval, error)
                        else:
                            if changed:
                                yield hook.exchange, changed
                        await asyncio.sleep(interval)
            except (ExchangeError, AirflowNotFoundException) as error:
                # If this raised, Airflow would start the trigger again at once, and send the next request at once.
                log.error("Cannot look at %s, trying again in %g s: %s", conn_id, AFTER_REFUSAL, error)
                await asyncio.sleep(AFTER_REFUSAL)

    async def _check_symbols(self) -> None:
        if isinstance(self.symbols, Omitted):
            return
        try:
            hook = await connect(self.exchange_conn_id)
        except (ExchangeError, AirflowNotFoundException):
            return  # the looks tell about it, and go on as soon as the connection is mended
        Selectors(symbols=self.symbols).check(hook.exchange)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Any]) -> AsyncGenerator[TriggerEvent]:
        """Fire for those changed orders that match this trigger; a malformed symbol is an error before that."""
        await self._check_symbols()
        async for exchange, changed in shared_stream:
            selection = Selectors(symbols=self.symbols).check(exchange)
            for order in changed:
                if order.state.value in self.states and selection.matches(order, None):
                    payload = {"exchange_conn_id": self.exchange_conn_id, **order.summary()}
                    yield TriggerEvent(payload)  # type: ignore[no-untyped-call]
