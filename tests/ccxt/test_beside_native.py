"""
BitoPro through ccxt beside its own adapter: the same orders are cancelled, and the reports say the same of them.

Each situation is played twice against the same paper book, once through each adapter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import Account, through_ccxt
from tests.sweeps import cancel_order, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.models.reports import CancelResult
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PAIR, OTHER_PAIR = "btc_usdt", "eth_usdt"
HOUR = 3600


@dataclass(frozen=True)
class Placed:
    """
    An order of the paper book.

    :param order_id: its id.
    :param how: the rest.
    """

    order_id: str
    how: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """
    What came of a run, as far as both adapters must agree.

    :param results: the results by order, without times.
    :param error: the kind of the error that ended it, and the orders that it names.
    :param book: every order of the book, and its state and filled amount.
    """

    results: dict[str, CancelResult]
    error: tuple[str, frozenset[str | None]] | None
    book: dict[str, tuple[str, str]]


def without_times(result: CancelResult) -> CancelResult:
    """Return a result without what differs because one run comes after the other."""
    order: Order | None = result.order
    if order is not None:
        order = replace(order, created_at=None)
    return replace(result, order=order, cancel_sent_at=None, read=None)


ODD_BOOK = [
    Placed("11"),
    Placed("12", {"filled": "0.25"}),
    Placed("SL-13", {"stop_price": "90"}),
    Placed("14", {"client_order_id": "77"}),
    Placed("15", {"symbol": OTHER_PAIR, "side": "BUY", "age": 2 * HOUR}),
    Placed("16", {"symbol": OTHER_PAIR, "client_order_id": "78", "filled": "0.5"}),
    Placed("17", {"state": "filled"}),
    Placed("18", {"state": "cancelled", "filled": "0.5"}),
    Placed("19", {"side": "BUY", "age": 3 * HOUR}),
]
"""Every kind of order that this venue shows."""
EVERY_ID = [placed.order_id for placed in ODD_BOOK]


class Both:
    """
    The account, through its own adapter and through ccxt.

    :param sandbox: where it is.
    """

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.accounts = (
            Account(sandbox, "bitopro"),
            Account(sandbox, "bitopro", **through_ccxt(sandbox, "bitopro")),
        )

    def endings(
        self, run: Callable[[Account], list[CancelResult]], book: Sequence[Placed], faults: Sequence[Fault] = ()
    ) -> list[Ending]:
        """Return what comes of a run, through one adapter and through the other."""
        return [self._ending(account, run, book, faults) for account in self.accounts]

    def _ending(
        self,
        account: Account,
        run: Callable[[Account], list[CancelResult]],
        book: Sequence[Placed],
        faults: Sequence[Fault],
    ) -> Ending:
        self.sandbox.reset()
        for placed in book:
            self.sandbox.place("bitopro", **{"symbol": PAIR, "order_id": placed.order_id, **placed.how})
        for fault in faults:
            self.sandbox.faults.add(fault)
        results: list[CancelResult] = []
        told = None
        try:
            results = run(account)
        except ExchangeError as error:
            told = type(error).__name__, frozenset(ref.order_id for ref in error.orders)
            results = [] if error.report is None else list(error.report.results)
        return Ending(
            {str(result.ref.order_id): without_times(result) for result in results},
            told,
            {order.order_id: (order.state, str(order.filled)) for order in self.sandbox.book("bitopro")},
        )

    def close(self) -> None:
        for account in self.accounts:
            account.close()


@pytest.fixture
def both(sandbox: RunningSandbox) -> Iterator[Both]:
    made = Both(sandbox)
    yield made
    made.close()


def swept(timeout: float = 30, **arguments: Any) -> Callable[[Account], list[CancelResult]]:
    """Return what sweeps with the arguments of a user."""
    return lambda account: list(sweep(account, timeout, **arguments).results)


def one(ref: OrderRef) -> Callable[[Account], list[CancelResult]]:
    """Return what cancels one order."""

    def run(account: Account) -> list[CancelResult]:
        exchange: Exchange = account.exchange
        return [account.run(cancel_order(exchange, ref, {}, poll_interval=2), 30)]

    return run


SELECTIONS: dict[str, dict[str, Any]] = {
    "everything": {},
    "a market": {"symbols": "BTC/USDT"},
    "two markets": {"symbols": [PAIR, OTHER_PAIR]},
    "a market that is none": {"symbols": "btc_twdd"},
    "a side": {"side": "buy"},
    "old ones": {"older_than": timedelta(hours=1)},
    "a prefix": {"client_order_id_prefix": "77"},
    "all but a market": {"except_symbols": [OTHER_PAIR]},
    "all but a prefix": {"except_client_order_id_prefix": "7"},
    "named": {"orders": [{"order_id": each, "symbol": PAIR} for each in ("11", "12", "SL-13", "17", "18")]},
    "named unknown ones": {"orders": [{"order_id": each, "symbol": PAIR} for each in ("11", "999")]},
    "named of another market": {"orders": [{"order_id": "15", "symbol": PAIR}]},
    "named by the client": {"orders": [{"client_order_id": "78", "symbol": OTHER_PAIR}]},
    "too many": {"max_orders": 3},
    "a dry run": {"dry_run": True},
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
def test_a_selection(both: Both, selection: dict[str, Any]) -> None:
    native, through = both.endings(swept(**selection), ODD_BOOK)
    assert through == native


def test_without_waiting_the_same_orders_are_cancelled(both: Both) -> None:
    """What is told of them depends on how many lists are read, and a margin book has one of its own."""
    native, through = both.endings(swept(wait=False), ODD_BOOK)
    assert (through.results.keys(), through.error, through.book) == (
        native.results.keys(),
        native.error,
        native.book,
    )


FAULTS: dict[str, list[Fault]] = {
    "cancels take their time": [Fault("cancelling", reads=3)],
    "a member that a batch ignores": [Fault("ignore_batch_member", orders=("12",))],
    "a first member that a batch ignores": [Fault("ignore_batch_member")],
    "a cancel that is refused": [Fault("refuse_cancel", orders=("14",))],
    "all cancels are refused": [Fault("refuse_cancel")],
    "filled on the way": [Fault("fill_on_cancel", orders=("12", "15"))],
    "filled in part on the way": [Fault("fill_on_cancel", quantity="0.125")],
    "an answer that is lost": [Fault("drop_after", route="cancels", times=1)],
    "a request that is lost": [Fault("drop_before", route="cancels", times=1)],
    "a page instead of an answer": [Fault("html", route="cancels", times=2)],
    "a failure that acts": [Fault("status", route="cancels", status=502, acts=True, times=1)],
    "too many requests": [Fault("rate_limit", route="cancels", retry_after="1", times=2)],
    "an empty list": [Fault("phantom_empty", route="open_orders")],
    "a list that is null": [Fault("null", route="open_orders", times=1)],
    "lists are late": [Fault("stale_reads", route="open_orders", reads=2, times=4)],
    "an answer that is cut": [Fault("truncate", route="open_orders", times=1)],
    "an empty answer": [Fault("empty_200", route="open_orders", times=2)],
    "a list that stays unreadable": [Fault("null_data", route="open_orders"), Fault("html", route="order")],
    **{
        f"an odd {name}": [Fault("odd_order", route="open_orders", field=name)]
        for name in ("symbol", "order_id", "side", "state", "price", "quantity", "created_at")
    },
    **{
        f"an order with an odd {name}": [
            Fault("odd_order", route="open_orders", field=name, real=True, orders=("12",))
        ]
        for name in ("side", "state", "price", "quantity", "created_at", "client_order_id")
    },
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_sweep_while_something_is_wrong(both: Both, faults: list[Fault]) -> None:
    native, through = both.endings(swept(), ODD_BOOK, faults)
    assert through == native
    native, through = both.endings(swept(side="sell"), ODD_BOOK, faults)
    assert through == native


@pytest.mark.parametrize(
    "faults",
    [
        [],
        *([Fault("cancelling", reads=2)], [Fault("refuse_cancel")], [Fault("fill_on_cancel")]),
        *([Fault("drop_after", route="cancels", times=1)], [Fault("status", route="order", status=503, times=2)]),
        [Fault("stale_reads", reads=1, times=2)],
    ],
    ids=lambda faults: " ".join(fault.kind for fault in faults) or "nothing",
)
def test_single_cancels(both: Both, faults: list[Fault]) -> None:
    refs = [
        *(OrderRef(order_id, PAIR) for order_id in ("11", "12", "SL-13", "17", "18", "999")),
        *(OrderRef("15", OTHER_PAIR), OrderRef("15", PAIR), OrderRef(None, PAIR, "77")),
    ]
    for ref in refs:
        native, through = both.endings(one(ref), ODD_BOOK, faults)
        assert through == native, ref


def test_more_orders_than_a_batch_holds(both: Both) -> None:
    native, through = both.endings(swept(), [Placed(str(number)) for number in range(1, 241)])
    assert through == native
    assert len(native.results) == 240


ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "symbol": st.sampled_from([PAIR, OTHER_PAIR]),
            "side": st.sampled_from(["BUY", "SELL"]),
            "filled": st.sampled_from(["0", "0.25"]),
            "age": st.sampled_from([0, 2 * HOUR]),
            "client_order_id": st.sampled_from(["", "77", "78", "8"]),
            "state": st.sampled_from([None, None, None, "cancelled", "expired"]),
            "stop_price": st.sampled_from([None, None, "90"]),
        }
    ),
    max_size=12,
)
CHOSEN = st.fixed_dictionaries(
    {},
    optional={
        "symbols": st.sampled_from([PAIR, "ETH/USDT"]),
        "side": st.sampled_from(["buy", "sell"]),
        "older_than": st.just(HOUR),
        "client_order_id_prefix": st.sampled_from(["7", "78"]),
        "except_symbols": st.just([OTHER_PAIR]),
        "except_client_order_id_prefix": st.just("8"),
    },
)
TROUBLES = st.lists(
    st.sampled_from([faults[0] for name, faults in FAULTS.items() if "stays" not in name]), max_size=2
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(orders=ORDERS, chosen=CHOSEN, troubles=TROUBLES)
def test_any_book(both: Both, orders: list[dict[str, Any]], chosen: dict[str, Any], troubles: list[Fault]) -> None:
    book = [
        Placed(f"{'SL-' if order['stop_price'] else ''}{number}", order)
        for number, order in enumerate(orders, start=11)
    ]
    native, through = both.endings(swept(**chosen), book, troubles)
    assert through == native
