"""Runs plans on an event loop with ``aiohttp``, for triggers."""

from __future__ import annotations

import asyncio
import http.client
import socket
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from airflow_provider_exchange.driver.causes import failed, unanswered
from airflow_provider_exchange.driver.connecting import look_up
from airflow_provider_exchange.driver.effects import Fork, Sleep, in_order
from airflow_provider_exchange.driver.route import direct_route
from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError
from airflow_provider_exchange.protocol.messages import (
    LARGEST_BODY,
    LONGEST_LINE,
    MOST_HEADERS,
    SESSION_HEADERS,
    Request,
    Response,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_exchange.driver.effects import Effect, Plan, Send
    from airflow_provider_exchange.driver.route import Route

T = TypeVar("T")

NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
"""What is connected to are addresses, which need no further look-up."""
LIMITS: dict[str, Any] = {"max_line_size": LONGEST_LINE, "max_field_size": LONGEST_LINE} | (
    {"max_headers": MOST_HEADERS} if "max_headers" in signature(aiohttp.ClientSession).parameters else {}
)
"""Earlier versions of aiohttp do not bound the number of headers."""


@dataclass(frozen=True, slots=True)
class _Finished(Generic[T]):
    result: T


class AsyncTransport:
    """
    Runs plans on one HTTP session.

    Signing requests and parsing responses happens in a thread: an EdDSA signature or a list of ten thousand orders
    would block the event loop, and with it every other trigger.
    """

    def __init__(self, session: aiohttp.ClientSession, route: Route | None = None) -> None:
        self._session = session
        self._route = route or direct_route()
        self._steps = asyncio.Lock()
        """Plans take their steps one after the other, as they share limits and clocks."""

    async def run(self, plan: Plan[T]) -> T:
        """Run a plan from :meth:`Planner.plan` and return its result."""
        resume: Callable[[], Effect] = partial(next, plan)
        while True:
            async with self._steps:
                effect = await asyncio.to_thread(_advance, resume)
            if isinstance(effect, _Finished):
                result: T = effect.result
                return result
            try:
                answer = await (self._fork(effect.plans) if isinstance(effect, Fork) else self._perform(effect))
            except ExchangeError as error:
                resume = partial(plan.throw, error)
            else:
                resume = partial(plan.send, answer)

    async def _fork(self, plans: Sequence[Plan[Any]]) -> list[Any]:
        """Run several plans at the same time; return what they ended with."""
        return in_order(await asyncio.gather(*map(self.run, plans), return_exceptions=True))

    async def _perform(self, effect: Send | Sleep) -> Response | None:
        if isinstance(effect, Sleep):
            await asyncio.sleep(effect.seconds)
            return None
        return await self._send(effect.request, effect.timeout)

    async def _send(self, request: Request, timeout: float) -> Response:  # noqa: ASYNC109
        proxy = self._route.proxy_to(request.url)
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=dict(request.headers),
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
                proxy=proxy.url if proxy else None,
                proxy_headers=(proxy.headers or None) if proxy else None,
            ) as answer:
                body = await _read(answer)
                return Response(answer.status, _joined(answer.raw_headers), body)
        except TimeoutError:
            raise unanswered(request.url, self._route, timeout) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise failed(request.url, self._route, _as_without_aiohttp(error)) from None


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name in lower case; the values of a repeated one are joined, as HTTP has it."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def new_async_session(route: Route | None = None) -> aiohttp.ClientSession:
    """
    Return a session that never resends a request and keeps no cookies; the caller closes it.

    :param route: Whose certificates it trusts; None for those that this machine trusts.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=(route or direct_route()).trust, resolver=_Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=SESSION_HEADERS,
        skip_auto_headers={"Content-Type"},
        middlewares=(_never_again,),
        trust_env=False,
        **LIMITS,
    )


class _Resolver(AbstractResolver):
    """
    Looks each host up in a thread of its own.

    aiohttp's own does it in the few threads that the whole loop shares. A silent name server would fill them, and
    every trigger of the process would stand still.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await asyncio.wrap_future(look_up(host, port, family))
        return [
            ResolveResult(
                hostname=host, host=_numeric(place), port=place[1], family=kind, proto=protocol, flags=NUMERIC
            )
            for kind, _, protocol, _, place in addresses
        ]

    async def close(self) -> None:
        pass


def _numeric(place: tuple[Any, ...]) -> str:
    """Return an address as text, a link-local one of IPv6 with its interface."""
    scope = place[3] if len(place) > 3 else 0
    return f"{str(place[0]).partition('%')[0]}%{scope}" if scope else str(place[0])


async def _never_again(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Stop aiohttp from resending a request on its own: the venue would see the same nonce and signature twice."""
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _NotAgainError from error


class _NotAgainError(aiohttp.ClientError):
    """Stands for an error after which aiohttp would resend a request, and which is its cause."""


def _as_without_aiohttp(error: BaseException) -> BaseException:
    """Return what ``http.client`` would raise in place of aiohttp's own errors, so that both are told alike."""
    match error:
        case _NotAgainError(__cause__=BaseException() as cause):
            return _as_without_aiohttp(cause)
        case aiohttp.ClientHttpProxyError():
            return OSError(f"Tunnel connection failed: {error.status}")
        case aiohttp.ServerDisconnectedError():
            return http.client.RemoteDisconnected("no answer")
    return error


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise UnreadableResponseError(f"the response is larger than {LARGEST_BODY} bytes")
    return bytes(body)


def _advance(resume: Callable[[], Effect]) -> Effect | _Finished[Any]:
    """Advance a plan in a thread. ``StopIteration`` cannot pass through a future, so the end is a return value."""
    try:
        return resume()
    except StopIteration as done:
        return _Finished(done.value)
