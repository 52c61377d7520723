"""How often a DAG runs by its schedule, told from its timetable as the DAG file has made it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import InvalidOrderRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["check_interval", "longest_interval"]

DAY = 86_400


def check_interval(dag: Any, countdown: int) -> None:
    """
    Raise ``InvalidOrderRequest`` unless a DAG runs at least twice in a countdown, so that one run may be late.

    :param dag: The DAG of the task; None if there is none.
    :param countdown: In seconds.
    """
    interval = longest_interval(getattr(dag, "timetable", None))
    if interval is None:
        raise InvalidOrderRequest(
            "the DAG has no schedule by time, such as a cron expression or a timedelta, that tells how often it "
            "runs. So nothing is known to start the countdown anew, and at its end all orders would go. To arm the "
            "switch in a program's own loop, call arm_dead_mans_switch of the connection's hook. Nothing was sent"
        )
    if countdown < 2 * interval.total_seconds():
        raise InvalidOrderRequest(
            f"countdown is {countdown} s, but up to {interval} pass between two runs of the DAG by its schedule: a "
            "single run that is late would set off the switch. Have the DAG run at least twice in a "
            "countdown. Nothing was sent"
        )


def longest_interval(timetable: Any) -> timedelta | None:
    """
    Return the longest time between two runs that follow each other by a schedule; None if it has no fixed times.

    A schedule that leaves out days counts as one with a day between two runs, whatever it is.

    :param timetable: Of Airflow's own classes. Those of Airflow's SDK have public names for what Airflow's core
        keeps in private ones.
    """
    if (inner := getattr(timetable, "timetable", None)) is not None:  # a schedule by time or by assets
        return longest_interval(inner)
    crons = _first(timetable, "timetables", "_timetables") or [timetable]
    delta = _first(timetable, "delta", "_delta")
    if delta is not None:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        following: datetime = start + delta  # a timedelta or a relativedelta
        return following - start
    expressions = [_first(each, "expression", "_expression") for each in crons]
    if not all(isinstance(each, str) for each in expressions):
        return None
    return _longest_gap(expressions)


def _first(holder: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(holder, name, None)) is not None), None)


def _longest_gap(expressions: Sequence[str]) -> timedelta | None:
    """Return the longest time between two of the moments that any of some cron expressions name."""
    from croniter import croniter  # Airflow's own dependency; it is never imported as a DAG file is parsed

    moments: set[int] = set()
    for expression in expressions:
        try:
            fields, _ = croniter.expand(expression)
        except (KeyError, ValueError):
            return None
        if any(field != ["*"] for field in (*fields[2:5], *fields[6:])):  # it leaves out days, or years
            continue
        minutes, hours = (_values(field, size) for field, size in zip(fields[:2], (60, 24), strict=True))
        seconds = _values(fields[5], 60) if len(fields) > 5 else [0]
        moments |= {h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds}
    if not moments:
        return timedelta(seconds=DAY)
    times = sorted(moments)
    following = [*times[1:], times[0] + DAY]
    return timedelta(seconds=max(after - before for before, after in zip(times, following, strict=True)))


def _values(field: Iterable[Any], size: int) -> list[int]:
    listed = list(field)
    return list(range(size)) if listed == ["*"] else listed
