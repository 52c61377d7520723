"""The cancels of BitoPro's orders, one by one or in batches, each in the books that show the order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError
from airflow_provider_exchange.exchanges.base import Cancellation
from airflow_provider_exchange.exchanges.bitopro_books import SPELLING
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.markets import market_spelling
from airflow_provider_exchange.models.orders import OrderKey, OrderRef
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Options
    from airflow_provider_exchange.exchanges.bitopro_books import Book, Books
    from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
    from airflow_provider_exchange.protocol.steps import Operation

LARGEST_BATCH = 6000
"""
Bytes of a batch's body. The vendor documents no maximum, but a header repeats the body in base64, and gateways
often refuse headers of more than 8 kB.
"""
BATCH_SPELLING = market_spelling("_", capitals=True)


class Cancels:
    """
    Makes the cancels of one account.

    :param books: Tell in which of them to cancel an order.
    """

    def __init__(self, exchange: HttpExchange, books: Books) -> None:
        self._exchange = exchange
        self._books = books

    def one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """Return the cancel of one order; None for an order with a client order id only."""
        if ref.order_id is None:
            return None
        calls = [self._single(book, ref, options) for book in self._books.to_cancel_in(self._exchange.key(ref))]
        return Cancellation((ref,), ask(calls[0]) if len(calls) == 1 else _ask_each(calls))

    def _single(self, book: Book, ref: OrderRef, options: Options) -> HttpCall[frozenset[OrderKey]]:
        def parse(data: Any) -> frozenset[OrderKey]:
            # The response has the order's id only; its market is in the request's path.
            is_ours = Record(data, "body").text("orderId") == ref.order_id
            return frozenset({self._exchange.key(ref)} if is_ours else ())

        params = {name: "true" if value else "false" for name, value in options.items()}
        return self._exchange.changing("DELETE", book.path_to(ref), parse, "cancel", params)

    def several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return batches of named orders, or single cancels if there are options, which a batch cannot carry."""
        if options:
            return [one for ref in refs if (one := self.one(ref, options))]
        books = [(ref, self._books.to_cancel_in(self._exchange.key(ref))) for ref in refs]
        in_both = frozenset(self._exchange.key(ref) for ref, those in books if len(those) > 1)
        return [
            self._batch(book, part, in_both)
            for book in self._books.both
            for part in _parts([ref for ref, those in books if book in those])
        ]

    def _batch(self, book: Book, refs: Sequence[OrderRef], in_both: frozenset[OrderKey]) -> Cancellation:
        """
        Return the cancel of some orders in one book.

        :param in_both: Orders that are cancelled in the other book, too. One book's acknowledgement does not count
            for them, so they are acknowledged by none.
        """
        ids_of_pair: dict[str, list[str]] = {}
        for ref in refs:
            if ref.symbol is not None and ref.order_id is not None:
                ids_of_pair.setdefault(ref.symbol.translate(BATCH_SPELLING), []).append(ref.order_id)

        def parse(data: Any) -> frozenset[OrderKey]:
            answered = Record(data, "body").get("data")
            if not isinstance(answered, dict) or not all(isinstance(ids, list) for ids in answered.values()):
                raise UnreadableResponseError("the response's data does not list ids by pair")
            cancelled = frozenset(
                self._exchange.key(OrderRef(str(order_id), pair.translate(SPELLING)))
                for pair, ids in answered.items()
                for order_id in ids
            )
            return cancelled - in_both

        call = self._exchange.changing("PUT", book.path, parse, "batch", ids_of_pair)
        return Cancellation(tuple(refs), ask(call), is_batch=True)


def _ask_each(calls: Sequence[HttpCall[Any]]) -> Operation[frozenset[OrderKey]]:
    """
    Cancel an order in several books, whatever the others answer; its acknowledgement is left to a later read.

    :raises ExchangeError: the first one, when every book answers with an error.
    """
    errors: list[ExchangeError] = []
    for call in calls:
        try:
            yield from ask(call)
        except ExchangeError as error:
            errors.append(error)
    if len(errors) == len(calls):
        raise errors[0]
    return frozenset()


def _parts(refs: Sequence[OrderRef]) -> Iterator[Sequence[OrderRef]]:
    """Split orders so that the body of each batch stays within ``LARGEST_BATCH``."""
    start, size = 0, 0
    pairs: set[str | None] = set()
    for end, ref in enumerate(refs):
        named = len(f'"{ref.order_id}",')
        opened = len(f"{json.dumps(ref.symbol)}:[],")
        grown = named + (0 if ref.symbol in pairs else opened)
        if size + grown > LARGEST_BATCH:
            yield refs[start:end]
            start, size, pairs, grown = end, 0, set(), named + opened
        size += grown
        pairs.add(ref.symbol)
    if refs:
        yield refs[start:]
