"""What a person reads: lines of progress, and the table at the end."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.models import CancelReport, CancelResult, OrderRef, OrderState, Outcome, Side
from airflow_provider_exchange.operations.progress import Progress
from airflow_provider_exchange.operations.selection import Selection
from airflow_provider_exchange.operations.table import headline, table
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from tests.accounts import Account


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_long_sweep_tells_at_most_a_line_a_second(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange")
    progress = Progress("bitopro", clock)
    progress.selected(1000)
    for sent in range(1, 1001):
        clock.seconds += 0.05
        progress.sent(sent, 1000)
        progress.confirmed(sent)
    assert len(caplog.messages) <= 50 + 2
    assert caplog.messages[0] == "bitopro: 1000 orders selected"
    assert caplog.messages[-1] == "bitopro: 1000 of 1000 orders confirmed gone after 50.0 s"


def test_nothing_new_is_not_told_again(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange")
    progress = Progress("nami", clock)
    for _ in range(5):
        clock.seconds += 10
        progress.selected(3)
        progress.confirmed(0)
    assert caplog.messages == ["nami: 3 orders selected"]


def story(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the operations have logged, without what adapters say of their venues."""
    return [record.getMessage() for record in caplog.records if ".operations." in record.name]


def test_the_story_of_a_sweep(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange.operations")
    account.place(12)
    account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    told = story(caplog)
    assert told[0] == f"{account.venue}: 12 orders selected"
    assert told[-1].startswith(f"{account.venue}: 12 of 12 orders confirmed gone after ")
    assert len(told) <= 4


def test_nothing_open_is_no_story(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange.operations")
    account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert story(caplog) == []


def result(number: int, outcome: Outcome | None, state: OrderState, filled: str | None = None) -> CancelResult:
    return CancelResult(
        exchange="bitopro",
        ref=OrderRef(str(number), "btc_usdt"),
        outcome=outcome or Outcome.UNKNOWN,
        state=state,
        filled_quantity=None if filled is None else Decimal(filled),
        confirmed=outcome is not None,
    )


def test_the_table_is_plain_and_names_survivors_first() -> None:
    results = (
        result(1, Outcome.CANCELLED, OrderState.CANCELLED, "0.5"),
        result(1234567890, Outcome.ALREADY_CANCELLED, OrderState.CANCELLED, "1E-8"),
        result(3, None, OrderState.OPEN),
    )
    report = CancelReport("bitopro", results, open_after=1)
    assert headline(report) == "bitopro: 1 cancelled, 1 already cancelled, 1 unknown"
    assert table(report) == [
        "symbol    outcome            state          filled  order",
        "--------  -----------------  ---------  ----------  ----------",
        "btc_usdt  unknown            open                   3",
        "btc_usdt  cancelled          cancelled         0.5  1",
        "btc_usdt  already cancelled  cancelled  0.00000001  1234567890",
    ]


def test_a_long_table_is_cut() -> None:
    results = tuple(result(number, Outcome.CANCELLED, OrderState.CANCELLED) for number in range(1, 1001))
    lines = table(CancelReport("bitopro", results, open_after=0))
    assert len(lines) == 2 + 50 + 1
    assert lines[-1] == "and 950 more"


@pytest.mark.parametrize(
    ("listed", "selection", "line"),
    [
        (0, Selection(), "nothing was open"),
        (0, Selection(symbols=frozenset({"BTCUSDT"})), "nothing was open"),
        (7, Selection(symbols=frozenset({"BTCUSDT"})), "none of 7 open orders is of BTCUSDT"),
        (7, Selection(symbols=frozenset({"BTCUSDT", "ABC"})), "none of 7 open orders is of ABC or BTCUSDT"),
        (7, Selection(symbols=frozenset("CBA")), "none of 7 open orders is of A, B or C"),
        (7, Selection(symbols=frozenset("ABCDEFGH")), "none of 7 open orders is of A, B, C, D, E or 3 more"),
        (1, Selection(symbols=frozenset({"BTCUSDT"})), "the one open order is not of BTCUSDT"),
        (
            7,
            Selection(side=Side.BUY, client_order_id_prefix="bot-"),
            "none of 7 open orders is selected (side buy, client_order_id_prefix bot-)",
        ),
        (
            7,
            Selection(symbols=frozenset({"A", "B"}), older_than=timedelta(minutes=5)),
            "none of 7 open orders is selected (symbols A or B, older_than 0:05:00)",
        ),
        (1, Selection(side=Side.SELL), "the one open order is not selected (side sell)"),
        (None, Selection(), "no order was read"),
    ],
)
def test_a_report_without_results_tells_why(listed: int | None, selection: Selection, line: str) -> None:
    report = CancelReport("nami", (), open_after=0, listed=listed, selection=selection.words())
    assert headline(report) == f"nami: {line}"


def test_the_headline_counts_what_else_is_open(account: Account) -> None:
    """Live orders only, and the most that one look showed."""
    mine, others = SYMBOLS[account.venue], OTHER_SYMBOLS[account.venue]
    account.place(7, symbol=others)
    account.place(symbol=others, stop_price="90")
    selection = Selection(symbols=frozenset({mine}))
    report = account.run(cancel_orders(account.exchange, selection, {}, poll_interval=1))
    assert headline(report) == f"{account.venue}: none of 8 open orders is of {mine}"
    assert len(account.sandbox.live(account.venue)) == 8
    everything = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert headline(everything) == f"{account.venue}: 8 cancelled"
    again = account.run(cancel_orders(account.exchange, selection, {}, poll_interval=1))
    assert headline(again) == f"{account.venue}: nothing was open"
