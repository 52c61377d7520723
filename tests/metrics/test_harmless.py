"""A backend that fails or hangs changes no result, delays no cancel, and holds up no event loop."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange import side_work
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from tests.accounts import connection
from tests.metrics.listener import set_up
from tests.report.airflows import PLACES, context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

LONGEST = 60
"""Seconds after which a test gives up."""


class Nowhere:
    """A backend that takes what comes."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Ends what hangs, at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()
    if (thread := side_work._left_behind.pop("metrics", None)) is not None:
        thread.join(LONGEST)


@pytest.mark.parametrize("how", ["fails", "hangs"])
@pytest.mark.parametrize("place", PLACES)
def test_a_broken_backend_is_met_after_the_cancels_and_changes_nothing(
    connect: Connect,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    release: threading.Event,
    place: str,
    how: str,
) -> None:
    sandbox.place("nami", "BTCUSDT")
    left: list[int] = []

    def backend() -> Any:
        left.append(len(sandbox.live("nami")))
        if how == "hangs":
            release.wait(LONGEST)
        raise OSError("no such host: secret-of-mine")

    set_up(monkeypatch, backend)
    report = PLACES[place](lambda: capsys.readouterr().out, exchange_conn_id=connect("nami"))
    assert left == [0]
    assert (report["open_after"], report["error"]) == (0, None)


def test_a_backend_that_hangs_leaves_the_report_published(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator

    around = context()
    published: list[bool] = []

    def backend() -> Any:
        published.append("report" in around["ti"].pushed)
        raise OSError

    set_up(monkeypatch, backend)
    CancelAllOrdersOperator(task_id="clear", exchange_conn_id=connect("nami")).execute(around)
    assert published == [True]


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let metrics go to OpenTelemetry. Returns what Airflow will not do any more at the end of the process."""
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
    set_up(monkeypatch, Nowhere)
    not_done: list[Any] = []
    monkeypatch.setattr("atexit.unregister", not_done.append)
    return not_done


@pytest.mark.parametrize("answers", [True, False])
def test_the_end_of_a_process_waits_for_no_collector_that_was_silent_before(
    connect: Connect,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    release: threading.Event,
    ended: list[Any],
    answers: bool,
) -> None:
    otel = pytest.importorskip("airflow.sdk._shared.observability.metrics.otel_logger", reason="before Airflow 3.2")
    monkeypatch.setattr(otel, "flush_otel_metrics", flush := lambda: answers or release.wait(LONGEST))
    if answers:
        monkeypatch.setattr(side_work, "PATIENCE", LONGEST)
    CancelAllOrdersNotifier(exchange_conn_id=connect("nami"), poll_interval=0.05).notify(context())
    assert ended == ([] if answers else [flush])


def test_settings_that_cannot_be_read_change_nothing(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "nonsense")
    sandbox.place("nami", "BTCUSDT")
    CancelAllOrdersNotifier(exchange_conn_id=connect("nami"), poll_interval=0.05).notify(context())
    assert sandbox.live("nami") == []


def test_the_event_loop_goes_on_while_a_backend_hangs(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    went_on: list[bool] = []

    async def beside_others() -> None:
        loop = asyncio.get_running_loop()

        def backend() -> Any:
            seen = threading.Event()
            loop.call_soon_threadsafe(seen.set)
            went_on.append(seen.wait(LONGEST))
            raise OSError

        set_up(monkeypatch, backend)
        await CancelAllOrdersNotifier(exchange_conn_id=connect("nami"), poll_interval=0.05).async_notify(context())
        assert asyncio.all_tasks() == {asyncio.current_task()}

    monkeypatch.setattr(side_work, "PATIENCE", LONGEST)
    asyncio.run(beside_others())
    assert went_on == [True]


def test_metrics_of_one_account_that_cannot_be_sent_keep_none_of_another_from_it(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    class Picky(Nowhere):
        def incr(self, name: str, *_: Any, tags: Any = None, **__: Any) -> None:
            if tags["venue"] == "nami":
                raise ValueError("a name that it does not like")
            sent.append(name)

    set_up(monkeypatch, Picky)
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps(connection(sandbox, "bitopro")))
    CancelAllOrdersNotifier([connect("nami"), "other"], poll_interval=0.05).notify(context())
    assert "exchange.kill_switches.fired" in sent
