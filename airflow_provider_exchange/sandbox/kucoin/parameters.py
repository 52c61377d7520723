"""Reads the query of a request to KuCoin. A parameter without a value counts as left out; others are ignored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.kucoin.answers import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

_NUMBER = re.compile("[0-9]{1,20}")


class Parameters:
    """The parameters of a read."""

    def __init__(self, request: ReceivedRequest) -> None:
        self._values = dict(parse_qsl(request.query, errors="replace"))

    def text(self, name: str) -> str:
        """Return a parameter; empty if it is left out."""
        return self._values.get(name, "")

    def required(self, name: str) -> str:
        """
        Return a parameter that must be there.

        :raises Refusal: it is left out.
        """
        if not self.text(name):
            raise refused("400100", f"{name} can not be empty")
        return self.text(name)

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """
        Return a parameter; empty if it is left out.

        :raises Refusal: it has another value than those allowed.
        """
        if self.text(name) and self.text(name) not in allowed:
            raise refused("400100", f"{name} is invalid")
        return self.text(name)

    def number(self, name: str) -> int | None:
        """
        Return a parameter that is a time in ms or a mark; ``None`` if it is left out.

        :raises Refusal: it is no whole number.
        """
        return self.within(name, 0, 0, 10**20) if self.text(name) else None

    def within(self, name: str, default: int, least: int, most: int) -> int:
        """
        Return a parameter that is a whole number within bounds.

        :param default: the number when it is left out.
        :raises Refusal: it is none.
        """
        text = self.text(name) or str(default)
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
            raise refused("400100", f"{name} is invalid")
        return int(text)

    def picks(self) -> Callable[[PaperOrder], bool]:
        """Return what picks the orders of a market, side and type that the parameters ask for."""
        symbol, side = self.text("symbol"), self.one_of("side", ("buy", "sell"))
        kind = self.one_of("type", ("limit", "market"))
        return lambda order: (
            symbol in ("", order.symbol)
            and side in ("", order.side.lower())
            and kind in ("", "market" if order.type == "MARKET" else "limit")
        )

    def between(self, time_of: Callable[[PaperOrder], int]) -> Callable[[PaperOrder], bool]:
        """
        Return what picks the orders between ``startAt`` and ``endAt``.

        :param time_of: returns the time of an order that counts, in ms.
        """
        since, until = self.number("startAt"), self.number("endAt")
        return lambda order: (
            (since is None or since <= time_of(order)) and (until is None or time_of(order) <= until)
        )

    def page_of(self, found: Sequence[PaperOrder]) -> tuple[list[PaperOrder], dict[str, Any]]:
        """Return a page that is counted by its number, and what the answer says beside its orders."""
        page, size = self.within("currentPage", 1, 1, 10**9), self.within("pageSize", 50, 10, 500)
        cut = list(found[(page - 1) * size : page * size])
        total = -(-len(found) // size)
        return cut, {"currentPage": page, "pageSize": size, "totalNum": len(found), "totalPage": total}
