"""
The admin API under ``/sandbox``, through which a rehearsal places orders, sets faults and reads the log. It needs
no credentials, as it listens on loopback and holds no secrets.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State
from airflow_provider_exchange.sandbox.fault_rules import read_faults
from airflow_provider_exchange.sandbox.protocol import Answer
from airflow_provider_exchange.sandbox.settings import LARGEST_SKEW, is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.exchange import PaperExchange

MOST_AT_ONCE = 100_000
CALLS = (
    "GET and POST {venue}/orders",
    "GET {venue}/orders/{id}",
    "POST {venue}/orders/{id}/{action}",
    "GET and PUT settings",
    "GET and DELETE requests",
    "GET, PUT, POST and DELETE faults",
    "POST reset",
    "GET health",
)
TEXTS = ("symbol", "side", "type", "client_order_id")
"""What is text of an order."""
ACTIONS = ("fill", "trigger", "expire", "reject", "cancel")


class NotThereError(Exception):
    """What a call names is not there. Says what is."""


def administer(exchange: PaperExchange, method: str, path: str, query: str, body: bytes) -> Answer:
    """
    Serve one admin request.

    :param path: what follows ``/sandbox/``.
    :param query: what follows the question mark; ``symbol`` selects among orders with the same id.
    """
    try:
        asked = _read(body)
        parts = [part for part in path.split("/") if part]
        match parts:
            case venue, "orders", *order:
                return _orders(exchange, method, venue, order, parse_qs(query).get("symbol", [None])[0], asked)
        return _served(exchange, method, parts, asked)
    except NotThereError as error:
        return Answer({"error": str(error)}, 404)
    except (ValueError, TypeError, InvalidOperation) as error:
        return Answer({"error": str(error)}, 400)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except RecursionError:
        raise ValueError("this is nested too deeply") from None


def _served(exchange: PaperExchange, method: str, parts: Sequence[str], asked: Any) -> Answer:
    match method, *parts:
        case "GET", "health":
            return Answer({"ok": True, "venues": list(exchange.venues)})
        case "GET", "settings":
            return Answer(exchange.all_settings())
        case "PUT", "settings":
            if not isinstance(asked, dict):
                raise ValueError("settings are a JSON object")
            exchange.apply_settings(**asked)
            return Answer(exchange.all_settings())
        case "GET", "requests":
            return Answer([asdict(logged) for logged in exchange.log])
        case "DELETE", "requests":
            exchange.log.clear()
            return Answer({"ok": True})
        case "POST", "reset":
            exchange.reset()
            return Answer({"ok": True})
        case "GET" | "POST" | "PUT" | "DELETE", "faults":
            return _faults(exchange, method, asked)
    raise _no_such_call(method, parts)


def _orders(
    exchange: PaperExchange, method: str, venue: str, parts: Sequence[str], symbol: str | None, asked: Any
) -> Answer:
    book = exchange.books.get(venue)
    if book is None:
        raise NotThereError(f"there is no venue {venue!r}; there are {', '.join(exchange.books)}")
    market = None if symbol is None else exchange.owner(venue).spelled(symbol)
    match method, *parts:
        case ("GET",):
            return Answer([order.as_dict() for order in book if market in (None, order.symbol)])
        case "GET", order_id:
            return Answer(_named(book, venue, order_id, market).as_dict())
        case ("POST",):
            return Answer([order.as_dict() for order in place(exchange, venue, asked)])
        case "POST", order_id, action:
            order = _named(book, venue, order_id, market)
            return Answer(change(book, order.order_id, order.symbol, action, asked or {}).as_dict())
    raise _no_such_call(method, [venue, "orders", *parts])


def _named(book: Book, venue: str, order_id: str, market: str | None) -> PaperOrder:
    try:
        return book.named(order_id, market)
    except KeyError:
        where = venue if market is None else f"{market} at {venue}"
        raise NotThereError(f"there is no order {order_id} of {where}") from None


def _no_such_call(method: str, parts: Sequence[str]) -> NotThereError:
    return NotThereError(
        f"there is no {method} /sandbox/{'/'.join(parts)}; below /sandbox/ are: {'; '.join(CALLS)}"
    )


def _faults(exchange: PaperExchange, method: str, asked: Any) -> Answer:
    if method == "DELETE":
        exchange.faults.clear()
    elif method != "GET":
        seed = None
        if isinstance(asked, dict) and "faults" in asked:
            asked, seed = asked["faults"], asked.get("seed")
        rules = read_faults(asked)
        if method == "PUT":
            exchange.faults.replace(rules, seed)
        else:
            for rule in rules:
                exchange.faults.add(rule)
    return Answer([asdict(rule) for rule in exchange.faults.rules])


def place(exchange: PaperExchange, venue: str, asked: Any) -> list[PaperOrder]:
    """
    Place orders without a signature, and return them.

    :param venue: a book's name.
    :param asked: one order or a list of them, as dicts: the arguments of :meth:`.PaperExchange.place`, ``count``
        for more orders of a kind, ``unlisted`` for a market that the venue does not list.
    :raises ValueError: the venue cannot have such an order.
    """
    placed = []
    for wanted in asked if isinstance(asked, list) else [asked]:
        if not isinstance(wanted, dict):
            raise ValueError("an order is a JSON object")
        order = dict(wanted)
        count = order.pop("count", 1)
        if not isinstance(count, int) or not 0 < count <= MOST_AT_ONCE:
            raise ValueError(f"count is a whole number between 1 and {MOST_AT_ONCE}")
        _check_order(exchange, venue, order)
        placed += [exchange.place(venue, **order) for _ in range(count)]
    return placed


def _check_order(exchange: PaperExchange, venue: str, order: dict[str, Any]) -> None:
    """Refuse what no order has, and a market that the venue does not list; take ``unlisted`` out."""
    unlisted = order.pop("unlisted", False)
    known = inspect.signature(exchange.place).parameters.keys() - {"venue"}
    if odd := order.keys() - known:
        names = ", ".join(sorted({*known, "count", "unlisted"}))
        raise ValueError(f"an order has no {', '.join(sorted(odd))}; it has {names}")
    if "symbol" not in order:
        raise ValueError("an order needs a symbol")
    if wrong := [name for name in TEXTS if not isinstance(order.get(name, ""), str)]:
        raise ValueError(f"{', '.join(wrong)} of an order: a text is wanted")
    if not is_number(order.get("age", 0), -LARGEST_SKEW, LARGEST_SKEW):
        raise ValueError("age is a number of seconds")
    home = exchange.owner(venue)
    markets = home.listed_markets
    if markets and not unlisted and home.spelled(order["symbol"]) not in markets:
        raise ValueError(
            f"{home.title} lists no market {order['symbol']!r}, but {', '.join(markets)}; "
            'for an order in a market that is not listed, add "unlisted": true'
        )


def change(book: Book, order_id: str, symbol: str | None, action: str, asked: Any) -> PaperOrder:
    """
    Let the market or the venue act on an order, and return what became of it.

    :param action: one of :data:`ACTIONS`.
    :param asked: more about the action: the ``quantity`` of a fill.
    :raises KeyError: no such order.
    :raises ValueError: this cannot happen to the order.
    """
    match action:
        case "fill":
            quantity = asked.get("quantity")
            return book.fill(order_id, None if quantity is None else Decimal(str(quantity)), symbol=symbol)
        case "trigger":
            return book.trigger(order_id, symbol=symbol)
        case "expire":
            return book.finish(order_id, State.EXPIRED, symbol=symbol)
        case "reject":
            return book.finish(order_id, State.REJECTED, symbol=symbol)
        case "cancel":
            return book.finish(order_id, State.CANCELLED, symbol=symbol)
    raise NotThereError(f"there is no action {action!r}; there are {', '.join(ACTIONS)}")
