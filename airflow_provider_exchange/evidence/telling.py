"""
What a line says of a request and of its answer.

A request is told by what was asked before it was signed, never by what was sent: so no key, signature, nonce or
header can be in it. Nothing of an answer's body is told but its digest and the orders that were read from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.exchanges.texts import holds_secret, shown_name
from airflow_provider_exchange.models.orders import Order, OrderKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Call

__all__ = ["answer_told", "error_told", "harmless", "request_told"]

HIDDEN = "***"
UNTOLD = re.compile(r"sign|nonce|timestamp|api_?key|secret|token|pass|private|auth|^recv_?window$", re.IGNORECASE)
"""In the names of parameters that belong to a signature."""
REQUEST_IDS = (
    "x-request-id",
    "x-mbx-uuid",
    "traceid",
    "x-trace-id",
    "x-amz-cf-id",
    "x-amzn-requestid",
    "cf-ray",
)
"""Headers in which venues, and what stands before them, tell the id of a request; the first one counts."""


def request_told(call: Call[Any], request: Request, secrets: Collection[str]) -> dict[str, Any]:
    """
    Return what is told of a request.

    :param request: Only its method, its host and its path are told.
    :param secrets: Texts that must not be told.
    """
    url = urlsplit(request.url)
    return {
        "method": request.method,
        "host": harmless(url.netloc.rpartition("@")[2], secrets),
        "path": harmless(unquote(url.path), secrets),
        "params": harmless(call.unsigned(), secrets),
        "changes": call.mutating,
    }


def answer_told(exchange: Exchange, call: Call[Any], path: str, response: Response, end: object) -> dict[str, Any]:
    """
    Return what is told of an answer.

    :param path: Of the request.
    :param end: What it means: the call's result, or an error.
    """
    secrets = exchange.secrets
    found: list[Order | OrderKey] = []
    if not isinstance(end, ExchangeError):
        # A name alone is what a cancel acknowledges; a read may hold names of what it has seen before.
        found = [each for each in _orders_in(end) if call.mutating or isinstance(each, Order)]
        found = found or list(_orders_shown(exchange, call, path, response))
    return {
        "status": response.status,
        "request_id": _request_id(response, end, secrets),
        "sha256": sha256(response.body).hexdigest(),
        "bytes": len(response.body),
        "error": error_told(end) if isinstance(end, ExchangeError) else None,
        "orders": _without_secrets([_told_of(each) for each in found if isinstance(each, Order)], secrets),
        "acknowledged": _without_secrets([_named(each) for each in found if isinstance(each, OrderKey)], secrets),
    }


def error_told(error: ExchangeError) -> dict[str, Any]:
    """Return what is told of an error; its words have no secrets."""
    return error.summary()


def harmless(value: Any, secrets: Collection[str]) -> Any:
    """Return a value as JSON without what belongs to a signature, and without secrets, however deep."""
    if isinstance(value, Mapping):
        named = {str(name): member for name, member in value.items()}
        return {name: harmless(member, secrets) for name, member in named.items() if not UNTOLD.search(name)}
    if isinstance(value, str):
        return HIDDEN if holds_secret(value, secrets) or any(each in value for each in secrets) else value
    if isinstance(value, Sequence):
        return [harmless(each, secrets) for each in value]
    is_plain = value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))
    return value if is_plain else str(value)


def _request_id(response: Response, end: object, secrets: Collection[str]) -> str | None:
    if isinstance(end, ExchangeError) and end.request_id is not None:
        return end.request_id
    found = next((response.headers[name] for name in REQUEST_IDS if name in response.headers), None)
    return shown_name(found, secrets, "") or None


def _orders_in(value: object) -> Iterator[Order | OrderKey]:
    """Yield what a call's result tells of orders, however deep: a page may come with what leads to the next one."""
    if isinstance(value, Order | OrderKey):  # a key is a tuple, too
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _orders_in(each)
    elif isinstance(value, Sequence | Set) and not isinstance(value, str | bytes):
        for each in value:
            yield from _orders_in(each)


def _without_secrets(told: list[dict[str, Any]], secrets: Collection[str]) -> list[dict[str, Any]]:
    """Return what is told of orders, of which there may be thousands, without secrets: mostly there are none."""
    text = "\n".join(str(value) for each in told for value in each.values())
    if holds_secret(text, secrets) or any(each in text for each in secrets):
        return [harmless(each, secrets) for each in told]
    return told


def _orders_shown(exchange: Exchange, call: Call[Any], path: str, response: Response) -> Iterator[Order]:
    """Yield the orders of an answer whose call leaves their reading to others, as those through ccxt."""
    try:
        body = decode_json(response.body)
    except UnreadableResponseError:
        return
    for row, reader in exchange.orders_shown(call, path, body):
        with suppress(ExchangeError):
            yield reader.parse(row)


def _told_of(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "state": order.state.value,
        "venue_state": order.venue_state,
        "filled": None if order.filled_quantity is None else format(order.filled_quantity, "f"),
    }


def _named(key: OrderKey) -> dict[str, Any]:
    return {"order_id": key.order_id, "client_order_id": key.client_order_id, "symbol": key.symbol}
