"""
One poll for all triggers of a triggerer that watch orders of the same connection.

It is shared within one triggerer process. Several triggerers, or a task and a trigger, read on their own: Airflow
gives them no place in common.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from airflow_provider_exchange.hooks.exchange import ExchangeHook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from airflow_provider_exchange.async_transport import AsyncTransport
    from airflow_provider_exchange.models import Order, OrderRef

__all__ = ["SharedReader", "shared_reader"]

GATHER = 0.05
"""Seconds for which a read waits for others to join it."""

Found = dict["OrderRef", "Order | None"]


class SharedReader:
    """
    Reads orders for several watchers at once.

    :param hook: Of the connection.
    :param transport: Of the hook.
    """

    def __init__(self, hook: ExchangeHook, transport: AsyncTransport) -> None:
        self.hook = hook
        self._transport = transport
        self._wanted: dict[OrderRef, Order | None] = {}
        self._gathering: asyncio.Task[Found] | None = None
        self._tasks: set[asyncio.Task[Found]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def read(
        self, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
    ) -> list[Order | None]:
        """
        Read orders, together with whatever others want to read at this moment.

        :param refs: Which orders, checked.
        :param seen: How earlier reads showed them; what had ended is not read again.
        :return: One for each, None where the venue does not know it.
        :raises ExchangeError: the same for all who joined.
        """
        self._wanted.update({ref: (seen or {}).get(ref) or self._wanted.get(ref) for ref in refs})
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gather())
            self._tasks.add(self._gathering)
            self._gathering.add_done_callback(self._forget)
        # A watcher that is cancelled does not take the read away from the others.
        found = await asyncio.shield(self._gathering)
        return [found[ref] for ref in refs]

    async def _gather(self) -> Found:
        await asyncio.sleep(GATHER)
        async with self._one_at_a_time:
            wanted, self._wanted, self._gathering = self._wanted, {}, None
            seen = {ref: order for ref, order in wanted.items() if order is not None}
            orders = await self._transport.run(self.hook.plan_reading(list(wanted), seen))
            return dict(zip(wanted, orders, strict=True))

    def _forget(self, task: asyncio.Task[Found]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even if every watcher is gone

    async def close(self) -> None:
        """Leave no task behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Shared:
    """A reader, opened by its first user and closed after its last."""

    def __init__(self) -> None:
        self.users = 0
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._reader: SharedReader | None = None

    async def open(self, conn_id: str) -> SharedReader:
        async with self._opening:
            if self._reader is None:
                hook = await ExchangeHook.afor_connection(conn_id)
                transport = await self._stack.enter_async_context(hook.async_transport())
                self._reader = SharedReader(hook, transport)
                self._stack.push_async_callback(self._reader.close)
            return self._reader

    async def close(self) -> None:
        await self._stack.aclose()


_shared: dict[tuple[int, str], _Shared] = {}


@asynccontextmanager
async def shared_reader(conn_id: str) -> AsyncIterator[SharedReader]:
    """
    Join the reader of a connection on this event loop, or open it.

    :param conn_id: The Airflow connection.
    :raises ConnectionConfigError: when it cannot be used.
    """
    key = (id(asyncio.get_running_loop()), conn_id)
    shared = _shared.setdefault(key, _Shared())
    shared.users += 1
    try:
        yield await shared.open(conn_id)
    finally:
        shared.users -= 1
        if shared.users == 0:
            if _shared.get(key) is shared:
                del _shared[key]
            await shared.close()
