"""A store gets the lines in segments, beside the run; whatever it does, the run goes as it would have gone."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_exchange.evidence import local, recorder, segments, store
from airflow_provider_exchange.evidence.folder import attempts_at
from airflow_provider_exchange.evidence.store import Store
from airflow_provider_exchange.evidence.verify import Attempt, check
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import connection
from tests.evidence.reading import attempts, lines, only
from tests.evidence.test_places import deferring
from tests.report.airflows import context
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

URL = "s3://conn@bucket/evidence"


class Shelf(Store):
    """A store in memory, which may misbehave."""

    def __init__(self, filesystem: Any, root: str) -> None:
        super().__init__(filesystem, root)
        self.before_write: Callable[[], object] = lambda: None
        self.written: list[str] = []

    def write(self, file: str, content: bytes) -> None:
        self.before_write()
        super().write(file, content)
        self.written.append(file)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shelf:
    """The store that every URL leads to, with a spool of its own, on an Airflow that can be asked at any time."""
    made = Shelf(MemoryFileSystem(), f"/{tmp_path.name}")
    monkeypatch.setattr(segments, "LATE", False)
    monkeypatch.setattr(store, "open_store", lambda _where: made)
    monkeypatch.setenv("AIRFLOW__EXCHANGE__EVIDENCE_SPOOL", str(tmp_path / "spool"))
    return made


def stored(url: str = URL) -> Attempt:
    ((name, parts),) = attempts_at(url).items()
    return check(name, parts)


def sweep(conn_id: str, evidence: Any = URL, **arguments: Any) -> Any:
    with closing(ExchangeHook.for_connection(conn_id)) as hook:
        return hook.cancel_all_orders(evidence=evidence, poll_interval=0.05, **arguments)


@pytest.mark.parametrize("late", [False, True], ids=["beside the run", "at its end"])
def test_a_store_has_it_all_at_the_end(
    connect: Connect,
    sandbox: RunningSandbox,
    shelf: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    late: bool,
) -> None:
    monkeypatch.setattr(segments, "LATE", late)
    sandbox.place("bitopro", "btc_usdt")
    report = sweep(connect("bitopro"))
    attempt = stored()
    assert attempt.is_whole
    assert attempt.last.hash == report.evidence.hash
    assert list((tmp_path / "spool").iterdir()) == [], "the store has what was here"


def test_lines_reach_the_store_while_the_run_goes_on(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, connect: Connect, tmp_path: Path
) -> None:
    monkeypatch.setattr(segments, "FIRST", 0.0)
    monkeypatch.setattr(segments, "EVERY", 0.0)
    exchange = ExchangeHook.for_connection(connect("bitopro")).exchange
    came = Event()
    shelf.before_write = came.set
    recording = recorder.record(URL, exchange, {})
    for number in range(3):
        assert came.wait(30)
        came.clear()
        recording.lost(recording.sent(*a_request(exchange)), an_error())
        assert number < 3
    recording.defer()
    recording.close()
    attempt = stored()
    assert attempt.files > 2
    assert not attempt.flaws
    assert shelf.written == sorted(shelf.written)


def a_request(exchange: Any) -> Any:
    from tests.stepping import first_call

    call = first_call(exchange.probe())
    return call, call.begin(0)


def an_error() -> Any:
    from airflow_provider_exchange.errors import ExchangeUnavailableError

    return ExchangeUnavailableError("no answer")


def test_a_deferred_task_goes_on_in_the_store(connect: Connect, sandbox: RunningSandbox, shelf: Shelf) -> None:
    task = Task(deferring(connect, sandbox, URL, reads=4), context=context())
    task.run()
    assert task.deferred > 0
    assert stored().is_whole


def test_a_task_that_goes_on_twice_overwrites_nothing(
    connect: Connect, sandbox: RunningSandbox, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    exchange = ExchangeHook.for_connection(connect("bitopro")).exchange
    first = recorder.record(URL, exchange, {})
    carried = first.defer()["evidence"]
    first.close()
    for worker in ("one", "other"):
        monkeypatch.setenv("AIRFLOW__EXCHANGE__EVIDENCE_SPOOL", str(tmp_path / worker))
        again = recorder.record(URL, exchange, {}, carried=carried)
        again.lost(again.sent(*a_request(exchange)), an_error())
        again.defer()
        again.close()
        if worker == "one":
            kept = {file: shelf.read(file) for file in shelf.files()}
    assert {file: shelf.read(file) for file in shelf.files()} == kept
    assert len(list((tmp_path / "other").iterdir())) == 1


def test_what_a_store_took_although_it_seemed_to_fail_does_not_stand_in_the_way(shelf: Shelf) -> None:
    shelf.write("a", b"one\n")
    shelf.write("a", b"one\ntwo\n")
    assert shelf.read("a") == b"one\ntwo\n"


def test_a_store_that_is_down_for_a_while_gets_it_all(
    connect: Connect, sandbox: RunningSandbox, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "FIRST", 0.0)
    monkeypatch.setattr(segments, "EVERY", 0.0)
    troubles = iter([ConnectionError("https://key:secret@store"), TimeoutError(), None])

    def fail() -> None:
        if (trouble := next(troubles, None)) is not None:
            raise trouble

    shelf.before_write = fail
    sandbox.place("bitopro", "btc_usdt")
    sweep(connect("bitopro"))
    assert stored().is_whole


def failing(_path: Path) -> Iterator[Callable[[], object]]:
    def fail() -> None:
        raise PermissionError("secret-of-the-store")

    yield fail


def hanging(_path: Path) -> Iterator[Callable[[], object]]:
    released = Event()
    yield lambda: released.wait(60)
    released.set()


@pytest.fixture(params=[failing, hanging])
def trouble(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], object]]:
    yield from request.param(tmp_path)


@pytest.mark.parametrize("when", ["opened", "written"])
def test_a_store_in_trouble_changes_no_result_and_loses_nothing(
    connect: Connect,
    sandbox: RunningSandbox,
    shelf: Shelf,
    trouble: Callable[[], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    when: str,
) -> None:
    monkeypatch.setattr(segments, "FIRST", 0.0)
    monkeypatch.setattr(segments, "PATIENCE", 0.05)
    if when == "opened":
        monkeypatch.setattr(store, "open_store", lambda _where: trouble())
    shelf.before_write = trouble
    sandbox.place("bitopro", "btc_usdt")
    report = sweep(connect("bitopro"))
    assert report.open_after == 0
    assert report.evidence is not None
    kept = only(tmp_path / "spool")
    assert kept.is_whole
    assert kept.last.hash == report.evidence.hash
    assert str(tmp_path / "spool") in caplog.text
    assert "secret-of-the-store" not in caplog.text


@pytest.mark.parametrize("place", ["a file", "no right", "a number", "a full disk"])
def test_a_folder_that_cannot_be_used_changes_no_result(
    connect: Connect,
    sandbox: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    (tmp_path / "file").write_text("")
    evidence: Any = {"a file": tmp_path / "file", "no right": "/proc/evidence", "a number": 5}.get(place, tmp_path)
    if place == "a full disk":
        monkeypatch.setattr(os, "write", disk_full(os.write))
    sandbox.place("bitopro", "btc_usdt")
    report = sweep(connect("bitopro"), evidence)
    assert (report.open_after, report.evidence) == (0, None)
    assert caplog.text.count("Cannot record evidence") == 1


def disk_full(write: Any) -> Any:
    def full(file: int, content: bytes) -> Any:
        if content.startswith(b'{"data"'):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, content)

    return full


def test_a_disk_that_hangs_is_waited_for_once(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.05)
    released, written = Event(), os.write
    waits: list[float] = []
    wait = Event.wait

    def hang(file: int, content: bytes) -> int:
        if content.startswith(b'{"data"'):
            wait(released, 60)
        return written(file, content)

    def counted(event: Event, timeout: float | None = None) -> bool:
        waits.extend([timeout] if timeout == 0.05 else [])
        return wait(event, timeout)

    monkeypatch.setattr(os, "write", hang)
    monkeypatch.setattr(Event, "wait", counted)
    sandbox.place("bitopro", "btc_usdt")
    report = sweep(connect("bitopro"), tmp_path)
    assert (report.open_after, len(waits)) == (0, 1)
    assert sandbox.live("bitopro") == []
    released.set()


def test_a_disk_that_hangs_keeps_its_file_until_the_store_has_every_line(
    connect: Connect,
    sandbox: RunningSandbox,
    shelf: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (local, segments):
        monkeypatch.setattr(module, "PATIENCE", 0.05)
    released, write = Event(), os.write

    def hang(file: int, content: bytes) -> int:
        if content.startswith(b'{"data"'):
            released.wait(60)
        return write(file, content)

    monkeypatch.setattr(os, "write", hang)
    report = sweep(connect("bitopro"))
    assert report.open_after == 0
    released.set()
    while list((tmp_path / "spool").iterdir()):
        Event().wait(0.01)
    assert stored().is_whole


def slow(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let each line take some time to be written."""
    write = os.write

    def late(file: int, content: bytes) -> int:
        if content.startswith(b'{"data"'):
            time.sleep(seconds)
        return write(file, content)

    monkeypatch.setattr(os, "write", late)


