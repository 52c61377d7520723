"""The HTTP server of the paper exchange, on aiohttp, with the faults of connections and responses."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from aiohttp import web

from airflow_provider_exchange.sandbox.admin import administer
from airflow_provider_exchange.sandbox.fault_rules import SPOILING_KINDS
from airflow_provider_exchange.sandbox.guard import HEADERS, loopback, objection
from airflow_provider_exchange.sandbox.page.serving import Page, asset
from airflow_provider_exchange.sandbox.protocol import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.exchange import PaperExchange, Visit
    from airflow_provider_exchange.sandbox.fault_rules import Fault

HTML = "<html><head><title>{status}</title></head><body><h1>Paper gateway error</h1></body></html>"
"""The page that a gateway sends instead of the venue's response."""

CACHED_SECONDS = 120.0
"""How old a cached answer says it is, unless the rule says otherwise."""

CHUNK = b"0" * 65_536
SHUTDOWN_SECONDS = 0.25


class Listener(ABC):
    """
    A server on a port of this machine.

    :param host: a loopback address.
    :param port: 0 for any free one.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.base_url = ""
        self._host = loopback(host)
        self._port = port
        self._stopping = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def start(self) -> str:
        """Listen, and return the base URL."""
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        port = self._runner.addresses[0][1]
        named = f"[{self._host}]" if ":" in self._host else self._host
        self.base_url = f"http://{named}:{port}"
        return self.base_url

    async def stop(self) -> None:
        """Close every connection, including those that a fault rule keeps waiting."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @abstractmethod
    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""


class Server(Listener):
    """Serves a paper exchange on a port of this machine."""

    def __init__(self, exchange: PaperExchange, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port)
        self.exchange = exchange
        self._page = Page(exchange)

    # -- one request

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        target = request.raw_path
        if target.startswith("/sandbox/"):
            return self._administered(request, target.removeprefix("/sandbox/"), body)
        base_url = f"{request.scheme}://{request.headers.get('Host', '')}"
        visit = self.exchange.arrive(request.method, target, request.headers, body, base_url)
        if visit is not None:
            return await self._misbehave(request, visit)
        if request.path == "/":
            return await self._page.serve(request, body)
        return _written(Answer({"error": self.exchange.nobody_at(request.path)}, 404))

    def _administered(self, request: web.BaseRequest, target: str, body: bytes) -> web.Response:
        refused = objection(request.method, request.scheme, request.headers)
        if refused is not None:
            return _written(Answer({"error": refused}, 403), HEADERS)
        path, _, query = target.partition("?")
        return asset(path) or _written(administer(self.exchange, request.method, path, query, body), HEADERS)

    async def _misbehave(self, request: web.BaseRequest, visit: Visit) -> web.StreamResponse:
        fired = visit.behaviour
        delay = fired.first("delay")
        await self._wait(self.exchange.settings.latency + ((delay.seconds or 0) if delay else 0))
        dated = {"Date": formatdate(visit.request.now_ms / 1000, usegmt=True)}
        rule = fired.first(*SPOILING_KINDS)
        if rule is None:
            answer = self.exchange.answer(visit)
            visit.logged.status = answer.status
            return _written(answer, dated)
        if rule.kind == "cached":
            answer = self.exchange.cached(visit)
        else:
            answer = self.exchange.answer(visit) if rule.lets_act else Answer({})
        return await self._spoil(request, visit, rule, answer, dated)

    async def _spoil(
        self, request: web.BaseRequest, visit: Visit, rule: Fault, answer: Answer, dated: dict[str, str]
    ) -> web.StreamResponse:
        match rule.kind:
            case "hang":
                await self._wait(rule.seconds if rule.seconds is not None else 3600.0)
                return dropped(request)
            case "drop_before" | "drop_after":
                return dropped(request)
            case "truncate" | "drip" | "huge":
                visit.logged.status = answer.status
                return await self._pour(request, rule, answer, dated)
        response = self._replaced(visit, rule, answer, dated)
        visit.logged.status = response.status
        return response

    def _replaced(self, visit: Visit, rule: Fault, answer: Answer, dated: dict[str, str]) -> web.Response:
        match rule.kind:
            case "html":
                status = rule.status or 502
                text = HTML.format(status=status)
                return web.Response(text=text, status=status, content_type="text/html", headers=dated)
            case "rate_limit":
                refused = self.exchange.venues[visit.venue].too_many_requests()
                refused = replace(refused, status=rule.status or refused.status)
                waits = (
                    {}
                    if rule.retry_after is None
                    else {"Retry-After": _retry_after(rule.retry_after, visit.request.now_ms / 1000)}
                )
                return _written(refused, {**dated, **waits})
            case "cached":
                age = CACHED_SECONDS if rule.seconds is None else rule.seconds
                written = formatdate(visit.request.now_ms / 1000 - age, usegmt=True)
                return _written(answer, {"Date": written} | ({"Age": f"{age:.0f}"} if rule.tells_age else {}))
            case "empty_200":
                return web.Response(status=200, headers=dated)
            case "null_data":
                fields = self.exchange.venues[visit.venue].data_fields
                return _written(Answer(_nulled(answer.body, fields), answer.status), dated)
        return web.Response(text="paper fault", status=rule.status or 500, headers=dated)

    async def _pour(
        self, request: web.BaseRequest, rule: Fault, answer: Answer, dated: dict[str, str]
    ) -> web.StreamResponse:
        whole = answer.encoded()
        headers = {"Content-Type": "application/json", **dated}
        if rule.kind == "truncate":
            part = whole[: len(whole) // 2 if rule.size is None else rule.size]
            if not rule.full_length:
                return web.Response(body=part, status=answer.status, headers=headers)
        response = web.StreamResponse(status=answer.status, headers=headers)
        if rule.kind != "huge":
            response.content_length = len(whole)
        try:
            await response.prepare(request)
            if rule.kind == "truncate":
                await response.write(part)
                return dropped(request)
            if rule.kind == "drip":
                for place in range(len(whole)):
                    await response.write(whole[place : place + 1])
                    if await self._wait(1.0 if rule.seconds is None else rule.seconds):
                        return dropped(request)
            else:
                await self._flood(response, rule.size)
            await response.write_eof()
        except ConnectionError:
            return dropped(request)
        return response

    async def _flood(self, response: web.StreamResponse, size: int | None) -> None:
        await response.write(b'{"data":"')
        sent = 0
        while (size is None or sent < size) and not self._stopping.is_set():
            await response.write(CHUNK)
            sent += len(CHUNK)
            await asyncio.sleep(0)
        await response.write(b'"}')

    async def _wait(self, seconds: float) -> bool:
        """Wait, and return whether the server began to stop meanwhile."""
        if seconds <= 0:
            return self._stopping.is_set()
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _written(answer: Answer, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=answer.encoded(),
        status=answer.status,
        headers={**answer.headers, **(headers or {})},
        content_type="text/plain" if answer.is_text else "application/json",
    )


def dropped(request: web.BaseRequest) -> web.StreamResponse:
    """Close the connection of a request, and return what stands for its answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _retry_after(text: str, now: float) -> str:
    kind, _, seconds = text.partition(":")
    return formatdate(now + float(seconds), usegmt=True) if kind == "date" and seconds else text


def _nulled(body: Any, fields: Sequence[str]) -> Any:
    if isinstance(body, dict):
        for key in fields:
            if key in body:
                return {**body, key: None}
    return None
