"""Does what a button of the page asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.admin import change, place
from airflow_provider_exchange.sandbox.page.breaking import NEEDED
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from airflow_provider_exchange.sandbox.exchange import PaperExchange

__all__ = ["act"]

MOST_AT_ONCE = 1000
"""Orders that the form places at once."""
LONGEST_SECONDS = 86_400
MOST_TIMES = 1_000_000


def act(exchange: PaperExchange, form: Mapping[str, str]) -> str:
    """
    Do what a form asks for, and return the id of the part of the page that shows it.

    :param form: its fields; ``do`` says what to do.
    :raises ValueError: it cannot be done; says why. Nothing is changed then.
    """
    match form.get("do", ""):
        case "place":
            return _place(exchange, form)
        case "fill" | "half" | "trigger" | "expire" as action:
            return _change(exchange, form, action)
        case "break":
            exchange.faults.add(**_fault(form))
            return "faults"
        case "mend":
            exchange.faults.remove(_whole(form, "number", 2**63))
            return "faults"
        case "mend_all":
            exchange.faults.clear()
            return "faults"
    raise ValueError(f"there is no button {form.get('do', '')!r}")


def _place(exchange: PaperExchange, form: Mapping[str, str]) -> str:
    book, _, symbol = form.get("market", "").partition("/")
    if book not in exchange.books:
        raise ValueError(f"there is no book {book!r}")
    side = form.get("side", "")
    if side not in ("BUY", "SELL"):
        raise ValueError(f"the side is BUY or SELL, not {side!r}")
    order: dict[str, Any] = {
        "symbol": symbol,
        "side": side,
        "quantity": _amount(form, "quantity"),
        "price": _amount(form, "price"),
        "count": _whole(form, "count", MOST_AT_ONCE),
    }
    if form.get("stop_price", "").strip():
        order["stop_price"] = _amount(form, "stop_price")
    place(exchange, book, order)
    return f"book-{book}"


def _change(exchange: PaperExchange, form: Mapping[str, str], action: str) -> str:
    book = exchange.books.get(form.get("book", ""))
    if book is None:
        raise ValueError(f"there is no book {form.get('book', '')!r}")
    order_id, symbol = form.get("order_id", ""), form.get("symbol", "")
    order = book.get(order_id, symbol)
    if order is None:
        raise ValueError(f"there is no order {order_id} of {symbol} any more")
    asked = {"quantity": order.remaining / 2} if action == "half" else {}
    change(book, order_id, symbol, "fill" if action == "half" else action, asked)
    return f"book-{form['book']}"


def _fault(form: Mapping[str, str]) -> dict[str, Any]:
    kind = form.get("kind", "")
    rule: dict[str, Any] = {"kind": kind, **NEEDED.get(kind, {})}
    rule |= {"venue": form.get("venue") or "*", "route": form.get("route") or "*"}
    if form.get("times", "").strip():
        rule["times"] = _whole(form, "times", MOST_TIMES)
    if form.get("seconds", "").strip():
        rule["seconds"] = float(_amount(form, "seconds"))
        if rule["seconds"] > LONGEST_SECONDS:
            raise ValueError(f"seconds are at most {LONGEST_SECONDS}")
    return rule


def _amount(form: Mapping[str, str], name: str) -> Decimal:
    text = form.get(name, "").strip()
    read = positive(text)
    if read is None:
        raise ValueError(f"{name.replace('_', ' ')} is a number above 0, such as 0.5, not {text!r}")
    return read


def _whole(form: Mapping[str, str], name: str, most: int) -> int:
    text = form.get(name, "").strip()
    if not re.fullmatch("[0-9]{1,20}", text) or not 1 <= int(text) <= most:
        raise ValueError(f"{name} is a whole number from 1 to {most}, not {text!r}")
    return int(text)
