"""The cancels of an exchange: one by one, or in batches that name each order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError, OrderNotFoundError, UnreadableResponseError
from airflow_provider_exchange.exchanges.base import Cancellation
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.books import Books
    from airflow_provider_exchange.exchanges.ccxt.finding import Finding
    from airflow_provider_exchange.exchanges.ccxt.profile import Batch, Book
    from airflow_provider_exchange.models import OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Cancels"]


class Cancels:
    """
    Cancels orders that have an id.

    :param exchange: The account.
    :param books: Those that it covers.
    :param asking: Makes its calls.
    :param finding: Knows where an order has gone on.
    """

    def __init__(self, exchange: Exchange, books: Books, asking: Asking, finding: Finding) -> None:
        self._exchange = exchange
        self._books = books
        self._asking = asking
        self._finding = finding

    def one(self, ref: OrderRef) -> Cancellation:
        """Return the cancel of one order."""
        return Cancellation((ref,), self._cancel(ref, self._books.of(ref)))

    def several(self, refs: Sequence[OrderRef]) -> list[Cancellation]:
        """Return batches where the exchange has some, else single cancels."""
        singles: list[Cancellation] = []
        groups: dict[tuple[str, str | None], list[OrderRef]] = {}
        for ref in refs:
            book = self._books.of(ref)
            if book.batch is None:
                singles.append(self.one(ref))
            else:
                market = ref.symbol if book.batch.of_one_market else None
                groups.setdefault((book.title, market), []).append(ref)
        batches = [
            self._batch(book, book.batch, alike[start : start + book.batch.size])
            for (title, _), alike in groups.items()
            if (book := self._books.titled(title)).batch is not None
            for start in range(0, len(alike), book.batch.size)
        ]
        return singles + batches

    def _cancel(self, ref: OrderRef, book: Book) -> Operation[frozenset[OrderKey]]:
        """Cancel an order; if its book does not have it to be cancelled any more, then what has become of it."""
        order_id, market_id = self._books.name_in(book, ref)
        try:
            done = yield from self._cancel_in(book, order_id, market_id)
        except OrderNotFoundError:
            successors = yield from self._finding.successors(ref)
            if not successors:
                raise
            done = yield from self._cancel_each(self._books.following(book), successors, market_id)
        return frozenset({self._exchange.key(ref)} if done else ())

    def _cancel_each(self, book: Book, order_ids: Sequence[str], market_id: str) -> Operation[bool]:
        """Send a cancel for each of some orders, whatever becomes of the others; return whether all went well."""
        errors: list[ExchangeError] = []
        done = True
        for order_id in order_ids:
            try:
                done = (yield from self._cancel_in(book, order_id, market_id)) and done
            except ExchangeError as error:
                errors.append(error)
        if len(errors) == len(order_ids):
            raise errors[0]
        return done and not errors

    def _cancel_in(self, book: Book, order_id: str, market_id: str) -> Operation[bool]:
        """Send the cancel of an order, and return whether it was acknowledged."""

        def parse(data: Any) -> bool:
            named = set(map(str, book.cancel.acknowledged(data)))
            if not named:
                raise UnreadableResponseError("the response names no order that was cancelled")
            return order_id in named

        params = book.cancel.by_id(order_id, market_id)
        return ask(self._asking.call(book.cancel.endpoint, params, parse, not_found=OrderNotFoundError))

    def _batch(self, book: Book, batch: Batch, refs: Sequence[OrderRef]) -> Cancellation:
        named = [self._books.name_in(book, ref) for ref in refs]

        def parse(data: Any) -> frozenset[OrderKey]:
            done = set(map(str, batch.acknowledged(data)))
            return frozenset(
                self._exchange.key(ref) for ref, (order_id, _) in zip(refs, named, strict=True) if order_id in done
            )

        weight = batch.endpoint.weight * (len(refs) if batch.weighs_each else 1)
        call = self._asking.call(
            batch.endpoint, batch.by_ids(named), parse, weight=weight, not_found=OrderNotFoundError
        )
        return Cancellation(tuple(refs), ask(call), is_batch=True)
