"""Accounts at the paper exchange that are reached through the foreign library, by either driver."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.driver.asynchronous import AsyncTransport, new_async_session
from airflow_provider_exchange.driver.plan import Sleep
from tests.accounts import Account, SkippingTransport, planner_on
from tests.foreign.adapter import Foreign

if TYPE_CHECKING:
    import aiohttp

    from airflow_provider_exchange.driver.plan import Effect, Plan
    from airflow_provider_exchange.protocol.messages import Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

T = TypeVar("T")

VENUE = "bitopro"


class LoopTransport(SkippingTransport):
    """Runs each plan on an event loop, as a trigger does; sleeps move the clock on."""

    def run(self, plan: Plan[T]) -> T:
        return asyncio.run(self._run(plan))

    async def _run(self, plan: Plan[T]) -> T:
        async with new_async_session() as session:
            return await _Skipping(self, session).run(plan)


class _Skipping(AsyncTransport):
    def __init__(self, outer: LoopTransport, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self._outer = outer

    async def _perform(self, effect: Effect) -> Response | None:
        if isinstance(effect, Sleep):
            return self._outer._perform(effect)
        self._outer.before_send(effect.request)
        return await super()._perform(effect)


class ForeignAccount(Account):
    """
    One paper account.

    :param sandbox: where it is.
    :param on_a_loop: whether its operations run as a trigger's do.
    :param changes: fields of the connection that differ.
    """

    def __init__(
        self, sandbox: RunningSandbox, *, on_a_loop: bool = False, request_timeout: float = 5, **changes: Any
    ) -> None:
        super().__init__(sandbox, VENUE, request_timeout, Foreign, **changes)
        if on_a_loop:
            self.transport.session.close()
            self.transport = LoopTransport()
            self.planner = planner_on(self.transport, self.exchange, request_timeout)

    def read_markets(self) -> None:
        """Let the process read the markets, so that tests may count the requests after that."""
        self.run(self.exchange.markets())
        self.sandbox.exchange.log.clear()
