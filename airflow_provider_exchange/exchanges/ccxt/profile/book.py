"""A book: orders that the exchange keeps and cancels apart from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile.changes import Batch, Cancel, Numbers
    from airflow_provider_exchange.exchanges.ccxt.profile.lists import History, Listing
    from airflow_provider_exchange.exchanges.ccxt.profile.reads import Several, Single, Trail
    from airflow_provider_exchange.exchanges.orders import OrderForm

__all__ = ["Book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """
    Orders that the exchange keeps and cancels apart from others.

    :param title: What they are, for people: "spot orders".
    :param market_type: The name of their :class:`MarketType`.
    :param form: How the exchange writes one of them.
    :param lists: The lists that together show every live one.
    :param single: Reads one by its id.
    :param by_client_id: Reads one by the client's id; None where that cannot be asked for.
    :param cancel: Cancels one.
    :param batch: Cancels several; None where the exchange has no such call that names the orders.
    :param several: Reads several by their ids; None where the exchange has no such call.
    :param history: Shows those of one market, ended ones among them; None where each has to be read by itself.
    :param numbers: What its cancels call a market; None where that is the market's id.
    :param mark: What their ids begin with in this package, as ids of another book may be the same.
    :param becomes: The title of the book in which an order appears when its price is reached. Its lists are read
        later than those of this one: an order that moves in between is seen, if only in this book.
    :param keeps_ids: Whether it has the same id there. Then it is looked for and cancelled there, too, when this
        book does not know it.
    :param placed: Takes an order that has another id there, as the exchange shows it, and returns that id, or
        several; none before its price is reached. From then on it lives as long as those do, and a cancel of it is
        one of them.
    :param trail: Finds those that an order does not name itself; they are in the book that this one becomes, or in
        this one.
    """

    title: str
    market_type: str
    form: OrderForm
    lists: Sequence[Listing]
    single: Single
    cancel: Cancel
    by_client_id: Single | None = None
    batch: Batch | None = None
    several: Several | None = None
    history: History | None = None
    numbers: Numbers | None = None
    mark: str = ""
    becomes: str | None = None
    keeps_ids: bool = False
    placed: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
    trail: Trail | None = None

    def forms(self) -> list[OrderForm]:
        """Return every way in which the exchange writes one of its orders, the usual one first."""
        asked: list[Listing | Single] = [*self.lists, *self.single.each()]
        asked += [] if self.by_client_id is None else self.by_client_id.each()
        found = [self.form, *(each.form for each in asked if each.form is not None)]
        return [form for number, form in enumerate(found) if form not in found[:number]]
