"""A retry without a record of the first attempt tells what the venue's history shows of it, and that it does."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, SkippingTransport
from tests.chaos.play import on_transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

WITH_TIMES = ("nami", "bitopro")
"""The venues that show when an order ended."""
HISTORIES = {"nami": "history", "bitopro": "orders_of_pair"}
HOUR = timedelta(hours=1)
NOT_KNOWN = "an earlier attempt ran; what it cancelled is not known"

each_with_times = pytest.mark.parametrize("venue", WITH_TIMES)


class Killed(BaseException):
    """What no code of ours has a say in."""


class KilledAfterTheCancel(SkippingTransport):
    """Is killed before the first read after a cancel."""

    def __init__(self) -> None:
        super().__init__()
        self._is_sent = False
        self.before_send = self._die_before_a_read

    def _die_before_a_read(self, request: Request) -> None:
        if self._is_sent and request.method == "GET":
            raise Killed
        self._is_sent = request.method != "GET"


def run_of(began_ago: timedelta = HOUR, **changes: Any) -> Any:
    """Return what Airflow tells a task of its run."""
    return SimpleNamespace(**{"start_date": datetime.now(UTC) - began_ago, "clear_number": 0, **changes})


def task(conn_id: str, **kwargs: Any) -> CancelAllOrdersOperator:
    arguments = {"timeout": 30, "poll_interval": 0.05, "flat_for": 0.01, "deferrable": False, **kwargs}
    return CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=conn_id, **arguments)


def sweep(conn_id: str, attempt: int = 2, run: Any = None, **kwargs: Any) -> dict[str, Any]:
    ti = SimpleNamespace(try_number=attempt, xcom_push=lambda **_: None)
    context: Any = {"ti": ti, "dag_run": run or run_of()}
    pushed: dict[str, Any] = task(conn_id, **kwargs).execute(context)
    return pushed


def die_after_cancelling(conn_id: str, **kwargs: Any) -> None:
    transport = KilledAfterTheCancel()
    with on_transport(transport), pytest.raises(Killed):
        sweep(conn_id, attempt=1, **kwargs)
    transport.session.close()


@contextmanager
def ago(sandbox: RunningSandbox, age: timedelta) -> Iterator[None]:
    """Let something happen at the venue some time ago."""
    clock = sandbox.exchange.clock
    sandbox.exchange.clock = lambda: time.time() - age.total_seconds()
    try:
        yield
    finally:
        sandbox.exchange.clock = clock


def ended(sandbox: RunningSandbox, book: str, symbol: str, state: State = State.CANCELLED, **kwargs: Any) -> str:
    order = sandbox.place(book, symbol, **kwargs)
    return sandbox.book(book).finish(order.order_id, state, symbol=order.symbol).order_id


def asked_the_history(sandbox: RunningSandbox, venue: str) -> bool:
    return any(each.route in (HISTORIES.get(venue), "margin_orders_of_pair") for each in sandbox.request_log)


@each_with_times
def test_the_orders_of_an_attempt_that_left_no_record(
    connect: Connect, sandbox: RunningSandbox, venue: str, caplog: pytest.LogCaptureFixture
) -> None:
    conn_id = connect(venue)
    with ago(sandbox, 2 * HOUR):
        before = ended(sandbox, venue, SYMBOLS[venue])
    ids = [sandbox.place(venue, SYMBOLS[venue], age=86_400, filled=filled).order_id for filled in ("0", "0", "0.5")]
    filled = sandbox.place(venue, SYMBOLS[venue]).order_id
    sandbox.book(venue).fill(filled)
    die_after_cancelling(conn_id)
    assert sandbox.live(venue) == []

    run = run_of()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CancelAllOrdersOperator, "log", logging.getLogger("airflow_provider_exchange.task"))
        caplog.set_level(logging.INFO, "airflow_provider_exchange")
        pushed = sweep(conn_id, run=run)

    assert before not in {order["order_id"] for order in pushed["orders"]}
    assert {order["order_id"]: order["earlier_attempt"] for order in pushed["orders"]} == dict.fromkeys(ids, True)
    assert pushed["outcomes"] == {"already_cancelled": 3}
    assert [order["filled_quantity"] for order in pushed["orders"]].count("0.5") == 1
    assert pushed["open_after"] == 0
    assert all(order["confirmed"] for order in pushed["orders"])
    said = (
        "an earlier attempt ran; orders that only the venue's history tells of, cancelled since the run began "
        f"({run.start_date:%Y-%m-%d %H:%M}"
    )
    assert pushed["earlier"].startswith(said)
    assert pushed["earlier"].endswith(" UTC): 3")
    (heading,) = (line for line in caplog.messages if line.startswith(f"{conn_id} ({venue}, account "))
    assert "): 3 already cancelled; the account is flat, as proved at " in heading
    assert heading.endswith(f" UTC; {pushed['earlier']}")


def test_a_venue_that_shows_no_end(connect: Connect, sandbox: RunningSandbox) -> None:
    conn_id = connect("loopring")
    sandbox.place("loopring", "LRC-ETH")
    die_after_cancelling(conn_id)
    pushed = sweep(conn_id)
    assert (pushed["requested"], pushed["earlier"]) == (0, NOT_KNOWN)


@each_with_times
def test_orders_that_this_attempt_cancels_are_told_once(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    conn_id = connect(venue)
    old = sandbox.place(venue, SYMBOLS[venue]).order_id
    die_after_cancelling(conn_id)
    new = sandbox.place(venue, SYMBOLS[venue]).order_id
    pushed = sweep(conn_id)
    assert {order["order_id"]: order.get("earlier_attempt", False) for order in pushed["orders"]} == {
        old: True,
        new: False,
    }
    assert pushed["outcomes"] == {"already_cancelled": 1, "cancelled": 1}
    assert pushed["earlier"].endswith(": 1")


@each_with_times
def test_a_history_without_a_cancelled_order(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    """It may lag behind, and one empty answer proves nothing."""
    pushed = sweep(connect(venue))
    assert pushed["requested"] == 0
    assert pushed["earlier"].startswith(
        f"{NOT_KNOWN}; the venue's history shows no other order cancelled since the run began ("
    )


@each_with_times
def test_only_selected_orders_count(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    conn_id, symbol = connect(venue), SYMBOLS[venue]
    meant = ended(sandbox, venue, symbol, side="BUY")
    ended(sandbox, venue, symbol, side="SELL")
    ended(sandbox, venue, OTHER_SYMBOLS[venue], side="BUY")
    sandbox.place(venue, symbol, side="SELL")  # keeps the market from being unseen
    pushed = sweep(conn_id, symbols=[symbol], side="buy")
    assert [order["order_id"] for order in pushed["orders"]] == [meant]


def test_only_orders_with_the_prefix_count(connect: Connect, sandbox: RunningSandbox) -> None:
    meant = ended(sandbox, "bitopro", "btc_usdt", client_order_id="701")
    ended(sandbox, "bitopro", "btc_usdt", client_order_id="801")
    ended(sandbox, "bitopro", "btc_usdt")
    pushed = sweep(connect("bitopro"), client_order_id_prefix="70")
    assert [order["order_id"] for order in pushed["orders"]] == [meant]


@each_with_times
def test_the_age_that_counts_is_that_at_the_end(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    """An order that was too young for the first attempt was not cancelled by it, however old it is now."""
    with ago(sandbox, timedelta(minutes=30)):
        ended(sandbox, venue, SYMBOLS[venue], age=60)
        meant = ended(sandbox, venue, SYMBOLS[venue], age=1200)
    pushed = sweep(connect(venue), older_than=timedelta(minutes=15))
    assert [order["order_id"] for order in pushed["orders"]] == [meant]


def test_margin_orders_and_all_listed_markets(connect: Connect, sandbox: RunningSandbox) -> None:
    ids = {
        ended(sandbox, "bitopro", "btc_usdt"),
        ended(sandbox, "bitopro", "eth_usdt"),
        ended(sandbox, "bitopro_margin", "eth_usdt"),
    }
    pushed = sweep(connect("bitopro"))
    assert {order["order_id"] for order in pushed["orders"]} == ids
    assert pushed["earlier"].endswith(": 3")


def test_an_account_without_margin(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(bitopro_margin="off")
    order_id = ended(sandbox, "bitopro", "btc_usdt")
    pushed = sweep(connect("bitopro"))
    assert [order["order_id"] for order in pushed["orders"]] == [order_id]
    assert "not known" not in pushed["earlier"]


def test_an_order_that_was_never_open_was_cancelled_by_no_attempt(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    """BitoPro cancels a post-only order instead of opening it, and shows it as that."""
    ended(sandbox, "bitopro", "btc_usdt", State.REJECTED)
    assert sweep(connect("bitopro"))["requested"] == 0


@each_with_times
@pytest.mark.parametrize("fault", [{"kind": "drop_before"}, {"kind": "status", "status": 503}], ids=str)
def test_a_history_that_is_down_changes_nothing_else(
    connect: Connect, sandbox: RunningSandbox, venue: str, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    ended(sandbox, venue, SYMBOLS[venue])
    sandbox.faults.add(Fault(**fault, route=HISTORIES[venue]))
    pushed = sweep(connect(venue))
    assert (pushed["requested"], pushed["earlier"]) == (0, NOT_KNOWN)
    assert caplog.text.count("Cannot tell from the venue's history") == 1


def test_a_history_that_is_read_in_part_tells_that_part(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_exchange.operations.history.MOST_CALLS", 1)
    for _ in range(130):
        ended(sandbox, "nami", "BTCUSDT")
    pushed = sweep(connect("nami"))
    assert pushed["requested"] == 100
    assert pushed["earlier"].startswith(f"{NOT_KNOWN}, but for orders that only the venue's history tells of")
    assert pushed["earlier"].endswith(": 100")


@each_with_times
@pytest.mark.parametrize("shown", [None, "yesterday", 5, {}])
def test_an_order_without_a_time_of_its_end_is_not_guessed_at(
    connect: Connect, sandbox: RunningSandbox, venue: str, shown: Any
) -> None:
    meant, timeless = (ended(sandbox, venue, SYMBOLS[venue]) for _ in range(2))
    name = {"nami": "updatedAt", "bitopro": "updatedTimestamp"}[venue]

    def without_time(_request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        for row in body["data"] if isinstance(body.get("data"), list) else ():
            if str(row.get("displayingId", row.get("id"))) == timeless:
                row[name] = shown
        return replace(response, body=json.dumps(body).encode())

    transport = SkippingTransport()
    transport.on_answer = without_time
    with on_transport(transport):
        pushed = sweep(connect(venue))
    transport.session.close()
    assert [order["order_id"] for order in pushed["orders"]] == [meant]
    assert pushed["earlier"].startswith(NOT_KNOWN)


@each_with_times
@pytest.mark.parametrize(
    "run",
    [
        run_of(clear_number=1),
        run_of(start_date=None),
        SimpleNamespace(start_date=datetime.now(UTC)),
        SimpleNamespace(),
        run_of(start_date="2026-01-01"),
    ],
    ids=["cleared", "not begun", "unknown whether cleared", "nothing", "text"],
)
def test_a_run_of_which_it_is_not_known_when_it_began(
    connect: Connect, sandbox: RunningSandbox, venue: str, run: Any
) -> None:
    """A run that is cleared begins anew: an earlier attempt may have begun before that."""
    ended(sandbox, venue, SYMBOLS[venue])
    pushed = sweep(connect(venue), run=run)
    assert (pushed["requested"], pushed["earlier"]) == (0, NOT_KNOWN)
    assert not asked_the_history(sandbox, venue)


def test_a_run_that_cannot_be_asked(connect: Connect, sandbox: RunningSandbox) -> None:
    class Broken:
        @property
        def start_date(self) -> datetime:
            raise RuntimeError("detached")

    ended(sandbox, "nami", "BTCUSDT")
    assert sweep(connect("nami"), run=Broken())["earlier"] == NOT_KNOWN


@each_with_times
def test_only_a_summary_that_lacks_something_asks_for_it(
    connect: Connect, sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_needed(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing is missing")

    monkeypatch.setattr("airflow_provider_exchange.operations.retelling.read_history", not_needed)
    conn_id = connect(venue)
    sandbox.place(venue, SYMBOLS[venue])
    assert "earlier" not in sweep(conn_id, attempt=1), "the first attempt"
    assert "earlier" not in sweep(conn_id, dry_run=True), "a dry run"
    named = [{"order_id": sandbox.place(venue, SYMBOLS[venue]).order_id, "symbol": SYMBOLS[venue]}]
    assert "earlier" not in sweep(conn_id, orders=named), "its report names every order"


@each_with_times
def test_a_failure_stays_a_failure(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    symbol = {"nami": "BTCUSDTT", "bitopro": "btc_usdtt"}[venue]
    ended(sandbox, venue, SYMBOLS[venue])
    with pytest.raises(AirflowFailException, match="no market"):
        sweep(connect(venue), symbols=[SYMBOLS[venue], symbol])


@each_with_times
def test_a_wait_whose_trigger_failed(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    """Airflow drops what the task knew of its orders; then the same attempt knows no more than the next one."""
    order_id = ended(sandbox, venue, SYMBOLS[venue])
    context: Any = {"ti": SimpleNamespace(try_number=1, xcom_push=lambda **_: None), "dag_run": run_of()}
    operator = task(connect(venue), deferrable=True)
    failure = {"error": "Trigger failure", "traceback": ["timeout\n"]}
    pushed = operator.resume_execution("__fail__", failure, context)
    assert [order["order_id"] for order in pushed["orders"]] == [order_id]
    assert pushed["earlier"].endswith(": 1")
