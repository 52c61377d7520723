"""Reads the query of a request to OKX. A parameter without a value counts as left out; unknown ones are ignored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.okx.errors import refused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

LONGEST_PAGE = 100
"""The default and the maximum of ``limit``."""

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
            raise refused("50014", name)
        return self.text(name)

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """
        Return a parameter; empty if it is left out.

        :raises Refusal: it has another value than those allowed.
        """
        if self.text(name) and self.text(name) not in allowed:
            raise refused("51000", name)
        return self.text(name)

    def some_of(self, name: str, allowed: Collection[str]) -> frozenset[str]:
        """
        Return the values of a parameter, which commas separate; none if it is left out.

        :raises Refusal: one of them is not allowed.
        """
        named = frozenset(self.text(name).split(",")) if self.text(name) else frozenset()
        if not named <= frozenset(allowed):
            raise refused("51000", name)
        return named

    def number(self, name: str) -> int | None:
        """
        Return a parameter that is an id, a time in ms or an amount; ``None`` if it is left out.

        :raises Refusal: it is no whole number.
        """
        if not self.text(name):
            return None
        if not _NUMBER.fullmatch(self.text(name)):
            raise refused("51000", name)
        return int(self.text(name))

    def page_of(self, found: Sequence[PaperOrder], large_limit: str) -> list[PaperOrder]:
        """
        Return a page of orders, newest first: those with lower ids than ``after``, and higher than ``before``.

        :param large_limit: whether a ``limit`` beyond the maximum is ``capped`` or ``refused``.
        :raises Refusal: a cursor or the ``limit`` is wrong.
        """
        after, before, limit = (self.number(name) for name in ("after", "before", "limit"))
        if limit == 0 or (limit is not None and limit > LONGEST_PAGE and large_limit == "refused"):
            raise refused("51000", "limit")
        between = [
            order
            for order in sorted(found, key=lambda order: int(order.order_id), reverse=True)
            if (after is None or int(order.order_id) < after) and (before is None or int(order.order_id) > before)
        ]
        return between[: min(LONGEST_PAGE if limit is None else limit, LONGEST_PAGE)]
