"""How long a schedule leaves a switch alone at most."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG

from airflow_provider_exchange.tasks.schedule import longest_interval


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
