"""The orders of the paper Bybit by category, of which spot and linear have a book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bybit import selecting
from airflow_provider_exchange.sandbox.bybit.markets import MARKETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder


class Books:
    """
    The books of one account.

    :param by_category: the book of each category that has one.
    """

    def __init__(self, by_category: Mapping[str, Book]) -> None:
        self._by_category = by_category

    def __contains__(self, category: str) -> bool:
        return category in self._by_category

    def __getitem__(self, category: str) -> Book:
        return self._by_category[category]

    def knows(self, category: str, symbol: Any) -> bool:
        """Return whether a category has a market, listed or with an order of the account."""
        held = self._by_category.get(category, ())
        return symbol in MARKETS.get(category, ()) or any(order.symbol == symbol for order in held)

    def orders(self, category: str, lag: int | None = None) -> list[PaperOrder]:
        """Return the orders of a category: as they are, or as a read sees them that is so many reads behind."""
        book = self._by_category.get(category)
        if book is None:
            return []
        return list(book) if lag is None else list(book.view(lag).values())

    def named(self, category: str, symbol: str, asked: Mapping[str, Any]) -> PaperOrder | None:
        """Return the order of a market that a request names."""
        book = self._by_category.get(category)
        if book is None:
            return None
        if "orderId" in asked:
            return book.get(str(asked["orderId"]), symbol)
        return next((order for order in selecting.named(book, asked, category) if order.symbol == symbol), None)
