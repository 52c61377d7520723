"""A name server that does not answer holds up nobody but those who wait for it."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

import aiohttp

from airflow_provider_exchange.driver.asynchronous import AsyncTransport, new_async_session
from airflow_provider_exchange.driver.effects import Plan, Send
from airflow_provider_exchange.errors import ExchangeUnavailableError
from airflow_provider_exchange.protocol.messages import Request, Response
from tests.driver.servers import answer, serving

if TYPE_CHECKING:
    import pytest

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LIMIT = 60
"""Seconds after which a test that hangs is over."""


def plan(url: str) -> Plan[Response]:
    response: Response = yield Send(Request("GET", url, {}), LIMIT)
    return response


async def until(event: Event) -> None:
    """Wait for an event of another thread, outside the loop's own pool."""
    with ThreadPoolExecutor(1) as beside:
        await asyncio.get_running_loop().run_in_executor(beside, event.wait, LIMIT)


def test_a_silent_name_server_leaves_the_other_triggers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one thread in the loop's pool, in place of a few that as many look-ups would fill."""
    look_up, asked, ended, in_time = socket.getaddrinfo, Event(), Event(), []

    def silent(host: str, *args: int, **kwargs: int) -> list[object]:
        if host != "silent.example":
            return list(look_up(host, *args, **kwargs))
        asked.set()
        in_time.append(ended.wait(LIMIT / 4))
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", silent)

    async def both(healthy: str) -> Response:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with new_async_session() as session:
            transport = AsyncTransport(session)
            waiting = asyncio.create_task(transport.run(plan("http://silent.example:1")))
            await until(asked)
            try:
                return await transport.run(plan(healthy))
            finally:
                ended.set()
                with suppress(ExchangeUnavailableError):
                    await waiting

    with serving(answer(FINE)) as (url, _):
        assert asyncio.run(both(url)).body == b"hello"
    assert in_time == [True]


def test_a_trigger_that_is_cancelled_leaves_its_look_up_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its thread ends without an error, though nobody waits any more."""
    asked, ended, left = Event(), Event(), []

    def silent(*_args: object, **_kwargs: object) -> list[object]:
        asked.set()
        left.append(ended.wait(LIMIT / 4))
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)

    async def cancelled() -> None:
        async with new_async_session() as session:
            waiting = asyncio.create_task(AsyncTransport(session).run(plan("http://silent.example:1")))
            await until(asked)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting

    asyncio.run(cancelled())
    assert left == []
    ended.set()


def test_addresses_are_what_aiohttp_finds_by_itself() -> None:
    async def resolved() -> None:
        async with new_async_session() as session:
            assert isinstance(session.connector, aiohttp.TCPConnector)
            ours = await session.connector._resolver.resolve("localhost", 80, socket.AF_INET)
            theirs = await aiohttp.ThreadedResolver().resolve("localhost", 80, socket.AF_INET)
            assert [(each["host"], each["port"]) for each in ours] == [
                (each["host"], each["port"]) for each in theirs
            ]

    asyncio.run(resolved())
