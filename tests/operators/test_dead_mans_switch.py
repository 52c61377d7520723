"""The dead man's switch at the paper OKX: armed every minute, put off, run out, refused, lied about."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowException, AirflowFailException

from airflow_provider_exchange.arguments import InvalidArgument
from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    InvalidOrderRequest,
    PermissionDeniedError,
    TransientError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.okx_countdown import COUNTDOWN
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operations import dead_mans_switch
from airflow_provider_exchange.operators.orders import DeadMansSwitchOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.tasks.dead_mans_switch import STATE_KEY
from airflow_provider_exchange.tasks.schedule import longest_interval
from tests.accounts import SYMBOLS, through_ccxt

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.protocol import Answer
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ROUTE = "cancel_all_after"
SENT = {"time", ROUTE}
"""All that is sent to arm or disarm."""

Later = Callable[[float], None]


class Runs:
    """
    One DAG whose runs come one after the other, with the XComs that they leave.

    :param schedule: of the DAG.
    """

    def __init__(self, conn_id: str, schedule: Any = "* * * * *") -> None:
        self._conn_id = conn_id
        self._dag = DAG("guarded", schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=UTC))
        self._left: dict[str, Any] = {}
        self._undated: dict[str, Any] = {}

    def run(
        self, task_id: str = "arm", *, logical_date: datetime | None = NOON, map_index: int = -1, **kwargs: Any
    ) -> Any:
        """Let a task run; the first time it becomes one of the DAG."""
        if task_id not in self._dag.task_ids:
            arguments = {"countdown": 120, "scope": "account", **kwargs}
            DeadMansSwitchOperator(task_id=task_id, exchange_conn_id=self._conn_id, dag=self._dag, **arguments)
        operator: Any = self._dag.get_task(task_id)
        push = partial(self._push, _name(task_id, map_index), self._undated if logical_date is None else self._left)
        ti = SimpleNamespace(map_index=map_index, xcom_pull=self._pull, xcom_push=push)
        dated = {} if logical_date is None else {"logical_date": logical_date}
        context: Any = {"dag": self._dag, "ti": ti, **dated}
        return json.loads(json.dumps(operator.execute(context)))

    def _push(self, task_id: str, left: dict[str, Any], *, key: str, value: Any) -> None:
        if key == STATE_KEY:  # beside the link
            left[task_id] = json.loads(json.dumps(value))

    def _pull(self, *, key: str, task_ids: str, map_indexes: int, include_prior_dates: bool) -> Any:
        assert (key, include_prior_dates) == (STATE_KEY, True)
        return (self._left | self._undated).get(_name(task_ids, map_indexes))  # as Airflow does on PostgreSQL


def _name(task_id: str, map_index: int) -> str:
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


@pytest.fixture
def okx(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps(through_ccxt(sandbox, "okx")))
    return "okx_default"


@pytest.fixture
def runs(okx: str) -> Runs:
    return Runs(okx)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What tasks write to their log, which some Airflows write elsewhere."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(DeadMansSwitchOperator, "log", logging.getLogger("airflow_provider_exchange.task"))
    return caplog


@pytest.fixture
def later(sandbox: RunningSandbox) -> Iterator[Later]:
    """Let time pass at the venue; the worker learns of it from the venue's answers."""
    exchange = sandbox.exchange
    clock = exchange.clock

    def later(seconds: float) -> None:
        before = exchange.clock
        exchange.clock = lambda: before() + seconds

    yield later
    exchange.clock = clock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after half a second in place of 30."""
    monkeypatch.setattr(dead_mans_switch, "LONGEST_SET", 0.5)


def routes(sandbox: RunningSandbox) -> set[str]:
    return {each.route for each in sandbox.request_log}


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def lie(sandbox: RunningSandbox, tell: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let the venue do what it is asked for, and tell something else."""
    venue = sandbox.exchange.venues["okx"]

    def lying(honest: Any) -> Callable[[Any], Answer]:
        def handler(request: Any) -> Answer:
            answer: Answer = honest(request)
            (row,) = answer.body["data"]
            return replace(answer, body={**answer.body, "data": [tell(row)]})

        return handler

    venue.routes = [
        replace(route, handler=lying(route.handler)) if route.name == ROUTE else route for route in venue.routes
    ]


