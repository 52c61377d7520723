"""What a person reads: lines of progress, and the table at the end."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.models.orders import Moment, Order, OrderRef, OrderState, Side
from airflow_provider_exchange.models.reports import CancelReport, CancelResult, Outcome
from airflow_provider_exchange.operations.progress import Progress
from airflow_provider_exchange.operations.selection import Selection
from airflow_provider_exchange.operations.table import age_in_words, headline, listing, table
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
        order=Order("bitopro", str(number), "btc_usdt", state, "", Side.SELL, Decimal(2), price=Decimal(90)),
    )


def test_the_table_names_survivors_first_and_then_what_traded() -> None:
    results = (
        result(1, Outcome.CANCELLED, OrderState.CANCELLED, "0"),
        result(2, Outcome.CANCELLED, OrderState.CANCELLED, "0.5"),
        result(3, Outcome.FILLED, OrderState.FILLED, "1"),
        result(1234567890, Outcome.ALREADY_CANCELLED, OrderState.CANCELLED, "1E-8"),
        result(5, None, OrderState.OPEN),
    )
    report = CancelReport("bitopro", results, open_after=1)
    assert headline(report) == "bitopro: 2 cancelled, 1 filled, 1 already cancelled, 1 unknown"
    assert table(report) == [
        "symbol    side  price  quantity      filled  outcome            state      order",
        "--------  ----  -----  --------  ----------  -----------------  ---------  ----------",
        "btc_usdt  sell     90         2              unknown            open       5",
        "btc_usdt  sell     90         2           1  filled             filled     3",
        "btc_usdt  sell     90         2         0.5  cancelled          cancelled  2",
        "btc_usdt  sell     90         2  0.00000001  already cancelled  cancelled  1234567890",
        "btc_usdt  sell     90         2           0  cancelled          cancelled  1",
    ]


def test_a_table_shows_what_a_person_needs_to_decide() -> None:
    created = datetime(2026, 11, 30, 12, tzinfo=UTC)
    order = Order(
        *("bitopro", "7", "btc_usdt", OrderState.OPEN, "-1", Side.BUY, Decimal(2), Decimal(0), Decimal(90)),
        client_order_id="12",
        created_at=created,
        kind="STOP_LIMIT",
        stop_price=Decimal("95.5"),
        is_waiting=True,
    )
    read = Moment(created + timedelta(days=2, hours=3, minutes=4))
    told = CancelResult(
        "bitopro", order.ref, Outcome.NOT_SENT, order.state, Decimal(0), confirmed=False, order=order, read=read
    )
    report = CancelReport("bitopro", (told,), 1, dry_run=True, conn_id="desk", account="ab12")
    assert headline(report) == "dry run | desk (bitopro, account ab12): 1 not sent"
    assert [line.partition("  filled")[0].split("  2 d")[0].strip() for line in table(report)][::2] == [
        "dry run | symbol    side  type                 price  quantity",
        "dry run | btc_usdt  buy   STOP_LIMIT  90 (stop 95.5)         2       0",
    ]
    assert table(report)[-1].split("  2 d")[-1].split() == ["03", "h", "not", "sent", "waiting", "12", "7"]
    assert all(line.startswith("dry run | ") for line in table(report))
    assert str(order.ref) == "7 (btc_usdt, waiting)"


@pytest.mark.parametrize(
    ("is_waiting", "stop", "said"),
    [(True, "95", "waiting"), (None, "95", "open or waiting"), (False, "95", "open"), (None, None, "open")],
)
def test_a_waiting_stop_is_never_called_open(is_waiting: bool | None, stop: str | None, said: str) -> None:
    price = None if stop is None else Decimal(stop)
    order = Order("nami", "1", "BTCUSDT", OrderState.OPEN, "NEW", stop_price=price, is_waiting=is_waiting)
    assert (order.standing, str(order.ref)) == (said, f"1 (BTCUSDT, {said})")
    assert listing({"a": [order]}, {"a": Moment(datetime.now(UTC))})[-1].split("  ")[-2].strip() == said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3661, "1 h 01 min"), (93600, "1 d 02 h")],
)
def test_an_age_has_two_units(seconds: float | None, words: str) -> None:
    assert age_in_words(seconds) == words


def test_a_long_table_is_cut_and_counts_the_rest() -> None:
    filled = result(0, Outcome.FILLED, OrderState.FILLED, "2")
    gone = [result(number, Outcome.CANCELLED, OrderState.CANCELLED) for number in range(1, 1500)]
    report = CancelReport("bitopro", (*gone, filled), open_after=0)
    lines = table(report)
    assert len(lines) == 2 + 50 + 1
    assert lines[2].endswith(" 0")
    assert lines[-1] == "and 1450 more: 1450 cancelled"
    dumped = report.dump()
    assert (len(dumped["orders"]), dumped["left_out"]) == (1000, {"cancelled": 500})
    assert dumped["orders"][0]["outcome"] == "filled"
    assert report.summary()["orders"][0]["outcome"] == "filled"


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
    none = f"none of 8 open orders is of {mine}"
    proof = "as proved at (now) UTC"
    assert at_no_time(headline(report)) == f"{account.venue}: {none}, {proof}"
    assert len(account.sandbox.live(account.venue)) == 8
    everything = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert at_no_time(headline(everything)) == f"{account.venue}: 8 cancelled; the account is flat, {proof}"
    again = account.run(cancel_orders(account.exchange, selection, {}, poll_interval=1))
    assert at_no_time(headline(again)) == f"{account.venue}: nothing was open, {proof}"


def at_no_time(line: str) -> str:
    return re.sub(r"[0-9]{4}-[0-9-]+ [0-9:]{8}", "(now)", line)
