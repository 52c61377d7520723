"""Reads what a request for a list of Coinbase's asks for, and cuts the list into pages."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from airflow_provider_exchange.sandbox.coinbase.answers import invalid, unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

_CURSOR = re.compile(r"(?P<ms>[0-9]{1,15}):(?P<id>[0-9a-f-]{36})", re.ASCII)

Asked = dict[str, list[str]]
"""The parameters of a query; several values of one are written one after the other, or with commas between."""


def asked_of(request: ReceivedRequest) -> Asked:
    """Return the parameters of a request; those without a value count as not sent."""
    sent = parse_qs(request.query, errors="replace")
    return {name: [part for value in values for part in value.split(",")] for name, values in sent.items()}


def one(asked: Mapping[str, list[str]], name: str, default: str = "") -> str:
    """Return a parameter that has one value; the last one sent counts."""
    return asked.get(name, [default])[-1]


def among(asked: Mapping[str, list[str]], name: str, words: Collection[str]) -> list[str]:
    """
    Return the values of a parameter.

    :param words: those that it may have.
    :raises Refusal: it has another one.
    """
    values = asked.get(name, [])
    for value in values:
        if value not in words:
            raise unreadable(name, value)
    return values


def moment(asked: Mapping[str, list[str]], name: str, default: int) -> int:
    """
    Return a parameter that is a time, in ms since the epoch.

    :raises Refusal: it is none in the vendor's format.
    """
    text = one(asked, name)
    if not text:
        return default
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise unreadable(name, text) from None
    if told.tzinfo is None:
        raise unreadable(name, text)
    return round(told.timestamp() * 1000)


def page(asked: Mapping[str, list[str]], orders: Sequence[PaperOrder]) -> tuple[list[PaperOrder], str]:
    """
    Return one page of a list, the newest order first, and the cursor of the next page; empty if none follows.

    A cursor names the last order of a page by time and id, so that orders which leave the list move no other one to
    a page that was read.

    :raises Refusal: a limit or a cursor that the venue does not take.
    """
    limit = one(asked, "limit", str(len(orders) or 1))
    if not re.fullmatch("[0-9]{1,9}", limit) or int(limit) < 1:
        raise unreadable("limit", limit)
    found = sorted(orders, key=_place, reverse=True)
    if cursor := one(asked, "cursor"):
        reached = _CURSOR.fullmatch(_decoded(cursor))
        if reached is None:
            raise invalid("invalid cursor")
        found = [order for order in found if _place(order) < (int(reached["ms"]), reached["id"])]
    cut = found[: int(limit)]
    if len(cut) == len(found):
        return cut, ""
    return cut, urlsafe_b64encode(f"{cut[-1].created_ms}:{cut[-1].order_id}".encode()).decode()


def _place(order: PaperOrder) -> tuple[int, str]:
    return order.created_ms, order.order_id


def _decoded(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode()).decode("ascii", "replace")
    except ValueError:
        return ""
