"""Reads the parameters of a request to Bitget, and cuts its lists into pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitget.answers import client_id, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

LONGEST_PAGE = 100
DAYS_90_MS = 90 * 86_400_000
"""How far back histories go."""
_NUMBER = re.compile("[0-9]{1,20}")


class Parameters:
    """
    The parameters of a request.

    :param asked: those that have a value.
    """

    def __init__(self, request: ReceivedRequest, asked: dict[str, Any]) -> None:
        self.request = request
        self.asked = asked

    def text(self, name: str) -> str:
        """Return a parameter; empty if it is left out."""
        return str(self.asked.get(name, ""))

    def required(self, name: str) -> str:
        """
        Return a parameter that must be there.

        :raises Refusal: it is left out.
        """
        if not self.text(name):
            raise refused(self.request, "40019", name)
        return self.text(name)

    def one_of(self, name: str, allowed: Collection[str], code: str = "40017") -> str:
        """
        Return a parameter; empty if it is left out.

        :param code: what the venue says if it has another value.
        :raises Refusal: it has another value than those allowed.
        """
        if self.text(name) and self.text(name) not in allowed:
            raise refused(self.request, code, name)
        return self.text(name)

    def number(self, name: str) -> int | None:
        """
        Return a parameter that is an id, a time or an amount; ``None`` if it is left out.

        :raises Refusal: it is no whole number.
        """
        if not self.text(name):
            return None
        if not _NUMBER.fullmatch(self.text(name)):
            raise refused(self.request, "40020", name)
        return int(self.text(name))

    def product(self, products: Collection[str]) -> str:
        """
        Return the product type, in whatever case it is written.

        :raises Refusal: it is missing, or none.
        """
        product = self.required("productType").upper()
        if product not in products:
            raise refused(self.request, "40020", "productType")
        return product

    @property
    def names_one(self) -> bool:
        """Whether the request names an order."""
        return bool(self.text("orderId") or self.text("clientOid"))

    def named(self, orders: Iterable[PaperOrder]) -> list[PaperOrder]:
        """Return those of some orders that the request names; an id prevails over the client's."""
        if self.text("orderId"):
            self.number("orderId")
            return [order for order in orders if order.order_id == self.text("orderId")]
        return [order for order in orders if client_id(order) == self.text("clientOid")]

    def chosen(self, orders: Iterable[PaperOrder]) -> list[PaperOrder]:
        """Return those of some orders that fit the market, the times and the name in the request."""
        since, until, symbol = self.number("startTime"), self.number("endTime"), self.text("symbol")
        if since is not None and until is not None and not 0 <= until - since <= DAYS_90_MS:
            raise refused(self.request, "40017", "startTime")
        found = [
            order
            for order in orders
            if symbol in ("", order.symbol)
            and (since is None or since <= order.created_ms)
            and (until is None or order.created_ms <= until)
        ]
        return self.named(found) if self.names_one else found

    def page_of(self, found: Sequence[PaperOrder], default: int = LONGEST_PAGE) -> tuple[list[PaperOrder], bool]:
        """
        Return a page of orders, newest first: those with lower ids than ``idLessThan``; and whether others follow.

        :param default: how many orders it has without a ``limit``.
        :raises Refusal: the mark or the ``limit`` is wrong.
        """
        before, limit = self.number("idLessThan"), self.number("limit")
        if limit is not None and not 1 <= limit <= LONGEST_PAGE:
            raise refused(self.request, "40017", "limit")
        older = [
            order
            for order in sorted(found, key=lambda order: int(order.order_id), reverse=True)
            if before is None or int(order.order_id) < before
        ]
        size = default if limit is None else limit
        return older[:size], len(older) > size


def remembered(orders: Iterable[PaperOrder], now_ms: int) -> list[PaperOrder]:
    """Return the ended orders that a history has."""
    return [order for order in orders if not order.state.live and order.updated_ms >= now_ms - DAYS_90_MS]