def test_a_folder_is_waited_for_once_and_not_for_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    class NeverWritten(Event):
        def wait(self, timeout: float | None = None) -> bool:
            nonlocal now
            now += timeout or 0
            return False

    monkeypatch.setattr(time, "monotonic", lambda: now)
    several = [local._patience_with(tmp_path) for _ in range(3)]
    for each in several * 10:
        each.wait(NeverWritten())
    assert local.PATIENCE <= now <= local.PATIENCE / (1 - local.SHARE) + 1e-9
    waited, now = now, now + 1000
    several[0].wait(NeverWritten())
    assert now - 1000 - waited == pytest.approx(local.PATIENCE), "a disk that was slow long ago has its time again"


def test_all_lines_of_a_slow_disk_are_written_in_the_end(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.01)
    slow(monkeypatch, 0.02)
    exchange = ExchangeHook.for_connection(connect("bitopro")).exchange
    recordings = [recorder.record(tmp_path, exchange, {}) for _ in range(3)]
    for recording in recordings * 5:
        recording.lost(recording.sent(*a_request(exchange)), an_error())
    for recording in recordings:
        recording.defer()
        recording.close()
    assert [(len(each.lines), each.flaws) for each in attempts(tmp_path)] == [(12, [])] * 3


def test_a_file_stays_until_a_slow_disk_and_the_store_have_all_of_it(
    connect: Connect, sandbox: RunningSandbox, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.01)
    slow(monkeypatch, 0.05)
    report = sweep(connect("bitopro"))
    assert stored().is_whole
    assert stored().last.hash == report.evidence.hash
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_folder_that_lacks_lines_at_the_end_is_told(
    connect: Connect,
    sandbox: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.01)
    monkeypatch.setattr(recorder, "PATIENCE", 0.01)
    slow(monkeypatch, 0.2)
    assert sweep(connect("bitopro"), tmp_path).open_after == 0
    assert "The folder does not have all of the evidence yet" in caplog.text


