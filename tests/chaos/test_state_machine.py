"""
Sandbox and operations together, in whatever order Hypothesis thinks of, against a model of the book.

The model knows what every order must be: what was done to it by name, and nothing else. An operation that fails
or is killed may have cancelled any of the orders that it was given, and no other.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.models.reports import CancelReport, CancelResult, Outcome
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.fault_rules import KINDS, Fault
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import VENUES, Account
from tests.chaos.scenario import SLOW, with_bounded_lies
from tests.chaos.venues import PLAYED
from tests.sweeps import cancel_order, cancel_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.protocol.steps import Operation

TIMEOUT = 30
# A clock that jumps poisons BitoPro's nonces for as long as it jumped, also after the fault.
TROUBLES = sorted(KINDS - SLOW - {"skew"})
FAULTS = st.lists(
    st.builds(
        Fault,
        st.sampled_from(TROUBLES),
        route=st.sampled_from(["*", "reads", "cancels"]),
        probability=st.sampled_from([0.3, 0.6, 0.95]),
        times=st.sampled_from([1, 3, None]),
        reads=st.sampled_from([1, 4]),
    ),
    max_size=3,
)
DEATHS = st.one_of(st.none(), st.none(), st.integers(1, 8))
"""The request before which the worker is killed."""
EFFECTS: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.CANCELLING, State.CANCELLED}),
    State.OPEN: frozenset({State.CANCELLING, State.CANCELLED}),
    State.CANCELLING: frozenset({State.CANCELLED}),
}
"""What a cancel may make of an order."""


class Killed(BaseException):
    """The worker is gone."""


class CleanUps(RuleBasedStateMachine):
    venue = "nami"

    @initialize()
    def open_the_venue(self) -> None:
        self.stack = ExitStack()
        self.sandbox = self.stack.enter_context(running_sandbox())
        self.book = self.sandbox.book(self.venue)
        self.model: dict[str, PaperOrder] = {}
        self.last: Callable[[int | None], None] | None = None

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    # -- others

    @rule(
        market=st.integers(0, 1),
        side=st.sampled_from(["BUY", "SELL"]),
        filled=st.sampled_from(["0", "0.5"]),
        stop=st.booleans(),
    )
    def place(self, market: int, side: str, filled: str, stop: bool) -> None:
        how = {"stop_price": "90"} if stop else {}
        placed = self.sandbox.place(
            self.venue, PLAYED[self.venue].markets[market], side=side, quantity="2", filled=filled, **how
        )
        self.model[placed.order_id] = placed

    @precondition(lambda self: self.book.live())
    @rule(data=st.data(), part=st.booleans())
    def fill(self, data: st.DataObject, part: bool) -> None:
        order = data.draw(st.sampled_from(self.book.live()))
        self.model[order.order_id] = self.book.fill(order.order_id, order.remaining / 4 if part else None)

    @precondition(lambda self: self.book.live())
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.book.live()))
        self.model[order.order_id] = self.book.finish(order.order_id, State.EXPIRED)

    # -- the package

    @precondition(lambda self: self.model)
    @rule(data=st.data(), faults=FAULTS, dies_at=DEATHS)
    def cancel_one(self, data: st.DataObject, faults: list[Fault], dies_at: int | None) -> None:
        self._misbehave(faults)
        order = self.model[data.draw(st.sampled_from(sorted(self.model)))]

        def attempt(dies_at: int | None) -> None:
            self._run(
                {order.order_id},
                lambda account: cancel_order(
                    account.exchange,
                    account.exchange.check_ref(order.order_id, order.symbol),
                    {},
                    poll_interval=1,
                ),
                dies_at,
            )

        self.last = attempt
        attempt(dies_at)

    @rule(
        market=st.sampled_from([None, 0, 1]),
        side=st.sampled_from([None, "buy", "sell"]),
        named=st.booleans(),
        faults=FAULTS,
        dies_at=DEATHS,
    )
    def cancel_all(
        self, market: int | None, side: str | None, named: bool, faults: list[Fault], dies_at: int | None
    ) -> None:
        self._misbehave(faults)
        symbol = None if market is None else PLAYED[self.venue].markets[market]
        chosen: dict[str, Any] = {}
        if named and self.model:
            refs = list(self.model.values())[::2]
            chosen["orders"] = [{"order_id": order.order_id, "symbol": order.symbol} for order in refs]
        else:
            chosen |= {} if symbol is None else {"symbols": [symbol]}
            chosen |= {} if side is None else {"side": side}

        def attempt(dies_at: int | None) -> None:
            meant = {
                order_id
                for order_id, order in self.model.items()
                if "orders" in chosen or (symbol in (None, order.symbol) and side in (None, order.side.lower()))
            }
            if "orders" in chosen:
                meant &= {ref["order_id"] for ref in chosen["orders"]}
            self._run(
                meant,
                lambda account: cancel_orders(
                    account.exchange, Selectors(**chosen).check(account.exchange), {}, poll_interval=1
                ),
                dies_at,
            )

        self.last = attempt
        attempt(dies_at)

    @precondition(lambda self: self.last is not None)
    @rule()
    def retry_in_peace(self) -> None:
        self.sandbox.faults.clear()
        assert self.last is not None
        self.last(None)

    def _misbehave(self, faults: list[Fault]) -> None:
        self.sandbox.faults.replace(with_bounded_lies(self.venue, faults))

    def _run(self, meant: set[str], operation: Callable[[Account], Any], dies_at: int | None) -> None:
        rules = self.sandbox.faults.rules
        if any(each.kind == "stale_reads" for each in rules):
            for _ in range(16):  # a list that lags cannot show an order younger than its view
                self.book.view()
        before = len(self.sandbox.mutations())
        self.sandbox.exchange.venues[self.venue].forget()  # sleeps moved on the last run's clock, not the venue's
        account = Account(self.sandbox, self.venue)
        sent: list[str] = []

        def die(request: Request) -> None:
            if len(sent) + 1 == dies_at:
                raise Killed
            sent.append(f"{request.url} {(request.body or b'').decode()}")

        account.transport.before_send = die
        listed = whole_lists_of(account.exchange)
        try:
            result = account.run(operation(account), TIMEOUT)
        except Killed:
            pass
        except ExchangeError as error:
            known = {each for each in meant if each in listed or any(each in request for request in sent)}
            self._check_failure(error, known, sent_cancels=len(self.sandbox.mutations()) > before)
        else:
            self._check_success(result, meant)
        finally:
            account.close()
        self._adopt(meant, filling=any(each.kind == "fill_on_cancel" for each in rules))

    def _check_failure(self, error: ExchangeError, known: set[str], *, sent_cancels: bool) -> None:
        """A list that could not be read hides orders: only those that were known can be named."""
        assert self.sandbox.faults.rules, f"nothing went wrong, and yet: {error!r}"
        if sent_cancels or error.orders:
            survivors = {order.order_id for order in self.book.live()} & known
            assert survivors <= {ref.order_id for ref in error.orders}

    def _check_success(self, result: CancelResult | CancelReport, meant: set[str]) -> None:
        assert not {order.order_id for order in self.book.live()} & meant
        results = result.results if isinstance(result, CancelReport) else (result,)
        for each in results:
            assert each.confirmed
            assert each.ref.order_id in meant
            if each.outcome is not Outcome.NOT_FOUND:
                order = self.book[each.ref.order_id]
                assert each.state.value == order.state.value or self.venue == "bitopro"
                assert each.filled_quantity is not None
                assert bool(each.filled_quantity) == bool(order.filled)

    def _adopt(self, meant: set[str], *, filling: bool) -> None:
        """Take over what an operation did to the orders that it was given."""
        for order in self.book:
            known = self.model[order.order_id]
            if order.order_id in meant and order.state is not known.state:
                effects = EFFECTS.get(known.state, frozenset())
                assert order.state in effects or (filling and known.state.live and order.state is State.FILLED)
                self.model[order.order_id] = order

    @invariant()
    def the_book_is_as_the_model_says(self) -> None:
        if not hasattr(self, "book"):
            return
        self.book.live()  # lets cancels settle that are due
        for order in self.book:
            known = self.model[order.order_id]
            settled = known.state is State.CANCELLING and order.state is State.CANCELLED
            assert order.state is known.state or settled
            assert order.filled == known.filled


def whole_lists_of(exchange: Exchange) -> set[str]:
    """Return the ids that the lists of an exchange will have shown, of those that can be read as a whole."""
    shown: set[str] = set()
    list_open = exchange.list_open

    def noting(symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        orders = yield from list_open(symbols)
        shown.update(order.order_id for order in orders if order.order_id is not None)
        return orders

    exchange.list_open = noting  # type: ignore[method-assign]
    return shown


@pytest.mark.parametrize("venue", VENUES)
def test_clean_ups_against_a_model_of_the_book(venue: str) -> None:
    class OfVenue(CleanUps):
        pass

    OfVenue.venue = venue
    run_state_machine_as_test(
        OfVenue,
        settings=settings(
            max_examples=35, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
