"""The check of a connection, as an operation. It only reads, unless it is asked whether the key may cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_exchange.check.asking import Asking, Failed
from airflow_provider_exchange.check.cancel_right import cancel_right
from airflow_provider_exchange.check.findings import Finding, Mark
from airflow_provider_exchange.check.orders import Shown, field_findings, plural, shown_in
from airflow_provider_exchange.check.wire import (
    clock_finding,
    latency_finding,
    limits_finding,
    refusals,
    totals_finding,
)
from airflow_provider_exchange.errors import AuthenticationError, OrderNotFoundError, name_orders
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.models.orders import Order, OrderRef
from airflow_provider_exchange.one_line import one_line, sentences
from airflow_provider_exchange.protocol.steps import venue_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Check"]

LONGEST_LIST = 12.0
"""Seconds for one reading of all open orders. A sweep needs as long for each look, and has to be given the time."""
MOST_HISTORY_CALLS = 6
"""How many requests the reading of the history makes: to see what it looks like, not to read it all."""
UNKNOWN_MARKET = "A misspelt symbol would look like a market without orders"
NOTHING: dict[str, bool] = {}


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
        self._asking = Asking(witness)
        self._live: dict[str, Order] | None = None

    def run(self) -> Operation[tuple[Finding, ...]]:
        """Make every reading, and return the findings; a failed one is among them, and no error."""
        self._exchange.begin()
        is_known = yield from self._key()
        if is_known:
            yield from self._withdrawals()
            yield from self._orders()
        markets = yield from self._markets()
        yield from self._clock()
        exchanged = self._witness.exchanged
        if total := totals_finding(self._exchange, self._witness.of("open orders")):
            self._asking.findings.append(total)
        self._asking.findings += refusals(exchanged, self._asking.succeeded)
        if is_known:
            yield from self._cancel_right(markets)
        self._asking.findings += [limits_finding(self._exchange, exchanged), latency_finding(exchanged)]
        return tuple(self._asking.findings)

    def _orders(self) -> Operation[None]:
        """Look at the account's orders, as far as they are shown."""
        if not self._exchange.has_lists:
            shown = (
                "not read: what lists leave out is not known here, so only orders that are named can be cancelled"
            )
            self._asking.find("open orders", Mark.UNSURE, "every live order is listed", shown)
            return
        listed = yield from self._open_orders()
        ended = yield from self._history(listed)
        yield from self._one_order([*listed, *ended])
        self._asking.findings += field_findings(self._exchange, self._shown(listed, ended))

    def _key(self) -> Operation[bool]:
        """Return whether to go on with the key: not after the venue said that it does not know it."""
        assumed = "accepted for reading"
        result = yield from self._asking.ask("key", assumed, self._exchange.probe)
        if not isinstance(result, Failed):
            self._asking.find("key", Mark.OK, assumed, f"{self._exchange.title} accepts the key for reading")
            return True
        is_known = not isinstance(result.error, AuthenticationError)
        rest = "" if is_known else ". Nothing else was asked with this key"
        self._asking.find("key", Mark.WRONG, assumed, f"{result.error}{rest}")
        return is_known

    def _clock(self) -> Operation[None]:
        assumed = "told by the venue"
        told = yield from self._asking.ask("clock", assumed, lambda: self._exchange.server_time() or _nothing())
        if isinstance(told, Failed):
            self._asking.find("clock", Mark.WRONG, assumed, str(told.error))
        else:
            self._asking.findings.append(clock_finding(self._witness, told))

    def _withdrawals(self) -> Operation[None]:
        assumed = "the key may not withdraw"
        match (
            yield from self._asking.ask("withdrawals", assumed, lambda: self._exchange.may_withdraw() or _nothing())
        ):
            case None:
                shown = f"{self._exchange.title} does not tell. Make sure there that it may not"
            case Failed(error):
                shown = sentences(f"could not be read: {error}", "Make sure at the exchange that it may not")
            case True:
                shown = (
                    "this key may withdraw. Take that right from it: whoever has the key could empty the account"
                )
            case _:
                self._asking.find("withdrawals", Mark.OK, assumed, "it may not")
                return
        self._asking.find("withdrawals", Mark.UNSURE, assumed, shown)

    def _open_orders(self) -> Operation[list[Order]]:
        """Read the list of open orders twice, as a sweep does: no single answer proves that nothing is there."""
        assumed = "every page can be read, twice alike"
        lists: list[dict[str, Order]] = []
        for _ in range(2):
            result = yield from self._asking.ask(
                "open orders", assumed, self._exchange.list_open, seconds=LONGEST_LIST
            )
            if isinstance(result, Failed) and lists:
                (self._live,) = lists
                shown = f"{plural(len(self._live), 'order')}, but a second read failed: {result.error}"
                self._asking.find("open orders", Mark.UNSURE, assumed, shown)
                return list(self._live.values())
            if isinstance(result, Failed):
                shown = sentences(
                    f"could not be read: {result.error}", "A sweep would fail, and leave what it cannot list"
                )
                self._asking.find("open orders", Mark.WRONG, assumed, shown)
                return []
            live = [order for order in result or () if not order.state.is_terminal]
            lists.append({str(key): order for key, order in by_key(self._exchange.key, live).items()})
        before, after = lists
        self._live = before | after
        requests = plural(len(self._witness.of("open orders")), "request")
        if before.keys() == after.keys():
            self._asking.find(
                "open orders", Mark.OK, assumed, f"{plural(len(after), 'order')}, twice alike, in {requests}"
            )
        else:
            self._asking.find(
                "open orders",
                Mark.UNSURE,
                assumed,
                f"one read shows {plural(len(before), 'order')} and the next one {len(after)}, "
                f"{len(before.keys() ^ after.keys())} of them in one list only. Unless somebody trades with this "
                "account just now, single answers of this venue prove nothing: leave flat_for at 1 s or more",
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

        result = yield from self._asking.ask("history", assumed, begin, MOST_HISTORY_CALLS)
        asked = self._witness.of("history")
        if isinstance(result, Failed):
            shown = sentences(
                f"could not be read: {result.error}", "A sweep of many orders reads there what became of them"
            )
            self._asking.find("history", Mark.WRONG, assumed, shown)
            return found
        if not asked:
            if symbols:
                self._asking.find("history", Mark.OK, assumed, "the package reads them one by one")
            else:
                shown = "not read, as no market with orders is known; name one with --symbol"
                self._asking.find("history", Mark.UNSURE, assumed, shown)
            return found
        unlisted = [order.ref for order in found if not order.state.is_terminal and not self._is_listed(order)]
        if unlisted and self._live is not None:
            shown = (
                f"it shows {plural(len(unlisted), 'live order')} that no list of open orders shows: "
                f"{name_orders(unlisted)}. Unless you placed such an order just now, a sweep would not see it"
            )
            self._asking.find("history", Mark.WRONG, assumed, shown)
            return found
        where = f" of {symbols[0]}" if symbols else ""
        rest = "; there may be more" if "history" in self._witness.cut_short else ""
        count = len(by_key(self._exchange.key, found)) or len(shown_in(self._exchange, asked))
        self._asking.find(
            "history",
            Mark.OK,
            assumed,
            one_line(f"{plural(count, 'order')}{where} in {plural(len(asked), 'answer')}{rest}"),
        )
        return found

    def _is_listed(self, order: Order) -> bool:
        return str(self._exchange.key(order)) in (self._live or {})

    def _one_order(self, known: list[Order]) -> Operation[None]:
        """Read one order by its id, and hold it against the list that showed it."""
        assumed = "an order can be read by its id, as the list shows it"
        order = next((order for order in known if order.can_be_named), None)
        if order is None:
            self._asking.find(
                "one order", Mark.UNSURE, assumed, "not tried, as no order is known whose id can be read"
            )
            return
        ref = OrderRef(order.order_id, order.symbol)
        result = yield from self._asking.ask("one order", assumed, lambda: self._exchange.read_order(ref))
        match result:
            case Failed(OrderNotFoundError() as error):
                shown = sentences(
                    f"a list shows the order {ref}, but a read of it says: {error.message}",
                    "A sweep could not prove what became of it",
                )
                self._asking.find("one order", Mark.WRONG, assumed, shown)
            case Failed(error):
                self._asking.find("one order", Mark.WRONG, assumed, f"the order {ref} could not be read: {error}")
            case Order() if differing := _differences(order, result):
                shown = f"list and read tell {' and '.join(differing)} of the order {ref} in different ways"
                self._asking.find("one order", Mark.UNSURE, assumed, shown)
            case _:
                self._asking.find("one order", Mark.OK, assumed, f"the order {ref}, alike in list and read")

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
        result = yield from self._asking.ask("markets", assumed, self._exchange.markets)
        if isinstance(result, Failed):
            shown = sentences(f"could not be read: {result.error}", UNKNOWN_MARKET)
            self._asking.find("markets", Mark.UNSURE, assumed, shown)
            return NOTHING
        markets = result or NOTHING
        traded = sum(markets.values())
        count = f"{plural(len(markets), 'market')}, {traded} of them traded at present"
        named = {order.symbol for order in (self._live or {}).values() if "symbol" not in order.unreadable}
        missing = sorted((named | ({self._symbol} if self._symbol else set())) - markets.keys())
        if not markets:
            shown = f"the list is empty. {UNKNOWN_MARKET}"
            self._asking.find("markets", Mark.UNSURE, assumed, shown)
        elif missing:
            shown = one_line(
                f"{count}; {', '.join(missing[:5])} not among them, as a delisted market or a misspelt one"
            )
            self._asking.find("markets", Mark.UNSURE, assumed, shown)
        else:
            self._asking.find("markets", Mark.OK, assumed, count)
        return markets

    def _cancel_right(self, markets: Mapping[str, bool]) -> Operation[None]:
        if self._cancels:
            finding = yield from cancel_right(self._exchange, self._witness, self._live, markets)
            self._asking.findings.append(finding)
            return
        shown = "not tried, as a check only reads. --cancel-right cancels an order that cannot exist, to see"
        self._asking.find("cancel right", Mark.UNSURE, "the key may cancel", shown)


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
