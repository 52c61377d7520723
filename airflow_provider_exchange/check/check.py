"""
The check of a connection, as an operation: reads only, each for a finding of its own.

No reading keeps the others from being made: one that fails is a finding. One that fails for a passing reason is made
once more, because the first contact is to teach what the venue is like, and not how the network is. Each is limited
in time and in requests, so that a check ends within seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_exchange.check.cancel_right import cancel_right
from airflow_provider_exchange.check.findings import Finding, Mark, wrong
from airflow_provider_exchange.check.orders import Shown, field_findings, plural, shown_in
from airflow_provider_exchange.check.wire import (
    clock_finding,
    latency_finding,
    limits_finding,
    refusals,
    totals_finding,
)
from airflow_provider_exchange.errors import AuthenticationError, ExchangeError, OrderNotFoundError, TransientError
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.models import Order, OrderRef
from airflow_provider_exchange.one_line import one_line
from airflow_provider_exchange.protocol.steps import Operation, briefly, venue_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["Check"]

T = TypeVar("T")

LONGEST_READING = 5.0
"""Seconds for one reading; a venue that needs longer is slow, which is a finding, too."""
MOST_HISTORY_CALLS = 6
"""How many requests the reading of the history makes: to see what it looks like, not to read it all."""
NOTHING: dict[str, bool] = {}


@dataclass(frozen=True, slots=True)
class _Failed:
    """A reading that failed."""

    error: ExchangeError


class Check:
    """
    One check of one connection.

    :param witness: Takes note of what is exchanged.
    :param symbol: A market in which the account has traded, checked; None for whichever the account shows.
    :param cancels: Whether to cancel an order that cannot exist, to learn whether the key may.
    """

    def __init__(
        self, exchange: Exchange, witness: Witness, *, symbol: str | None = None, cancels: bool = False
    ) -> None:
        self._exchange = exchange
        self._witness = witness
        self._symbol = symbol
        self._cancels = cancels
        self._findings: list[Finding] = []
        self._read: set[str] = set()
        self._live: dict[str, Order] | None = None

    def run(self) -> Operation[tuple[Finding, ...]]:
        """Make every reading, and return the findings; a failed one is among them, and no error."""
        self._exchange.begin()
        is_known = yield from self._key()
        if is_known:
            yield from self._withdrawals()
            listed = yield from self._open_orders()
            ended = yield from self._history(listed)
            yield from self._one_order([*listed, *ended])
            self._findings += field_findings(self._exchange, self._shown(listed, ended))
        markets = yield from self._markets()
        yield from self._clock()
        exchanged = self._witness.exchanged
        if total := totals_finding(self._exchange, self._witness.of("open orders")):
            self._findings.append(total)
        self._findings += refusals(exchanged, self._read)
        if is_known:
            yield from self._cancel_right(markets)
        self._findings += [limits_finding(self._exchange, exchanged), latency_finding(exchanged)]
        return tuple(self._findings)

    def _ask(
        self, purpose: str, assumed: str, begin: Callable[[], Operation[T]], most: int | None = None
    ) -> Operation[T | _Failed | None]:
        """
        Make one reading, and once more if it failed for a passing reason.

        :param purpose: The name of its finding.
        :param begin: Begins it.
        :param most: How many requests it may make; None for any number.
        :return: Its result; None if it wanted to make more requests.
        """
        first: ExchangeError | None = None
        while True:
            try:
                result = yield from briefly(self._witness.watch(begin(), purpose, most), LONGEST_READING)
            except ExchangeError as error:
                passes = isinstance(error, TransientError) and not isinstance(error, OrderNotFoundError)
                if first is not None or not passes or self._is_silent(purpose):
                    return _Failed(error)
                first = error
                continue
            if first is not None:
                self._add(purpose, Mark.UNSURE, assumed, f"answered at the second try only; at first: {first}")
            self._read.add(purpose)
            return result

    def _is_silent(self, purpose: str) -> bool:
        """Whether the venue let all the time pass: it would do so again."""
        asked = self._witness.of(purpose)
        return bool(asked) and asked[-1].response is None and self._witness.since(asked[-1]) > LONGEST_READING / 2

    def _add(self, check: str, mark: Mark, assumed: str, shown: str) -> None:
        self._findings.append(Finding(check, mark, assumed, shown))

    def _key(self) -> Operation[bool]:
        """Return whether to go on with the key: not after the venue said that it does not know it."""
        assumed = "accepted for reading"
        result = yield from self._ask("key", assumed, self._exchange.probe)
        if not isinstance(result, _Failed):
            self._add("key", Mark.OK, assumed, f"{self._exchange.title} accepts the key for reading")
            return True
        is_known = not isinstance(result.error, AuthenticationError)
        rest = "" if is_known else ". Nothing else was asked with this key"
        self._findings.append(wrong("key", assumed, f"{result.error}{rest}"))
        return is_known

    def _clock(self) -> Operation[None]:
        assumed = "told by the venue"
        told = yield from self._ask("clock", assumed, lambda: self._exchange.server_time() or _nothing())
        if isinstance(told, _Failed):
            self._findings.append(wrong("clock", assumed, told.error))
        else:
            self._findings.append(clock_finding(self._witness, told))

    def _withdrawals(self) -> Operation[None]:
        assumed = "the key may not withdraw"
        match (yield from self._ask("withdrawals", assumed, lambda: self._exchange.may_withdraw() or _nothing())):
            case None:
                shown = f"{self._exchange.title} does not tell. Make sure there that it may not"
            case _Failed(error):
                shown = f"could not be read: {error}. Make sure at the exchange that it may not"
            case True:
                shown = (
                    "this key may withdraw. Take that right from it: whoever has the key could empty the account"
                )
            case _:
                self._add("withdrawals", Mark.OK, assumed, "it may not")
                return
        self._add("withdrawals", Mark.UNSURE, assumed, shown)

    def _open_orders(self) -> Operation[list[Order]]:
        """Read the list of open orders twice, as a sweep does: no single answer proves that nothing is there."""
        assumed = "every page can be read, twice alike"
        lists: list[dict[str, Order]] = []
        for _ in range(2):
            result = yield from self._ask("open orders", assumed, self._exchange.list_open)
            if isinstance(result, _Failed):
                shown = (
                    f"could not be read: {result.error}. A sweep would fail, and cancel nothing that it cannot list"
                )
                self._findings.append(wrong("open orders", assumed, shown))
                return []
            live = [order for order in result or () if not order.state.is_terminal]
            lists.append({str(key): order for key, order in by_key(self._exchange.key, live).items()})
        before, after = lists
        self._live = before | after
        requests = plural(len(self._witness.of("open orders")), "request")
        if before.keys() == after.keys():
            self._add("open orders", Mark.OK, assumed, f"{plural(len(after), 'order')}, twice alike, in {requests}")
        else:
            self._add(
                "open orders",
                Mark.UNSURE,
                assumed,
                f"one read shows {plural(len(before), 'order')} and the next one {len(after)}, "
                f"{len(before.keys() ^ after.keys())} of them in one list only. Unless you or a program trades with "
                "this account just now, single answers of this venue prove nothing: leave flat_for at 1 s or more",
            )
        return list(self._live.values())

    def _history(self, listed: list[Order]) -> Operation[list[Order]]:
        """Read the beginning of the history, and return the ended orders that it shows."""
        assumed = "ended orders can be read"
        symbols = sorted({order.symbol for order in listed if order.can_be_named})[:1]
        symbols = symbols if self._symbol is None else [self._symbol]
        now, _ = yield from venue_time()
        since = now - timedelta(days=1)
        found: list[Order] = []

        def begin() -> Operation[object]:
            reading = self._exchange.list_ended(symbols or None, since, found)
            if reading is None:
                return self._exchange.has_orders(symbols[0]) if symbols else _nothing()
            return reading

        result = yield from self._ask("history", assumed, begin, MOST_HISTORY_CALLS)
        asked = self._witness.of("history")
        if isinstance(result, _Failed):
            shown = f"could not be read: {result.error}. A sweep that cancels many orders reads there what became of them"
            self._findings.append(wrong("history", assumed, shown))
            return found
        if not asked:
            shown = (
                "the package reads them one by one" if symbols else "not read, as no market is known to have any"
            )
            self._add("history", Mark.OK if symbols else Mark.UNSURE, assumed, f"{shown}; name one with symbol")
            return found
        where = f" of {symbols[0]}" if symbols else ""
        rest = "; there may be more" if "history" in self._witness.cut_short else ""
        count = len(by_key(self._exchange.key, found)) or len(shown_in(self._exchange, asked))
        self._add(
            "history",
            Mark.OK,
            assumed,
            one_line(f"{plural(count, 'order')}{where} in {plural(len(asked), 'answer')}{rest}"),
        )
        return found

    def _one_order(self, known: list[Order]) -> Operation[None]:
        """Read one order by its id, and hold it against the list that showed it."""
        assumed = "an order can be read by its id, as the list shows it"
        order = next((order for order in known if order.can_be_named), None)
        if order is None:
            self._add("one order", Mark.UNSURE, assumed, "not tried, as no order is known whose id can be read")
            return
        ref = OrderRef(order.order_id, order.symbol)
        result = yield from self._ask("one order", assumed, lambda: self._exchange.read_order(ref))
        match result:
            case _Failed(OrderNotFoundError() as error):
                shown = (
                    f"a list shows the order {ref}, but a read of it says: {error.message}. A sweep could not prove "
                    "what became of it"
                )
                self._findings.append(wrong("one order", assumed, shown))
            case _Failed(error):
                self._findings.append(wrong("one order", assumed, f"the order {ref} could not be read: {error}"))
            case Order() if differing := _differences(order, result):
                shown = f"list and read tell {' and '.join(differing)} of the order {ref} in different ways"
                self._add("one order", Mark.UNSURE, assumed, shown)
            case _:
                self._add("one order", Mark.OK, assumed, f"the order {ref}, alike in list and read")

    def _shown(self, listed: list[Order], ended: list[Order]) -> list[Shown]:
        """Return each order that was seen, once, as it was written where the adapter tells how."""
        purposes = ("open orders", "history", "one order")
        shown = shown_in(self._exchange, [each for purpose in purposes for each in self._witness.of(purpose)])
        if self._exchange.assumes.order is None:
            shown = [Shown({}, order) for order in [*listed, *ended]]
        # Answers may tell different things of one order, and each of them counts.
        return list({repr(each.order): each for each in shown}.values())

    def _markets(self) -> Operation[Mapping[str, bool]]:
        assumed = "the list of markets can be read, and has those of all orders"
        result = yield from self._ask("markets", assumed, self._exchange.markets)
        if isinstance(result, _Failed):
            shown = f"could not be read: {result.error}. A misspelt symbol would look like a market without orders"
            self._add("markets", Mark.UNSURE, assumed, shown)
            return NOTHING
        markets = result or NOTHING
        traded = sum(markets.values())
        count = f"{plural(len(markets), 'market')}, {traded} of them traded at present"
        named = {order.symbol for order in (self._live or {}).values() if "symbol" not in order.unreadable}
        missing = sorted((named | ({self._symbol} if self._symbol else set())) - markets.keys())
        if not markets:
            shown = "the list is empty. A misspelt symbol would look like a market without orders"
            self._add("markets", Mark.UNSURE, assumed, shown)
        elif missing:
            shown = one_line(
                f"{count}; {', '.join(missing[:5])} not among them, as a delisted market or a misspelt one"
            )
            self._add("markets", Mark.UNSURE, assumed, shown)
        else:
            self._add("markets", Mark.OK, assumed, count)
        return markets

    def _cancel_right(self, markets: Mapping[str, bool]) -> Operation[None]:
        if self._cancels:
            finding = yield from cancel_right(self._exchange, self._witness, self._live, markets)
            self._findings.append(finding)
            return
        shown = "not tried, as a check only reads. --cancel-right cancels an order that cannot exist, to see"
        self._add("cancel right", Mark.UNSURE, "the key may cancel", shown)


def _differences(listed: Order, read: Order) -> list[str]:
    """Return what a list and a read tell differently; an order may be filled, or end, between the two."""
    names = ["side", "quantity", "price", "client_order_id"]
    differing = [name for name in names if getattr(listed, name) != getattr(read, name)]
    times = [listed.created_at, read.created_at]
    if (None in times and any(times)) or (
        listed.created_at and read.created_at and abs(listed.created_at - read.created_at) >= timedelta(seconds=1)
    ):
        differing.append("created_at")
    return differing


def _nothing() -> Operation[None]:
    """Ask nothing."""
    yield from ()