def test_a_kill_switch_whose_store_hangs_keeps_no_thread_that_another_one_needs(
    connect: Connect, sandbox: RunningSandbox, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "PATIENCE", 30.0)
    released = Event()
    shelf.before_write = lambda: released.wait(60)
    conn_id = connect("bitopro")

    def fire() -> Any:
        return CancelAllOrdersNotifier(conn_id, poll_interval=0.05, evidence=URL).async_notify({})

    async def both() -> bool:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        first = asyncio.create_task(fire())
        while not list((tmp_path / "spool").glob("*")) or b'"verdict"' not in spooled(tmp_path):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        sandbox.place("bitopro", "btc_usdt")
        second = asyncio.create_task(fire())
        while sandbox.live("bitopro"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        still_waits = not first.done()
        released.set()
        await asyncio.gather(first, second)
        return still_waits

    assert asyncio.run(both()), "the second one cancels while the first one waits for its store"


def test_a_store_that_refuses_the_last_lines_is_not_waited_for(
    connect: Connect, sandbox: RunningSandbox, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "PATIENCE", 30.0)

    def refuse() -> None:
        raise PermissionError

    shelf.before_write = refuse
    began = time.monotonic()
    sweep(connect("bitopro"))
    asyncio.run(CancelAllOrdersNotifier(connect("bitopro"), poll_interval=0.05, evidence=URL).async_notify({}))
    assert time.monotonic() - began < 15


def spooled(tmp_path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in (tmp_path / "spool").iterdir())


def test_a_store_that_hangs_is_waited_for_once_by_a_hook_that_has_cancelled_often(
    connect: Connect, sandbox: RunningSandbox, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(segments, "PATIENCE", 1.0)
    released = Event()
    shelf.before_write = lambda: released.wait(60)
    hook = ExchangeHook.for_connection(connect("bitopro"))
    for _ in range(5):
        hook.cancel_all_orders(evidence=URL, poll_interval=0.05)
    began = time.monotonic()
    hook.close()
    took = time.monotonic() - began
    assert took < 4.0, "five times the patience are 5 s"
    assert len(list((tmp_path / "spool").iterdir())) == 5
    released.set()


SWEEP = """
import sys
from airflow_provider_exchange.hooks.exchange import ExchangeHook
ExchangeHook.for_connection("exchange_under_test").cancel_all_orders(evidence=sys.argv[1], timeout=60)
"""


def test_a_process_that_is_killed_in_mid_sweep_leaves_all_but_its_last_line(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    for _ in range(3):
        sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("hang", route="cancels", seconds=60))
    fields = connection(sandbox, "bitopro")
    env = {**os.environ, "AIRFLOW_CONN_EXCHANGE_UNDER_TEST": json.dumps(fields)}
    with subprocess.Popen(
        [sys.executable, "-c", SWEEP, str(tmp_path)], env=env, stdout=subprocess.DEVNULL
    ) as process:
        try:
            while not sandbox.mutations("bitopro"):
                assert process.poll() is None
                Event().wait(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
    attempt = only(tmp_path)
    assert (attempt.flaws, attempt.has_verdict) == ([], False)
    assert "without a verdict: the attempt was cut" in "\n".join(attempt.sentences())
    last = lines(tmp_path)[-1]
    assert (last["kind"], last["data"]["changes"]) == ("request", True)
