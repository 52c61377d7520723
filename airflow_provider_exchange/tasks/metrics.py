"""
Sends metrics about finished cancels through Airflow's own Stats, as side work: it changes no result.

They are sent once everything else is done. ``docs/metrics.md`` tells what they mean, and where they were seen.
"""

from __future__ import annotations

import asyncio
import atexit
import re
import sys
from contextlib import suppress
from contextvars import copy_context
from datetime import timedelta
from hashlib import sha256
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.compat.sdk import Stats, conf

from airflow_provider_exchange.side_work import SideWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from airflow_provider_exchange.models.reports import CancelReport

T = TypeVar("T")

__all__ = ["asend_metrics", "send_metrics"]

LONGEST_NAME = 64
"""Characters of a connection's id in a name: Airflow lets a name have 250, with the tags where they join it."""
UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
"""What would end or divide a metric's name; a dot divides it."""


def send_metrics(reports: Iterable[CancelReport], *, by_kill_switch: bool = False) -> None:
    """
    Send what the reports of finished cancels tell. It never fails, and takes some seconds at most.

    :param reports: One for each account.
    :param by_kill_switch: Whether a kill switch was what cancelled. Others of the same process may have to wait for
        its end, as those of a DAG do.
    """
    _attempt(lambda: _send(reports, by_kill_switch))
    if by_kill_switch:
        _keep_the_end_short()


async def asend_metrics(reports: Iterable[CancelReport], *, by_kill_switch: bool = False) -> None:
    """Do the same without holding up the event loop, on which others may have orders to cancel."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def send() -> None:
        try:
            _attempt(lambda: _send(reports, by_kill_switch))
        finally:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

    with suppress(RuntimeError):  # no more threads
        Thread(target=copy_context().run, args=(send,), name="metrics", daemon=True).start()
        await done.wait()


def _attempt(work: Callable[[], T]) -> T | None:
    return SideWork().attempt("send metrics", work, uses="metrics")


def _keep_the_end_short() -> None:
    """
    Let the process not wait at its end for an OpenTelemetry collector that does not answer.

    Airflow exports the rest there, and waits for ten seconds. So try it now: what does not answer now is given up.
    """
    flush = _attempt(_flush_at_the_end)
    if flush is not None and not _attempt(lambda: (flush(),)):
        atexit.unregister(flush)


def _flush_at_the_end() -> Callable[[], object] | None:
    """Return the function with which Airflow 3.2 and newer export what is left as a process ends; None if none."""
    if not conf.getboolean("metrics", "otel_on", fallback=False):
        return None
    package = getattr(_stats(), "__module__", "").rpartition(".")[0]
    return getattr(sys.modules.get(f"{package}.otel_logger"), "flush_otel_metrics", None)


def _send(reports: Iterable[CancelReport], by_kill_switch: bool) -> None:
    told = [report for report in reports if not report.dry_run]
    stats = _stats() if told else None
    if stats is None:
        return
    trouble: Exception | None = None
    for report in told:
        try:
            _send_one(stats, report)
            if by_kill_switch:
                stats.incr("exchange.kill_switches.fired", tags=_tags(report))
        except Exception as error:  # noqa: BLE001  (whatever one account's do, the others' are sent)
            trouble = error
    if trouble is not None:
        raise trouble


def _send_one(stats: Any, report: CancelReport) -> None:
    tags = _tags(report)
    for outcome, number in report.outcomes.items():
        stats.incr(f"exchange.orders.{outcome.value}", number, tags={**tags, "outcome": outcome.value})
    if report.error is not None:
        stats.incr("exchange.sweeps.failed", tags=tags)
    if report.proved is not None:
        _send_time(stats, "flat", report, report.flat_since)
        _send_time(stats, "proof", report, report.proved.ours)
    if tags and (report.proved is not None or report.error is not None):  # others were not to wait for an end
        for name, value in _gauges(report).items():
            stats.gauge(f"exchange.{name}.{tags['venue']}.{tags['conn_id']}", value, tags=tags)


def _send_time(stats: Any, to: str, report: CancelReport, at: datetime | None) -> None:
    if at is not None and report.started_at is not None:
        # Two readings of a wall clock, which may have been set back in between.
        stats.timing(f"exchange.time_to_{to}", max(timedelta(0), at - report.started_at), tags=_tags(report))


def _gauges(report: CancelReport) -> dict[str, int]:
    """
    Return what the gauges of a connection are to show from now on.

    A number that is not known is not sent, as each number would be a lie; the second gauge tells that it is not.
    What is proved of a selection says nothing of the account. What is proved of the account holds for both.
    """
    is_whole = report.selectors is not None and not report.selectors
    is_known = report.open_after is not None
    gauges: dict[str, int] = {}
    for suffix, is_meant in (("", is_whole), ("_selected", not is_whole or report.proved is not None)):
        if is_meant:
            gauges[f"unproved{suffix}"] = 0 if is_known else 1
            if report.open_after is not None:
                gauges[f"survivors{suffix}"] = report.open_after
    return gauges


def _tags(report: CancelReport) -> Mapping[str, str]:
    """
    Return venue and connection, or nothing if the connection could not be read.

    Then the id that was asked for may be anything, even a whole URI with its secret.
    """
    if not report.exchange or not report.conn_id:
        return {}
    return {"venue": _safe(report.exchange), "conn_id": _safe(report.conn_id)}


def _safe(name: str) -> str:
    """Return a part of a metric's name that stays different from those of other names, and means nothing else."""
    safe = UNSAFE.sub("_", name)[:LONGEST_NAME]
    return safe if safe == name else f"{safe}_{sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _stats() -> Any:
    """
    Return the copy of Airflow's Stats that has a backend in this process, or None.

    Since 3.2 there are two. Airflow sets up that of its SDK in tasks, and its own in the processes of callbacks. A
    task may inherit the other one's from the scheduler, so sending to both would count twice.
    """
    if _is_set_up(Stats):
        return Stats
    with suppress(ImportError):  # Airflow before 3.2 has one copy
        from airflow.observability.stats import Stats as OfCore

        if _is_set_up(OfCore):
            return OfCore
    return None


def _is_set_up(stats: Any) -> bool:
    """Whether Airflow has chosen a backend for a copy, one that sends."""
    is_old = hasattr(stats, "factory")  # before 3.3
    factory = stats.factory if is_old else getattr(sys.modules[stats.incr.__module__], "_factory", stats)
    # A copy of 3.2 that is used before it is set up chooses the one that sends nothing.
    return factory is not None and getattr(factory, "__name__", "") != "NoStatsLogger"
