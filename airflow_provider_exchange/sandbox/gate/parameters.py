"""Reads the query of a request to Gate, and cuts lists into the pages that it asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.gate.answers import refused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

PAGE = 100
"""How many orders a page of a list has, if nothing is said, and at most."""


class Parameters:
    """The query of a request. What is empty counts as not sent."""

    def __init__(self, request: ReceivedRequest) -> None:
        sent = parse_qsl(request.query, keep_blank_values=True, errors="replace")
        self._sent = {name: value for name, value in sent if value}

    def text(self, name: str) -> str:
        """Return a parameter; empty if it is not sent."""
        return self._sent.get(name, "")

    def required(self, name: str, allowed: Collection[str] = ()) -> str:
        """
        Return a parameter.

        :param allowed: what it may be; anything when empty.
        :raises Refusal: it is missing, or something else.
        """
        value = self.text(name)
        if not value:
            raise refused("MISSING_REQUIRED_PARAM", name)
        if allowed and value not in allowed:
            raise refused("INVALID_PARAM_VALUE", name)
        return value

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """Return a parameter that may be left out, like :meth:`required`."""
        return self.required(name, allowed) if self.text(name) else ""

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """
        Return a whole number.

        :raises Refusal: it is none, or out of bounds.
        """
        value = self.text(name) or str(default)
        if not re.fullmatch("[0-9]{1,20}", value) or not least <= int(value) <= most:
            raise refused("INVALID_PARAM_VALUE", name)
        return int(value)

    def page_of(self, orders: Sequence[PaperOrder]) -> Sequence[PaperOrder]:
        """Return the page of a list whose pages are counted by number."""
        limit, number = self.number("limit", PAGE, 1, PAGE), self.number("page", 1, 1, 10**6)
        return orders[(number - 1) * limit : number * limit]

    def part_of(self, orders: Sequence[PaperOrder]) -> Sequence[PaperOrder]:
        """Return the part of a list from an offset on, or behind the order whose id is ``last_id``."""
        limit, offset = self.number("limit", PAGE, 1, PAGE), self.number("offset", 0, 0, 10**9)
        last_id = self.number("last_id", 0, 0, 10**20)
        rest = [order for order in orders if not last_id or int(order.order_id) < last_id]
        return rest[offset : offset + limit]


def newest_first(orders: Sequence[Any]) -> list[Any]:
    """Return orders by their ids, the highest first."""
    return sorted(orders, key=lambda order: int(order.order_id), reverse=True)
