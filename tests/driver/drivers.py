"""Both drivers behind one function, for what has to hold for either."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_exchange.driver.asynchronous import AsyncTransport, new_async_session
from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.effects import Send
from airflow_provider_exchange.driver.route import direct_route

if TYPE_CHECKING:
    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.driver.route import Route
    from airflow_provider_exchange.protocol.messages import Request, Response

Ask = Callable[..., "Response"]


def blocking(request: Request, route: Route | None = None, timeout: float = 20) -> Response:
    """Send one request as a task does."""
    with new_session(route) as session:
        return Transport(session).run(_plan(request, timeout))


def on_a_loop(request: Request, route: Route | None = None, timeout: float = 20) -> Response:
    """Send one request as a trigger does."""

    async def run() -> Response:
        way = route or direct_route()
        async with new_async_session(way) as session:
            return await AsyncTransport(session, way).run(_plan(request, timeout))

    return asyncio.run(run())


DRIVERS = [blocking, on_a_loop]


def _plan(request: Request, timeout: float) -> Plan[Response]:
    response: Response = yield Send(request, timeout)
    return response
