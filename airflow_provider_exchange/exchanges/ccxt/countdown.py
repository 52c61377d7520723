"""The dead man's switch of a certified exchange: the part of its profile, and what sends and reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.dead_mans_switch import DeadMansSwitch
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.books import BookReader
    from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Listing, Params
    from airflow_provider_exchange.exchanges.dead_mans_switch import Told
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Countdown", "CountdownCall", "CountdownSwitch", "Ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountdownCall:
    """
    The call that starts one of the exchange's countdowns, starts it anew, or ends it.

    :param endpoint: Where; its limit has the rate limit of these calls.
    :param params: Takes the seconds of the countdown, 0 to end it, and returns the parameters.
    :param read: Takes the data of the answer; raises ``UnreadableResponseError`` where it tells no trigger time.
    :param market_type: The name of the :class:`.MarketType` whose orders it is about; None for those of all.
    """

    endpoint: Endpoint
    params: Callable[[int], Params]
    read: Callable[[Any], Told]
    market_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """
    A list that shows which orders a countdown has cancelled.

    :param book: The title of their :class:`.Book`.
    :param listing: The list, the latest first. Only its first page is read.
    :param is_meant: Whether the exchange names the countdown as what cancelled the order of a row.
    """

    book: str
    listing: Listing
    is_meant: Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """
    The dead man's switch of an exchange. No cancel signs its calls; they are not among :meth:`.Profile.endpoints`.

    :param calls: One for each countdown that together reach the account.
    :param shortest: See :attr:`.DeadMansSwitch.shortest`.
    :param longest: See :attr:`.DeadMansSwitch.longest`.
    :param reaches: See :attr:`.DeadMansSwitch.reaches`.
    :param spares: See :attr:`.DeadMansSwitch.spares`.
    :param ended: Where the orders are shown that it has cancelled, where the exchange says so.
    """

    calls: Sequence[CountdownCall]
    shortest: int
    longest: int
    reaches: str
    spares: str
    ended: Sequence[Ended] = ()

    def endpoints(self) -> frozenset[Endpoint]:
        """Return every call that may be made for it."""
        return frozenset([*(call.endpoint for call in self.calls), *(each.listing.endpoint for each in self.ended)])


class CountdownSwitch(DeadMansSwitch):
    """
    The countdowns of one account.

    :param countdown: Of its exchange's profile.
    :param asking: Makes the calls of that countdown, and no others.
    :param readers: Read orders, by the title of their book; those of the books that the connection covers.
    :param market_types: The names of the kinds of market that the connection covers.
    """

    def __init__(
        self,
        countdown: Countdown,
        asking: Asking,
        readers: Mapping[str, BookReader],
        market_types: Collection[str],
    ) -> None:
        self.shortest = countdown.shortest
        self.longest = countdown.longest
        self.reaches = countdown.reaches
        self.spares = countdown.spares
        self._calls = [call for call in countdown.calls if call.market_type in (None, *market_types)]
        self._ended = [each for each in countdown.ended if each.book in readers]
        self._asking = asking
        self._readers = readers

    def set(self, seconds: int) -> Operation[list[Told]]:
        """Start the countdowns one after the other, or end them."""
        told: list[Told] = []
        for call in self._calls:
            wanted = self._asking.call(call.endpoint, call.params(seconds), call.read)
            told.append((yield from ask(wanted)))
        return told

    def cancelled_since(self, since: datetime) -> Operation[list[Order]] | None:
        """Read the lists of ended orders."""
        return self._cancelled_since(since) if self._ended else None

    def _cancelled_since(self, since: datetime) -> Operation[list[Order]]:
        found: list[Order] = []
        for each in self._ended:
            rows = yield from ask(self._asking.listed(each.listing))
            meant = [row for row in rows if isinstance(row, dict) and each.is_meant(row)]
            found += self._readers[each.book].orders(meant)
        return [order for order in found if order.changed_at is not None and order.changed_at >= since]
