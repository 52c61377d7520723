"""A retried sweep tells the whole story, and a record that is wrong or cannot be had does no harm."""

from __future__ import annotations

import json
from threading import Event, Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import OrdersStillOpenError
from airflow_provider_exchange.models.reports import CancelReport
from airflow_provider_exchange.operations.table import headline
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, SkippingTransport
from tests.chaos.play import on_transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


class Store:
    """Keeps what it is given as Airflow's does: as JSON."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.written = Event()

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any) -> None:
        assert type(value) is dict
        self.kept[key] = json.dumps(value)
        self.written.set()

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class Broken:
    """Fails at everything."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no store today")


class Hanging:
    """Answers nothing until the end of the test, and notes how many cancels had left when it was asked first."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.over = Event()
        self.asked: list[str] = []
        self.cancels_before: int | None = None

    def get(self, key: str) -> Any:
        self._hang(f"get {key}")

    def set(self, key: str, value: Any) -> None:
        self._hang(f"set {key}")

    def delete(self, key: str) -> None:
        self._hang(f"delete {key}")

    def _hang(self, what: str) -> None:
        self.asked.append(what)
        if self.cancels_before is None:
            self.cancels_before = len(self.sandbox.mutations())
        self.over.wait()


@pytest.fixture
def hanging(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr("airflow_provider_exchange.tasks.attempts.PATIENCE", 0.05)
    store = Hanging(sandbox)
    yield store
    store.over.set()


@pytest.fixture(autouse=True)
def venue_that_always_answers_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no slow machine have the record written before the answer to the first cancel."""
    monkeypatch.setattr("airflow_provider_exchange.tasks.attempts.UNDER_WAY", 60)


def sweep(conn_id: str, store: Any = None, attempt: int = 1, **kwargs: Any) -> Any:
    arguments: dict[str, Any] = {"timeout": 5, "poll_interval": 0.05, "deferrable": False, **kwargs}
    operator = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=conn_id, **arguments)
    pushes: Any = lambda **_: None  # noqa: E731
    context: Any = {"ti": SimpleNamespace(try_number=attempt, xcom_push=pushes)}
    if store is not None:
        context["task_state_store"] = store
    return operator.execute(context)


def fail_with_one_left(conn_id: str, sandbox: RunningSandbox, venue: str, store: Any, **kwargs: Any) -> list[str]:
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]
    sandbox.faults.add(Fault("cancelling", reads=100_000, orders=(ids[1],)))
    transport = SkippingTransport()
    with on_transport(transport), pytest.raises(OrdersStillOpenError):
        sweep(conn_id, store, **{"timeout": 20, "poll_interval": 5, **kwargs})
    transport.session.close()
    sandbox.faults.clear()
    sandbox.book(venue).finish(ids[1], sandbox.book(venue)[ids[0]].state)
    return ids


