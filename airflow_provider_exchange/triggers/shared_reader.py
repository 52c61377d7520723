"""Lets all triggers of one triggerer process that watch the same connection share their requests."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ConnectionConfigError,
    InvalidOrderRequest,
    PermissionDeniedError,
    RequestRefusedError,
)
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from airflow_provider_exchange.driver.asynchronous import AsyncTransport
    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models.orders import Order, OrderRef

log = SideLog(logging.getLogger(__name__))

GATHER = 0.05
"""Seconds that a read waits for other watchers to join it."""
FRESH = 60.0
"""Seconds after which the connection is looked up again, as somebody may edit it while triggers wait."""

Found = dict["OrderRef", "Order | None"]


async def connect(conn_id: str) -> ExchangeHook:
    """Return the hook of a connection without blocking the event loop."""
    # The first import takes a tenth of a second, in which no other trigger would run.
    module = await asyncio.to_thread(import_module, "airflow_provider_exchange.hooks.exchange")
    hook: ExchangeHook = await module.ExchangeHook.afor_connection(conn_id)
    return hook


class _Round:
    """A read that watchers can still join, or that is running."""

    def __init__(self) -> None:
        self.watchers = 0
        self.wanted: dict[OrderRef, Order | None] = {}
        self.task: asyncio.Task[Found] | None = None


class SharedReader:
    """Reads orders for several watchers at once."""

    hook: ExchangeHook

    def __init__(self, conn_id: str) -> None:
        self.users = 0
        self._conn_id = conn_id
        self._stack = AsyncExitStack()
        self._transport: AsyncTransport | None = None
        self._looked_up = 0.0
        self._joining: _Round | None = None
        self._tasks: set[asyncio.Task[Found]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Connect on first use."""
        if self._transport is None:
            async with self._one_at_a_time:
                if self._transport is None:
                    await self._use(await connect(self._conn_id))

    async def read(
        self, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
    ) -> list[Order | None]:
        """
        Read orders, together with those that other watchers ask for at the same moment.

        :param seen: Results of earlier reads; orders that had ended are not read again.
        :return: One for each reference; None where the venue does not show the order.
        :raises ExchangeError: the same for all who joined, except for errors about the orders of one of them.
        """
        known = seen or {}
        joined = self._join()
        joined.watchers += 1
        joined.wanted |= {ref: known.get(ref) or joined.wanted.get(ref) for ref in refs}
        assert joined.task is not None  # noqa: S101
        try:
            # Cancelling one watcher must not cancel the read for the others.
            found = await asyncio.shield(joined.task)
        except (InvalidOrderRequest, RequestRefusedError):
            if joined.watchers == 1:
                raise
            async with self._one_at_a_time:  # one watcher's orders must not fail the others
                found = await self._read({ref: known.get(ref) for ref in refs})
        return [found[ref] for ref in refs]

    async def close(self) -> None:
        """Cancel the running reads and close the HTTP session."""
        try:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            await self._stack.aclose()

    def _join(self) -> _Round:
        if self._joining is None:
            self._joining = _Round()
            self._joining.task = task = asyncio.create_task(self._gather(self._joining))
            self._tasks.add(task)
            task.add_done_callback(self._forget)
        return self._joining

    async def _gather(self, gathering: _Round) -> Found:
        await asyncio.sleep(GATHER)
        async with self._one_at_a_time:
            self._joining = None
            if asyncio.get_running_loop().time() - self._looked_up > FRESH:
                await self._look_up()
            try:
                return await self._read(gathering.wanted)
            except (AuthenticationError, PermissionDeniedError):
                if not await self._look_up():
                    raise
            return await self._read(gathering.wanted)

    async def _read(self, wanted: Mapping[OrderRef, Order | None]) -> Found:
        assert self._transport is not None  # noqa: S101
        seen = {ref: order for ref, order in wanted.items() if order is not None}
        orders = await self._transport.run(self.hook.plan_reading(list(wanted), seen))
        return dict(zip(wanted, orders, strict=True))

    async def _look_up(self) -> bool:
        """
        Look the connection up again, in case somebody has edited it, and use the new one.

        Return whether it has changed. If it cannot be loaded or used, keep the old one.
        """
        self._looked_up = asyncio.get_running_loop().time()
        try:
            hook = await connect(self._conn_id)
            if hook.settings == self.hook.settings:
                return False
            if hook.exchange.name != self.hook.exchange.name:
                raise ConnectionConfigError("the connection now belongs to another exchange")
            await self._use(hook)
        except Exception as error:  # noqa: BLE001  (reading the orders matters more)
            log.warning("Cannot reload connection %r (%s); using the old one", self._conn_id, type(error).__name__)
            return False
        log.info("Connection %r has changed; using the new one", self._conn_id)
        return True

    async def _use(self, hook: ExchangeHook) -> None:
        stack = AsyncExitStack()
        transport = await stack.enter_async_context(hook.async_transport())
        used_before, self._stack = self._stack, stack
        self.hook, self._transport = hook, transport
        self._looked_up = asyncio.get_running_loop().time()
        await used_before.aclose()

    def _forget(self, task: asyncio.Task[Found]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # or asyncio logs it as never retrieved when no watcher is left


_readers: dict[tuple[asyncio.AbstractEventLoop, str], SharedReader] = {}


@asynccontextmanager
async def shared_reader(conn_id: str) -> AsyncIterator[SharedReader]:
    """Join the reader of a connection on this event loop, or open one."""
    key = (asyncio.get_running_loop(), conn_id)
    reader = _readers.setdefault(key, SharedReader(conn_id))
    reader.users += 1
    try:
        await reader.open()
        yield reader
    finally:
        reader.users -= 1
        if reader.users == 0:
            if _readers.get(key) is reader:
                del _readers[key]
            await reader.close()
