"""Serves the page at ``/``: reads by GET, and what its buttons ask for by POST."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from aiohttp import web

from airflow_provider_exchange.sandbox.guard import HEADERS, objection
from airflow_provider_exchange.sandbox.page.acting import act
from airflow_provider_exchange.sandbox.page.view import view

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.exchange import PaperExchange

__all__ = ["Page", "asset"]

ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}
"""What the page loads, by name below ``/sandbox/``, with its type."""
PAGE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With no referrer at all, browsers send the Origin "null" with the page's own forms.
    "Referrer-Policy": "same-origin",
}
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20


class Page:
    """The page of a paper exchange."""

    def __init__(self, exchange: PaperExchange) -> None:
        self._exchange = exchange

    async def serve(self, request: web.BaseRequest, body: bytes) -> web.Response:
        """Show the page, or do what one of its buttons asks for and lead back to it."""
        refused = objection(request.method, request.scheme, request.headers, form=request.method == "POST")
        if refused is not None:
            return _plain(refused, 403)
        match request.method:
            case "GET" | "HEAD":
                return await self._shown()
            case "POST" if request.content_type == FORM:
                return await self._done(body)
            case "POST":
                return _plain(f"a form is sent as {FORM}", 415)
        return _plain("the page takes GET and POST", 405)

    async def _done(self, body: bytes) -> web.Response:
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
            shows_it = act(self._exchange, dict(pairs))
        except (ValueError, ArithmeticError) as error:
            return await self._shown(f"Not done: {error}", 400)
        return web.Response(status=303, headers={**PAGE_HEADERS, "Location": f"/#{quote(shows_it)}"})

    async def _shown(self, said: str = "", status: int = 200) -> web.Response:
        # In a thread of its own, so that requests to the venues do not wait for a long page.
        html = await asyncio.to_thread(rendered, self._exchange, said)
        return web.Response(
            body=html, status=status, headers=PAGE_HEADERS, content_type="text/html", charset="utf-8"
        )


def asset(name: str) -> web.Response | None:
    """
    Return one of the files that the page loads; ``None`` if it is none of them.

    :param name: what follows ``/sandbox/`` in its path.
    """
    if name not in ASSETS:
        return None
    return web.Response(body=_file(name), headers=HEADERS, content_type=ASSETS[name], charset="utf-8")


def rendered(exchange: PaperExchange, said: str = "") -> bytes:
    """
    Return the page.

    :param said: why what was asked for last was not done.
    """
    text: str = _template().render(view(exchange, said))
    return text.encode("utf-8", "replace")  # a path or an id may hold what is no character


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined  # takes longer than all else here, and most tests need no page

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file("page.html").decode())


@cache
def _file(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


def _plain(text: str, status: int) -> web.Response:
    return web.Response(text=f"{text}\n", status=status, headers=PAGE_HEADERS)