def test_the_summary_of_a_retry_tells_of_both_attempts(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    store, conn_id = Store(), connect(venue)
    ids = fail_with_one_left(conn_id, sandbox, venue, store)
    new = sandbox.place(venue, SYMBOLS[venue]).order_id
    pushed = sweep(conn_id, store, attempt=2)
    assert {order["order_id"]: order.get("earlier_attempt", False) for order in pushed["orders"]} == {
        **dict.fromkeys(ids, True),
        new: False,
    }
    assert pushed["outcomes"] == {"cancelled": 4}
    assert "earlier" not in pushed, "nothing is unknown"
    assert store.kept == {}


class Killed(BaseException):
    """What no code of ours has a say in."""


class KilledAtOnce(SkippingTransport):
    """Sends the first cancel, and is killed once it is recorded: before the answer, or before the next read."""

    def __init__(self, store: Store, *, before_the_answer: bool) -> None:
        super().__init__()
        self._store = store
        self._before_the_answer = before_the_answer
        self._is_sent = False
        self.before_send = self._die_before_a_read

    def _die_before_a_read(self, request: Request) -> None:
        if self._is_sent and request.method == "GET":
            self._die()

    def _perform(self, effect: Any) -> Any:
        response = super()._perform(effect)
        request = getattr(effect, "request", None)
        if request is not None and request.method != "GET":
            self._is_sent = True
            if self._before_the_answer:
                self._die()
        return response

    def _die(self) -> None:
        assert self._store.written.wait(60)
        raise Killed


@pytest.mark.parametrize("before_the_answer", [False, True])
def test_an_attempt_that_was_killed_leaves_what_it_had_selected(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    before_the_answer: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if before_the_answer:
        monkeypatch.setattr("airflow_provider_exchange.tasks.attempts.UNDER_WAY", 0)
    conn_id, store = connect(venue), Store()
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]
    transport = KilledAtOnce(store, before_the_answer=before_the_answer)
    with on_transport(transport), pytest.raises(Killed):
        sweep(conn_id, store)
    transport.session.close()
    assert sandbox.live(venue) == []
    pushed = sweep(conn_id, store, attempt=2)
    assert {order["order_id"] for order in pushed["orders"]} == set(ids)
    assert pushed["outcomes"] == {"already_cancelled" if before_the_answer else "cancelled": 3}
    assert "earlier" not in pushed
    assert store.kept == {}


def test_a_retry_without_a_record_says_that_it_does_not_know(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    """A bare 0 would say that nothing was cancelled."""
    said = "an earlier attempt ran; what it cancelled is not known"
    for store in (None, Store(), Broken()):
        pushed = sweep(connect(venue), store, attempt=2)
        assert (pushed["requested"], pushed["earlier"]) == (0, said)
        assert "earlier" not in sweep(connect(venue), store), "the first attempt"
    report = CancelReport(venue, (), 0, listed=0, earlier=said)
    assert headline(report) == f"{venue}: nothing was open; {said}"
    order_id = sandbox.place(venue, SYMBOLS[venue]).order_id
    orders = [{"order_id": order_id, "symbol": SYMBOLS[venue]}]
    assert "earlier" not in sweep(connect(venue), Store(), attempt=2, orders=orders), "its report names every order"


def test_an_attempt_in_between_that_could_not_record_anything_is_not_forgotten(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    store, conn_id = Store(), connect(venue)
    ids = fail_with_one_left(conn_id, sandbox, venue, store)
    pushed = sweep(conn_id, store, attempt=3)
    assert {order["order_id"] for order in pushed["orders"]} == set(ids)
    assert "not known" in pushed["earlier"]


def test_a_record_that_lacks_orders_is_not_told_as_the_whole(
    connect: Connect, sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has room for two of three orders; of another one, a part cannot be read."""
    store, conn_id = Store(), connect(venue)
    with monkeypatch.context() as small:
        small.setattr("airflow_provider_exchange.tasks.attempts.LARGEST", 2)
        fail_with_one_left(conn_id, sandbox, venue, store)
    pushed = sweep(conn_id, store, attempt=2)
    assert (pushed["requested"], "not known" in pushed["earlier"]) == (2, True)
    fail_with_one_left(conn_id, sandbox, venue, store)
    kept = json.loads(store.kept["orders"])
    kept["ledger"]["entries"][0]["order_id"] = "all"
    store.kept["orders"] = json.dumps(kept)
    pushed = sweep(conn_id, store, attempt=2)
    assert (pushed["requested"], "not known" in pushed["earlier"]) == (2, True)


def test_a_store_that_hangs_holds_up_no_cancel(
    connect: Connect, sandbox: RunningSandbox, venue: str, hanging: Hanging
) -> None:
    for _ in range(3):
        sandbox.place(venue, SYMBOLS[venue])
    pushed = sweep(connect(venue), hanging, attempt=2)
    assert pushed["outcomes"] == {"cancelled": 3}
    assert "not known" in pushed["earlier"]
    assert hanging.asked == ["get orders"], "no call is made beside one that hangs"
    assert hanging.cancels_before, "a cancel had left"


def test_a_failure_with_a_store_that_hangs_is_the_same_failure(
    connect: Connect, sandbox: RunningSandbox, venue: str, hanging: Hanging
) -> None:
    fail_with_one_left(connect(venue), sandbox, venue, hanging)
    assert hanging.cancels_before


@pytest.mark.parametrize("kind", [Store, Broken])
def test_the_store_is_asked_after_the_first_cancel(
    connect: Connect, sandbox: RunningSandbox, venue: str, kind: type[Any]
) -> None:
    cancels_before: list[int] = []

    class Noting(kind):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if name in ("get", "set", "delete"):
                cancels_before.append(len(sandbox.mutations()))
            return super().__getattribute__(name)

    sandbox.place(venue, SYMBOLS[venue])
    sweep(connect(venue), Noting())
    assert len(cancels_before) >= 3
    assert min(cancels_before) > 0


def test_a_task_that_is_run_again_after_a_success_starts_anew(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    store, conn_id = Store(), connect(venue)
    fail_with_one_left(conn_id, sandbox, venue, store)
    sweep(conn_id, store, attempt=2)
    assert sweep(conn_id, store, attempt=3)["requested"] == 0


def test_a_record_of_other_arguments_cancels_nothing(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    store, conn_id = Store(), connect(venue)
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(2)]
    sandbox.faults.add(Fault("drop_before", route="cancels"))
    with pytest.raises(Exception, match=ids[0]):
        sweep(conn_id, store, timeout=1)
    assert store.kept
    sandbox.faults.clear()
    pushed = sweep(conn_id, store, symbols=OTHER_SYMBOLS[venue])
    assert pushed["requested"] == 0
    assert len(sandbox.live(venue)) == 2


@pytest.mark.parametrize(
    "record", [None, "text", {}, {"about": "x"}, {"ledger": {}}, [], {"about": None, "ledger": None}]
)
def test_a_record_that_is_none(connect: Connect, sandbox: RunningSandbox, record: Any) -> None:
    store, conn_id = Store(), connect("nami")
    store.kept["orders"] = json.dumps(record)
    sandbox.place("nami", "BTCUSDT")
    assert sweep(conn_id, store)["outcomes"] == {"cancelled": 1}


def test_a_record_that_was_tampered_with(connect: Connect, sandbox: RunningSandbox) -> None:
    store, conn_id = Store(), connect("nami")
    fail_with_one_left(conn_id, sandbox, "nami", store)
    kept = json.loads(store.kept["orders"])
    kept["ledger"]["entries"] = {"1": "nonsense"}
    store.kept["orders"] = json.dumps(kept)
    sandbox.place("nami", "BTCUSDT")
    assert sweep(conn_id, store)["outcomes"] == {"cancelled": 1}


def test_a_store_that_fails_keeps_no_order_open(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    conn_id = connect(venue)
    fail_with_one_left(conn_id, sandbox, venue, Broken())
    sandbox.place(venue, SYMBOLS[venue])
    assert sweep(conn_id, Broken())["outcomes"] == {"cancelled": 1}
    assert sandbox.live(venue) == []


def test_a_record_that_no_thread_can_keep_holds_up_no_cancel(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    start = Thread.start

    def start_others(thread: Thread) -> None:
        if thread.name == "attempts":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(Thread, "start", start_others)
    store = Store()
    sandbox.place(venue, SYMBOLS[venue])
    pushed = sweep(connect(venue), store, attempt=2)
    assert pushed["outcomes"] == {"cancelled": 1}
    assert "earlier" in pushed, "it cannot know what the first attempt did"
    assert sandbox.live(venue) == []
    assert store.kept == {}
    assert caplog.text.count("can't start new thread") == 1


def test_the_record_holds_no_secret(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    store, conn_id = Store(), connect(venue)
    fail_with_one_left(conn_id, sandbox, venue, store)
    connection = sandbox.connection(venue)
    text = json.dumps(store.kept)
    secrets = [connection[field] for field in ("login", "password")]
    assert not any(secret in text or secret.removeprefix("0x") in text for secret in secrets)


def test_a_refusal_is_no_record(connect: Connect, sandbox: RunningSandbox) -> None:
    store, conn_id = Store(), connect("nami")
    for _ in range(2):
        sandbox.place("nami", "BTCUSDT")
    with pytest.raises(Exception, match="max_orders=1"):
        sweep(conn_id, store, max_orders=1)
    assert store.kept == {}
