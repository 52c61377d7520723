"""
The interface between operations and exchanges.

It does not say how a venue is reached. An exchange with signed HTTP requests builds on
:mod:`airflow_provider_exchange.exchanges.http`; another may wrap a client library.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_exchange.errors import AuthenticationError, ExchangeError
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.exchanges.naming import Naming, Option, Options
from airflow_provider_exchange.exchanges.orders import OrderReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.dead_mans_switch import DeadMansSwitch
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Cancellation", "Exchange", "Option", "Options"]


@dataclass(frozen=True, slots=True)
class Cancellation:
    """
    One cancel request and the orders it names.

    :param orders: Every order that the request can cancel.
    :param operation: Sends the request and returns the keys of the orders that the venue acknowledged; runs once.
    :param is_batch: Whether the request cancels several orders, so that the venue may refuse it as a whole.
    """

    orders: Sequence[OrderRef]
    operation: Operation[frozenset[OrderKey]]
    is_batch: bool = False

    @property
    def endpoint(self) -> str:
        """The rate limit that the request counts against, as in :attr:`Exchange.limits`."""
        return "batch" if self.is_batch else "cancel"


class Exchange(Naming, ABC):
    """
    One account at one venue.

    Operations, operators and sensors are the same for all venues; these attributes and methods hold the
    differences, and those of :class:`.Naming` the ones in names. An adapter of one venue sets the attributes in its
    class, an adapter of many venues in each instance. See ``docs/adding-an-exchange.md``.

    :param secrets: Texts that must never appear in a message.
    """

    limits: Mapping[str, RateLimit]
    """
    Documented rate limits by endpoint; ``"cancel"`` is that of single cancels, ``"batch"`` that of batches, and
    ``"total"`` counts every request, except those of endpoints that are counted apart.
    """
    has_lists: bool = True
    """Whether orders can be listed; if not, only orders that are named can be cancelled."""
    tells_age: bool = True
    """Whether the venue tells when an order was created."""
    side_by_side: int = 1
    """How many cancels may be under way at the same time, where the order of their arrival does not matter."""
    timestamps_grow: bool = False
    """Whether the venue wants the timestamps of a key to grow from request to request, whoever sends it."""
    few: int = 2
    """Up to this many orders are read one by one, more than this by lists."""
    account: str = ""
    """Tells accounts apart in what a task stores, without a secret; from the connection."""
    conn_id: str = ""
    """The Airflow connection that the account is reached by, for reports."""
    base_url: str | None = None
    """Scheme, host and port that every request goes to; None where they go to several hosts."""
    dead_mans_switch: DeadMansSwitch | None = None
    """None where the venue has none that this package can arm."""
    no_dead_mans_switch: str = "documents no dead man's switch"
    """Why that is so, to complete "Nami ..."."""
    assumes: Assumptions = Assumptions()
    """The form of the venue's answers, for a check of the connection."""
    distinction: Mapping[str, str] = {}
    """Extras of the connection that say what is asked, and tell nothing of the account; a transcript has them."""
    never_an_order_id: str | None = None
    """
    An id in the venue's form that no order can have, and that nobody takes for "all" or for another one's id. A
    check cancels it, to learn whether the key may. None where no id is beyond doubt.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        self.secrets = frozenset(secret for secret in secrets if secret)

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """
        Build the exchange from an Airflow connection.

        :raises ConnectionConfigError: naming the wrong field and what to enter instead.
        """

    def orders_shown(
        self,
        call: Call[Any] | None,  # noqa: ARG002  (for an exchange whose paths do not tell what answers show)
        path: str,
        body: Any,
    ) -> Iterator[tuple[dict[str, Any], OrderReader]]:
        """
        Yield what an answer shows as orders, each with what reads it; for a check of the connection.

        :param call: What was asked; None if that is not known.
        :param path: Of the request.
        :param body: The decoded answer.
        """
        if self.assumes.order is not None:
            reader = OrderReader(self, self.assumes.order)
            for row in self.assumes.orders_in(path, body):
                yield row, reader

    # -- operations

    @abstractmethod
    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        """
        List every live order of some markets: all pages, conditional orders too.

        The result may contain orders of other markets; callers filter. If the venue can list all markets at once,
        do not use its own filter: a symbol that it spells differently would look like a market without orders.

        :param symbols: The markets, checked; None for all.
        :raises ExchangeError: with what was read in spite of it in ``shown``; see :func:`.common.read_all`.
        """

    def list_first(self, symbols: Collection[str] | None = None) -> Operation[list[Order]] | None:  # noqa: ARG002
        """
        Return a reading of live orders that takes fewer requests than :meth:`list_open`; None if there is none.

        Their cancels need not wait for the other lists. What it does not show is proof of nothing.

        :param symbols: As for :meth:`list_open`.
        """
        return None

    @abstractmethod
    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """
        Read one order, live or ended.

        :param ref: Which order, checked.
        :raises OrderNotFoundError: when the venue does not know it.
        """

    def read_ended(
        self,
        refs: Sequence[OrderRef],
        since: datetime | None,  # noqa: ARG002  (for venues that have a list of ended orders)
    ) -> Operation[dict[OrderKey, Order]]:
        """
        Read orders that are no longer in the open list, in as few requests as possible.

        :param refs: Which orders, checked.
        :param since: The orders were created at or after this time of the venue's clock; None when not known.
        :return: The orders found, by the key of their reference. A missing one may still exist.
        """
        found: dict[OrderKey, Order] = {}
        for ref in refs:
            try:
                found[self.key(ref)] = yield from self.read_order(ref)
            except AuthenticationError:
                raise
            except ExchangeError:  # may concern this order only, and is met again when it is read by itself
                continue
        return found

    def list_ended(
        self,
        symbols: Collection[str] | None,  # noqa: ARG002  (for venues that show when an order ended)
        since: datetime,  # noqa: ARG002
        found: list[Order],  # noqa: ARG002
    ) -> Operation[None] | None:
        """
        Return a reading of all orders that ended since some time; None where the venue does not show when that was.

        The result may contain others; callers filter by :attr:`Order.changed_at`. An order may have been created
        long before it ended, so a filter of the venue that goes by creation, or may do so, is of no use. The
        reading fails where it does not reach the end of the history; callers limit its requests.

        :param symbols: The markets, checked; None for all.
        :param since: By the venue's clock.
        :param found: Takes the orders of each answer, so that they are known although a later request fails.
        """
        return None

    @abstractmethod
    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """
        Return the cancel of one order, or None when it needs the venue's order id and ``ref`` has none.

        :param ref: Which order, checked.
        :param options: The venue's own options, checked.
        """

    @abstractmethod
    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """
        Return as few cancels as possible that cancel exactly these orders; an empty list for no orders.

        :param refs: Which orders, each with the venue's order id.
        :param options: The venue's own options, checked.
        """

    @abstractmethod
    def probe(self) -> Operation[None]:
        """Make a signed, read-only call, to test the key."""

    @abstractmethod
    def markets(self) -> Operation[Mapping[str, bool]]:
        """
        Read the venue's public list of markets.

        :return: By symbol in the spelling of :meth:`check_symbol`, whether the market takes orders at present. One
            that is delisted or in maintenance does not, and belongs into the result if the venue still lists it.
        """

    def has_orders(self, symbol: str) -> Operation[bool]:  # noqa: ARG002  (for venues that can be asked in one call)
        """
        Return whether the account has had an order in a market, however it ended.

        This is how a market is recognised that the venue no longer lists.

        :param symbol: The market, checked.
        :raises OrderNotFoundError: if the venue knows no such market; also ``RequestRefusedError``.
        """
        yield from ()
        return False

    def may_withdraw(self) -> Operation[bool] | None:
        """Return the operation that reads whether the key may withdraw; None where the venue does not tell."""
        return None

    def begin(self) -> None:
        """Begin a run: forget what was concluded from answers to an earlier one, as a hook may be kept for long."""

    def server_time(self) -> Operation[int] | None:
        """Return the operation that reads the venue's time in ms; None where the venue has no such call."""
        return None

    def order_page(self, symbol: str | None) -> str | None:  # noqa: ARG002  (for venues that have such pages)
        """
        Return the URL of the venue's web page with the account's orders; None where there is none.

        :param symbol: The market to show, checked; None for no particular one.
        """
        return None
