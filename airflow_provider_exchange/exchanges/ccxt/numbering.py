"""What cancels call the markets of an exchange: their ids, or numbers that a public list tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import RequestRefusedError, UnreadableResponseError
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.profile import Book, Numbers
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Numbering"]


class Numbering:
    """
    Knows the numbers of markets, and reads the list of them when one is not known.

    :param asking: Makes the call.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._read: dict[str, Any] = {}

    def of(self, book: Book, market_id: str) -> Operation[str]:
        """
        Return what a cancel calls a market.

        :raises RequestRefusedError: when the exchange does not tell its number; nothing was sent then.
        """
        numbers = book.numbers
        if numbers is None:
            return market_id
        data = self._read.get(book.title)
        number = numbers.of(market_id, data)
        if number is None:
            data = self._read[book.title] = yield from ask(
                self._asking.call(numbers.endpoint, dict(numbers.params), lambda found: _checked(numbers, found))
            )
            number = numbers.of(market_id, data)
        if number is None:
            raise RequestRefusedError(
                f"the venue's list of markets has no {ascii(market_id)[:40]}, so a cancel cannot name it; nothing "
                "was sent"
            )
        return str(number)

    def is_known(self, book: Book, market_id: str) -> bool:
        """Return whether it is known what a cancel calls a market, without a read."""
        try:
            return book.numbers is None or book.numbers.of(market_id, self._read.get(book.title)) is not None
        except UnreadableResponseError:
            return False

    def of_each(self, book: Book, market_ids: Sequence[str]) -> Operation[list[str]]:
        """Return what a cancel of several orders calls their markets."""
        found: dict[str, str] = {}
        for market_id in dict.fromkeys(market_ids):
            found[market_id] = yield from self.of(book, market_id)
        return [found[market_id] for market_id in market_ids]


def _checked(numbers: Numbers, data: Any) -> Any:
    """Return the data of a list of markets, if it can be read."""
    numbers.of("", data)
    return data
