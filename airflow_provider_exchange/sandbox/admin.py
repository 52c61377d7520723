"""
The admin API under ``/sandbox``: everything a rehearsal wants to arrange or look up. It asks for no
credentials, as nothing here is worth any.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.exchange import VENUES, PaperExchange
from airflow_provider_exchange.sandbox.faults import read_faults
from airflow_provider_exchange.sandbox.protocol import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_AT_ONCE = 100_000


def administer(exchange: PaperExchange, method: str, path: str, body: bytes) -> Answer:
    """
    Serve one admin request.

    :param path: what follows ``/sandbox/``.
    """
    try:
        asked = json.loads(body) if body else None
        return _served(exchange, method, [part for part in path.split("/") if part], asked)
    except KeyError as error:
        return Answer({"error": f"unknown: {error.args[0]}"}, 404)
    except (ValueError, TypeError, InvalidOperation) as error:
        return Answer({"error": str(error)}, 400)


def _served(exchange: PaperExchange, method: str, parts: Sequence[str], asked: Any) -> Answer:
    match method, *parts:
        case "GET", "health":
            return Answer({"ok": True, "venues": list(VENUES)})
        case "GET", "settings":
            return Answer(asdict(exchange.settings))
        case "PUT", "settings":
            exchange.apply_settings(**asked)
            return Answer(asdict(exchange.settings))
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
        case "GET", ("nami" | "bitopro" | "loopring") as venue, "orders":
            return Answer([order.as_dict() for order in exchange.books[venue]])
        case "GET", ("nami" | "bitopro" | "loopring") as venue, "orders", order_id:
            return Answer(exchange.books[venue][order_id].as_dict())
        case "POST", ("nami" | "bitopro" | "loopring") as venue, "orders":
            return Answer([order.as_dict() for order in _place(exchange, venue, asked)])
        case "POST", ("nami" | "bitopro" | "loopring") as venue, "orders", order_id, action:
            return Answer(_change(exchange, venue, order_id, action, asked or {}).as_dict())
    raise KeyError("/".join(parts))


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


def _place(exchange: PaperExchange, venue: str, asked: Any) -> list[PaperOrder]:
    placed = []
    for wanted in asked if isinstance(asked, list) else [asked]:
        order = dict(wanted)
        count = order.pop("count", 1)
        if not 0 < count <= MOST_AT_ONCE:
            raise ValueError(f"count lies between 1 and {MOST_AT_ONCE}")
        placed += [exchange.place(venue, **order) for _ in range(count)]
    return placed


def _change(exchange: PaperExchange, venue: str, order_id: str, action: str, asked: Any) -> PaperOrder:
    book = exchange.books[venue]
    match action:
        case "fill":
            quantity = asked.get("quantity")
            return book.fill(order_id, None if quantity is None else Decimal(str(quantity)))
        case "trigger":
            return book.trigger(order_id)
        case "expire":
            return book.finish(order_id, State.EXPIRED)
        case "reject":
            return book.finish(order_id, State.REJECTED)
        case "cancel":
            return book.finish(order_id, State.CANCELLED)
    raise KeyError(action)