@pytest.fixture
def honest_again(sandbox: RunningSandbox) -> Iterator[None]:
    venue = sandbox.exchange.venues["okx"]
    before = venue.routes
    yield
    venue.routes = before


# -- armed, put off, disarmed


def test_it_is_armed_as_the_venue_says(runs: Runs, sandbox: RunningSandbox, log: pytest.LogCaptureFixture) -> None:
    order = sandbox.place("okx", "BTC-USDT")
    told = runs.run()
    assert (told["armed"], told["countdown"], told["scope"], told["ran_out"]) == (True, 120, "account", None)
    assert time_of(told["trigger_time"]) - time_of(told["venue_time"]) == timedelta(seconds=120)
    assert "spread orders; algo orders" in told["does_not_reach"]
    assert routes(sandbox) == SENT
    assert [each.order_id for each in sandbox.live("okx")] == [order.order_id]
    for text in (told["trigger_time"], told["reaches"], told["does_not_reach"]):
        assert text in log.text


def test_each_run_puts_it_off(runs: Runs, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    for _ in range(3):
        assert runs.run()["ran_out"] is None
        later(60)
    assert len(sandbox.live("okx")) == 1


def test_disarmed_is_disarmed(runs: Runs, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    runs.run()
    told = runs.run("disarm", countdown=None, disarm=True)
    assert (told["armed"], told["countdown"], told["trigger_time"]) == (False, 0, None)
    later(500)
    assert runs.run()["ran_out"] is None  # the last word was that nothing runs
    assert len(sandbox.live("okx")) == 1
    assert routes(sandbox) == SENT


def test_what_a_mapped_task_has_disarmed_did_not_run_out(runs: Runs, later: Later) -> None:
    runs.run(map_index=1)
    runs.run("disarm", map_index=1, countdown=None, disarm=True)
    later(500)
    assert runs.run(map_index=1)["ran_out"] is None
    later(500)
    runs.run("disarm_alone", countdown=None, disarm=True)
    assert runs.run(map_index=1)["ran_out"] is None  # nor what one task has that is not mapped


def test_times_in_seconds_are_as_good(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(okx_countdown_times="seconds")
    told = runs.run()
    assert time_of(told["trigger_time"]) - time_of(told["venue_time"]) == timedelta(seconds=120)


# -- nobody comes in time


def test_the_next_run_reports_what_the_venue_has_done(
    runs: Runs, sandbox: RunningSandbox, later: Later, log: pytest.LogCaptureFixture
) -> None:
    spot, swap = (sandbox.place("okx", market) for market in ("BTC-USDT", "BTC-USDT-SWAP"))
    algo = sandbox.place("okx_algo", "BTC-USDT", stop_price=90)
    by_hand = sandbox.place("okx", "ETH-USDT")
    armed = runs.run()
    sandbox.book("okx").cancel(by_hand.order_id)
    later(300)
    assert sandbox.live("okx") == []
    younger = sandbox.place("okx", "BTC-USDT")
    told = runs.run()
    ran_out = told["ran_out"]
    assert ran_out["trigger_time"] == ran_out["cancelled_at"] == armed["trigger_time"]
    assert {each["order_id"] for each in ran_out["cancelled"]} == {spot.order_id, swap.order_id}
    assert [each["order_id"] for each in ran_out["still_open"]] == [f"algo:{algo.order_id}"]
    assert told["armed"]
    assert sandbox.live("okx")[0].order_id == younger.order_id
    for text in (armed["trigger_time"], spot.order_id, swap.order_id, f"algo:{algo.order_id}"):
        assert text in log.text
    assert {each.route for each in sandbox.mutations("okx")} == {ROUTE}


def test_what_cannot_be_read_of_that_changes_nothing(runs: Runs, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    runs.run()
    later(300)
    for route in ("history", "open_orders", "open_algo_orders"):
        sandbox.faults.add(Fault("status", status=503, route=route))
    told = runs.run()
    assert told["armed"]
    assert told["ran_out"]["cancelled"] is told["ran_out"]["still_open"] is None


def test_a_run_by_hand_is_not_taken_for_the_latest_for_ever(
    runs: Runs, later: Later, log: pytest.LogCaptureFixture
) -> None:
    """On Airflow 3 it has no logical date, and PostgreSQL sorts what it has left before that of all dated runs."""
    assert runs.run(logical_date=None)["armed"]
    for _ in range(3):
        later(60)
        assert runs.run()["ran_out"] is None
    assert "run out" not in log.text


@pytest.mark.parametrize("stored", [{"trigger_time": 1}, [], "armed", {"armed": True}, None])
def test_what_is_stored_proves_nothing(runs: Runs, stored: Any) -> None:
    runs.run()
    runs._left["arm"] = stored
    assert runs.run()["ran_out"] is None


def test_an_airflow_that_does_not_answer_changes_nothing(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(**_: Any) -> Any:
        raise OSError("the supervisor is gone")

    monkeypatch.setattr(runs, "_pull", pull)
    assert runs.run()["armed"]


# -- clocks


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_workers_clock_does_not_matter(runs: Runs, sandbox: RunningSandbox, hours: int) -> None:
    sandbox.exchange.apply_settings(skew=hours * 3600)
    told = runs.run()
    ahead = time_of(told["trigger_time"]) - datetime.now(UTC) - timedelta(hours=hours)
    assert timedelta(seconds=90) < ahead < timedelta(seconds=125)


# -- failures, each of which says until when


SHIFTS = {
    "in the past": -600_000,
    "now": -120_000,
    "too early": -60_000,
    "too late": 60_000,
    "far away": 10**10,
}


def shifted(shift: int, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "triggerTime": str(int(row["triggerTime"]) + shift)}


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    **{name: partial(shifted, shift) for name, shift in SHIFTS.items()},
    "missing": lambda row: {"ts": row["ts"], "tag": ""},
    "null": lambda row: {**row, "triggerTime": None},
    "text": lambda row: {**row, "triggerTime": "in two minutes"},
    "of 1970": lambda row: {**row, "triggerTime": "120000", "ts": "0"},
    "not armed": lambda row: {**row, "triggerTime": "0"},
    "of an hour ago": lambda row: {
        **row, "triggerTime": str(int(row["triggerTime"]) - 3_600_000), "ts": str(int(row["ts"]) - 3_600_000)
    },
    "of an hour ahead": lambda row: {
        **row, "triggerTime": str(int(row["triggerTime"]) + 3_600_000), "ts": str(int(row["ts"]) + 3_600_000)
    },
    "of a tag": lambda row: {**row, "tag": "mine"},
    "without a time": lambda row: {"triggerTime": row["triggerTime"], "tag": ""},
}  # fmt: skip


@pytest.mark.usefixtures("impatient", "honest_again")
@pytest.mark.parametrize("told", LIES)
def test_a_lying_answer_is_a_failure(runs: Runs, sandbox: RunningSandbox, told: str) -> None:
    before = runs.run()
    lie(sandbox, LIES[told])
    with pytest.raises(UnreadableResponseError) as caught:
        runs.run()
    said = f"covered at least until {before['trigger_time']} by the venue's clock, as the venue said at"
    assert f"{said} {before['venue_time']}" in str(caught.value)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_skewed_clock_neither_fakes_a_cover_nor_hides_one(
    runs: Runs, sandbox: RunningSandbox, hours: int
) -> None:
    """One server of the venue has another time than the others: when its countdown ends is anybody's guess."""
    before = runs.run()
    sandbox.faults.add(Fault("skew", route=ROUTE, seconds=hours * 3600))
    with pytest.raises(TransientError, match=f"covered at least until {before['trigger_time']}"):
        runs.run()


@pytest.mark.usefixtures("impatient", "honest_again")
def test_a_countdown_that_still_runs_is_not_disarmed(runs: Runs, sandbox: RunningSandbox) -> None:
    before = runs.run()
    lie(sandbox, lambda row: {**row, "triggerTime": before["trigger_time"]})
    with pytest.raises(UnreadableResponseError, match=f"may still be armed until {before['trigger_time']}"):
        runs.run("disarm", disarm=True)


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_is_a_failure(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("drop_after", route=ROUTE, requests=(2,)))
    before = runs.run()
    with pytest.raises(ExchangeUnavailableError, match=f"covered at least until {before['trigger_time']}"):
        runs.run()


def test_it_is_sent_again_when_the_answer_is_lost(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("drop_before", route=ROUTE, requests=(1,)))
    assert runs.run()["armed"]
    assert len(sandbox.mutations("okx")) == 2


@pytest.mark.usefixtures("impatient")
def test_nobody_knows_of_a_cover_before_the_first(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("drop_before", route=ROUTE))
    with pytest.raises(
        ExchangeUnavailableError, match="not known that any dead man's switch covers the account of okx_"
    ):
        runs.run()


def test_a_refused_arm_is_a_failure_without_a_retry(
    runs: Runs, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = runs.run()
    venue = sandbox.exchange.venues["okx"]
    monkeypatch.setattr(venue, "account", replace(venue.account, permissions=("read_only",)))
    with pytest.raises(AirflowFailException) as caught:
        runs.run()
    assert type(caught.value.__cause__) is PermissionDeniedError
    assert f"covered at least until {before['trigger_time']}" in str(caught.value)
    assert len(sandbox.mutations("okx")) == 3  # a refusal is believed the second time


@pytest.mark.usefixtures("impatient")
def test_no_secret_is_told(
    runs: Runs, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    told = [json.dumps(runs.run())]
    secret = f"S{'ecret' * 6}"
    fields = through_ccxt(sandbox, "okx")
    for changed in ({"password": secret}, {"login": secret}):
        monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps({**fields, **changed}))
        with pytest.raises(AirflowException) as caught:
            runs.run()
        told.append(f"{caught.value!r} {caught.value}")
    for text in (*told, log.text):
        assert secret not in text
        assert fields["password"] not in text
        assert fields["extra"]["passphrase"] not in text


def test_a_killed_task_sends_nothing(okx: str, sandbox: RunningSandbox) -> None:
    with DAG("guarded", schedule="* * * * *", start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        operator = DeadMansSwitchOperator(task_id="arm", exchange_conn_id=okx, countdown=120, scope="account")
    operator.on_kill()
    context: Any = {"dag": dag}
    with pytest.raises(AirflowException, match="nothing more was sent"):
        operator.execute(context)
    assert sandbox.request_log == []


# -- what is refused before anything is sent


@pytest.mark.parametrize("scope", [{}, {"scope": None}, {"scope": ""}, {"scope": "symbol"}], ids=str)
def test_the_scope_has_to_be_written(scope: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match='write scope="account"'):
        DeadMansSwitchOperator(task_id="arm", exchange_conn_id="okx_default", countdown=60, **scope)


@pytest.mark.parametrize("wrong", [{"countdown": None}, {"countdown": "60"}, {"countdown": 10.5}, {"disarm": "no"}])
def test_arguments_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        DeadMansSwitchOperator(task_id="arm", exchange_conn_id="c", scope="account", **{"countdown": 60, **wrong})


@pytest.mark.parametrize(("schedule", "countdown", "told"), [
    ("* * * * *", 119, "up to 0:01:00 pass"),
    ("* 8-17 * * *", 120, "up to 14:01:00 pass"),
    (timedelta(seconds=61), 120, "up to 0:01:01 pass"),
    (None, 120, "no schedule by time"),
    ("@once", 120, "no schedule by time"),
    ("* * * * *", 121, "OKX takes 10 to 120 s"),
    (timedelta(seconds=1), 9, "OKX takes 10 to 120 s"),
])  # fmt: skip
def test_a_countdown_that_does_not_fit(
    okx: str, sandbox: RunningSandbox, schedule: Any, countdown: int, told: str
) -> None:
    with pytest.raises(AirflowFailException, match=told) as caught:
        Runs(okx, schedule).run(countdown=countdown)
    assert type(caught.value.__cause__) is InvalidOrderRequest
    assert sandbox.request_log == []


@pytest.mark.parametrize(("schedule", "countdown"), [
    ("* * * * *", 120),
    (timedelta(seconds=5), timedelta(seconds=10)),
])  # fmt: skip
def test_a_countdown_that_fits(okx: str, schedule: Any, countdown: Any) -> None:
    assert Runs(okx, schedule).run(countdown=countdown)["armed"]


def test_to_disarm_no_schedule_is_needed(okx: str) -> None:
    assert Runs(okx, None).run("disarm", countdown=None, disarm=True)["armed"] is False


OTHERS = {
    "nami": "Nami documents no dead man's switch",
    "loopring": "Loopring documents no dead man's switch",
    "bitopro": "BitoPro documents no dead man's switch",
    "binance": "Binance counts down for one market of its futures at a time",
    "bybit": "Bybit cancels orders when a WebSocket connection is lost",
}


@pytest.mark.parametrize("venue", OTHERS)
def test_other_venues_are_refused_by_name(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    for disarm in (False, True):
        with pytest.raises(AirflowFailException, match=OTHERS[venue]):
            Runs(connect(venue)).run(disarm=disarm)
    assert sandbox.request_log == []


def test_an_exchange_that_nobody_has_certified_is_refused(connect: Connect, sandbox: RunningSandbox) -> None:
    conn_id = connect("okx", extra={"exchange": "whitebit", "uncertified": True})
    with pytest.raises(AirflowFailException, match="does not know which orders that would cancel"):
        Runs(conn_id).run()
    assert sandbox.request_log == []


# -- the hook, and what may be signed


def test_the_hook_remembers_what_it_was_told(
    okx: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = ExchangeHook.for_connection(okx)
    armed = hook.arm_dead_mans_switch(timedelta(seconds=60), scope="account")
    assert armed.trigger_time is not None
    monkeypatch.setattr(dead_mans_switch, "LONGEST_SET", 1.5)  # its own limit lets it ask once a second
    sandbox.faults.add(Fault("drop_before", route=ROUTE))
    with pytest.raises(ExchangeUnavailableError, match=f"covered at least until {armed.dump()['trigger_time']}"):
        hook.arm_dead_mans_switch(60, scope="account")
    with pytest.raises(InvalidOrderRequest, match='write scope="account"'):
        hook.disarm_dead_mans_switch()


def test_no_cancel_can_sign_it(okx: str, sandbox: RunningSandbox) -> None:
    hook = ExchangeHook.for_connection(okx)
    exchange: Any = hook.exchange
    (call,) = COUNTDOWN.calls
    with pytest.raises(PermissionDeniedError, match="privatePostTradeCancelAllAfter is not among the calls"):
        exchange._asking.call(call.endpoint, call.params(60), call.read)
    for book in exchange._books:
        with pytest.raises(PermissionDeniedError):  # nor can the switch sign a cancel
            exchange.dead_mans_switch._asking.call(book.cancel.endpoint, {}, call.read)
    sandbox.place("okx", "BTC-USDT")
    assert hook.cancel_all_orders().outcomes == {"cancelled": 1}
    assert ROUTE not in routes(sandbox)


# -- schedules


@pytest.mark.parametrize(("schedule", "interval"), [
    ("* * * * *", timedelta(minutes=1)),
    ("*/7 * * * *", timedelta(minutes=7)),
    ("0,10 * * * *", timedelta(minutes=50)),
    ("@hourly", timedelta(hours=1)),
    ("@daily", timedelta(days=1)),
    ("* * * * 1-5", timedelta(days=1)),
    ("* * 1 * *", timedelta(days=1)),
    ("* * * * * */20", timedelta(seconds=20)),
    ("* * * * * 0 2027", timedelta(days=1)),
    (timedelta(seconds=90), timedelta(seconds=90)),
    (None, None),
    ("@once", None),
])  # fmt: skip
def test_how_often_a_schedule_runs(schedule: Any, interval: timedelta | None) -> None:
    assert longest_interval(DAG("d", schedule=schedule, start_date=datetime(2026, 1, 1)).timetable) == interval


def test_timetables_of_airflows_core() -> None:
    from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
    from airflow.timetables.trigger import CronTriggerTimetable

    minute = timedelta(minutes=1)
    for timetable in (
        CronTriggerTimetable("* * * * *", timezone="UTC"),
        CronDataIntervalTimetable("* * * * *", "UTC"),
        DeltaDataIntervalTimetable(minute),
    ):
        assert longest_interval(timetable) == minute


def test_what_is_no_timetable_of_airflows_has_no_interval() -> None:
    assert longest_interval(None) is None
    assert longest_interval(SimpleNamespace(expression="every minute")) is None
