"""The cancels of an exchange: one by one, or in batches that name each order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError, OrderNotFoundError, UnreadableResponseError
from airflow_provider_exchange.exchanges.base import Cancellation
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.books import Books
    from airflow_provider_exchange.exchanges.ccxt.finding import Finding
    from airflow_provider_exchange.exchanges.ccxt.numbering import Numbering
    from airflow_provider_exchange.exchanges.ccxt.ownership import Ownership
    from airflow_provider_exchange.exchanges.ccxt.profile import Batch, Book
    from airflow_provider_exchange.models.orders import OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Cancels"]


class Cancels:
    """
    Cancels orders that have an id.

    :param exchange: The account.
    :param books: Those that it covers.
    :param asking: Makes its calls.
    :param finding: Knows where an order has gone on.
    :param numbering: Knows what a cancel calls a market.
    :param ownership: Knows whether the account is one that the key may not act for.
    """

    def __init__(
        self,
        exchange: Exchange,
        books: Books,
        asking: Asking,
        finding: Finding,
        numbering: Numbering,
        ownership: Ownership,
    ) -> None:
        self._exchange = exchange
        self._books = books
        self._asking = asking
        self._finding = finding
        self._numbering = numbering
        self._ownership = ownership

    def one(self, ref: OrderRef) -> Cancellation:
        """Return the cancel of one order."""
        return Cancellation((ref,), self._cancel(ref, self._books.of(ref)))

    def several(self, refs: Sequence[OrderRef]) -> list[Cancellation]:
        """
        Return batches where the exchange has some, else single cancels.

        Orders of markets whose numbers have to be read first are in batches of their own, which come last: that
        read may fail.
        """
        singles: list[Cancellation] = []
        groups: dict[tuple[bool, str, str | None], list[OrderRef]] = {}
        for ref in refs:
            book = self._books.of(ref)
            if book.batch is None:
                singles.append(self.one(ref))
            else:
                market = ref.symbol if book.batch.of_one_market else None
                has_to_read = not self._numbering.is_known(book, self._books.market_id(ref))
                groups.setdefault((has_to_read, book.title, market), []).append(ref)
        batches = [
            self._batch(book, book.batch, alike[start : start + book.batch.size])
            for (_, title, _), alike in sorted(groups.items(), key=lambda group: group[0][0])
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
        self._ownership.permit()
        market = yield from self._numbering.of(book, market_id)

        def parse(data: Any) -> bool:
            told = book.cancel.acknowledged(data)
            if isinstance(told, bool):
                return told
            named = _taken(told, [order_id], by_place=book.cancel.by_place)
            if not named:
                raise UnreadableResponseError("the response names no order that was cancelled")
            return order_id in named

        params = book.cancel.by_id(order_id, market)
        call = self._asking.call(book.cancel.endpoint, params, parse, not_found=OrderNotFoundError)
        return (yield from ask(call))

    def _batch(self, book: Book, batch: Batch, refs: Sequence[OrderRef]) -> Cancellation:
        return Cancellation(tuple(refs), self._cancel_all(book, batch, refs), is_batch=True)

    def _cancel_all(self, book: Book, batch: Batch, refs: Sequence[OrderRef]) -> Operation[frozenset[OrderKey]]:
        """Send the cancel of several orders, and return those that were acknowledged."""
        self._ownership.permit()
        named = [self._books.name_in(book, ref) for ref in refs]
        if book.numbers is not None:
            markets = yield from self._numbering.of_each(book, [market for _, market in named])
            named = [(order_id, market) for (order_id, _), market in zip(named, markets, strict=True)]

        def parse(data: Any) -> frozenset[OrderKey]:
            done = _taken(batch.acknowledged(data), [order_id for order_id, _ in named], by_place=batch.by_place)
            return frozenset(
                self._exchange.key(ref) for ref, (order_id, _) in zip(refs, named, strict=True) if order_id in done
            )

        weight = batch.endpoint.weight * (len(refs) if batch.weighs_each else 1)
        call = self._asking.call(
            batch.endpoint, batch.by_ids(named), parse, weight=weight, not_found=OrderNotFoundError
        )
        return (yield from ask(call))


def _taken(told: Iterable[Any] | int, order_ids: Sequence[str], *, by_place: bool) -> set[str]:
    """Return the ids of the cancels that an answer says were taken; where it has none, those of the request."""
    if isinstance(told, int):
        return set(order_ids) if told == len(order_ids) else set()
    results = list(told)
    if not by_place:
        return set(map(str, results))
    if len(results) != len(order_ids):
        raise UnreadableResponseError(
            f"the response is about {len(results)} orders, and {len(order_ids)} were named"
        )
    return {order_id for order_id, is_taken in zip(order_ids, results, strict=True) if is_taken is True}
