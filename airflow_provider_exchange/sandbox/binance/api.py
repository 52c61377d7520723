"""What the APIs of the paper Binance have in common: signed parameters, markets, named orders, pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.errors import (
    CANCEL_REFUSED,
    NO_SUCH_ORDER,
    UNKNOWN_ORDER,
    neither,
    refused,
)
from airflow_provider_exchange.sandbox.binance.parameters import CLIENT_ORDER_ID, Parameters
from airflow_provider_exchange.sandbox.binance.signing import signed_parameters
from airflow_provider_exchange.sandbox.book import Cancel, PaperOrder
from airflow_provider_exchange.sandbox.cancelling import cancel_one

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.lists import Path, Row
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest, Route
    from airflow_provider_exchange.sandbox.venue import PaperVenue

SYMBOL = "^[A-Z0-9-_.]{1,20}$"


class Api:
    """
    One of Binance's APIs.

    :param venue: the venue, with the account that may send requests.
    :param book: the orders of this API.
    """

    strict: bool
    """As in :class:`.Parameters`."""
    markets: Collection[str]
    """The markets that are listed."""
    id_name: str = "orderId"
    """The parameter and field that holds an order's id."""
    client_id_name: str = "origClientOrderId"
    """The parameter that names an order by its client order id."""
    places: Mapping[str, Path]
    """Where the rows of lists have which field."""
    routes: Sequence[Route]

    def __init__(self, venue: PaperVenue[BinanceAccount, Any], book: Book) -> None:
        self._venue = venue
        self._book = book

    # -- parameters

    def asked(self, request: ReceivedRequest, *, trading: bool = False) -> Parameters:
        """
        Return the parameters of a signed request.

        :param trading: whether the call needs a key that may trade.
        :raises Refusal: the request is not signed as it has to be.
        """
        return signed_parameters(request, self._venue.account, strict=self.strict, trading=trading)

    def market(self, asked: Parameters) -> str | None:
        """
        Return the market that a request names; ``None`` when it names none.

        :raises Refusal: there is no such market.
        """
        symbol = asked.text("symbol", SYMBOL if self.strict else "")
        listed = symbol is None or symbol in self.markets
        if not listed and not any(order.symbol == symbol for order in self._book):
            raise refused(-1121, "Invalid symbol.")
        return symbol

    def required_market(self, asked: Parameters) -> str:
        """
        Return the market that a request must name.

        :raises Refusal: it names none, or one that is not there.
        """
        asked.required("symbol")
        return self.market(asked) or ""

    # -- orders

    def read(self, asked: Parameters, symbol: str | None, request: ReceivedRequest) -> PaperOrder:
        """
        Return the order that a query names.

        :param symbol: its market; ``None`` where the id alone names it.
        :raises Refusal: it names none, or one that the venue does not show.
        """
        orders = self._book.view(request.behaviour.lag).values()
        order = self._named(asked, symbol, [each for each in orders if self.shows(each, request.now_ms)])
        if order is None:
            raise refused(*NO_SUCH_ORDER)
        return order

    def shows(self, order: PaperOrder, now_ms: int) -> bool:  # noqa: ARG002  (for APIs that forget orders)
        """Return whether reads still show an order."""
        return True

    def to_cancel(self, asked: Parameters, symbol: str | None) -> PaperOrder:
        """
        Return the order that a cancel names.

        :raises Refusal: it names none, or one that is not there.
        """
        order = self._named(asked, symbol, self._book)
        if order is None:
            raise refused(*UNKNOWN_ORDER)
        return order

    def _named(self, asked: Parameters, symbol: str | None, orders: Iterable[PaperOrder]) -> PaperOrder | None:
        number, client = asked.whole(self.id_name), asked.text(self.client_id_name, CLIENT_ORDER_ID)
        if number is None and client is None:
            raise neither(self.client_id_name, self.id_name)
        found = [
            order
            for order in orders
            if symbol in (None, order.symbol)
            and (number is None or order.order_id == str(number))
            and client in (None, order.client_order_id)
        ]
        # A client order id may be used again once its order has ended; the open one counts then, or the latest.
        return max(found, key=lambda order: (order.state.live, order.created_ms), default=None)

    def cancelled(self, order: PaperOrder, request: ReceivedRequest) -> PaperOrder:
        """
        Cancel an order, or do what a fault rule says instead, and return it.

        :raises Refusal: it has ended, is being cancelled already, or the rule says so.
        """
        outcome, changed = cancel_one(self._book, order.order_id, request.behaviour, order.symbol)
        if outcome is Cancel.REFUSED:
            raise refused(*CANCEL_REFUSED)
        if changed is None or outcome not in (Cancel.DONE, Cancel.PENDING):
            raise refused(*UNKNOWN_ORDER)
        return changed

    # -- lists

    def open_rows(
        self, request: ReceivedRequest, symbol: str | None, shape: Callable[[PaperOrder], Row]
    ) -> list[Row]:
        """Return the rows of a list of live orders, by id; of all markets without one."""
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if order.state.live and symbol in (None, order.symbol)
        ]
        listing = self._venue.listing(request, symbol or "BTCUSDT", places=self.places)
        return listing.rows(listing.orders(sorted(found, key=number_of)), shape)

    def history(
        self,
        request: ReceivedRequest,
        since: int | None,
        until: int | None,
        wanted: Callable[[PaperOrder], bool],
    ) -> list[PaperOrder]:
        """
        Return live and ended orders that were created between two times, by id.

        :param since: in ms; ``None`` for no bound.
        :param until: in ms; ``None`` for no bound.
        :param wanted: selects among them.
        """
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if (since is None or order.created_ms >= since)
            and (until is None or order.created_ms <= until)
            and self.shows(order, request.now_ms)
            and wanted(order)
        ]
        return self._venue.listing(request, places=self.places).orders(sorted(found, key=number_of))

    def history_rows(
        self, request: ReceivedRequest, orders: Sequence[PaperOrder], shape: Callable[[PaperOrder], Row]
    ) -> list[Row]:
        """Return the rows of one page of a history."""
        return self._venue.listing(request, places=self.places).rows(orders, shape)


def number_of(order: PaperOrder) -> int:
    """Return an order's id as a number."""
    return int(order.order_id)


def listed_ids(text: str) -> list[int] | None:
    """Return the ids of a list such as ``[1,2]``; ``None`` when the text is none."""
    if not re.fullmatch(r"\[[0-9]{1,19}(,[0-9]{1,19})*\]", text, re.ASCII):
        return None
    return [int(each) for each in text[1:-1].split(",")]
