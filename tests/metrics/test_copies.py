"""Airflow may have two copies of Stats; the metrics go to the one that it has set up."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.tasks.metrics import send_metrics
from tests.metrics.listener import set_up
from tests.metrics.test_names import flat

if TYPE_CHECKING:
    from tests.metrics.listener import Listener


class NoStatsLogger:
    """Called like Airflow's own backend that sends nothing."""


@pytest.fixture
def of_core() -> Any:
    """The copy that the processes of callbacks have."""
    try:
        return import_module("airflow.observability.stats").Stats
    except ImportError:
        pytest.skip("this Airflow has one copy")


@pytest.mark.parametrize("of_sdk", [None, NoStatsLogger])
def test_the_one_of_callbacks_is_used_where_only_it_is_set_up(
    of_core: Any, statsd: Listener, monkeypatch: pytest.MonkeyPatch, of_sdk: Any
) -> None:
    set_up(monkeypatch, statsd.logger, of_core)
    set_up(monkeypatch, of_sdk)
    send_metrics([flat("a")])
    assert len(statsd.packets()) == 6


def test_nothing_is_sent_twice(of_core: Any, statsd: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task inherits what the scheduler has set up, beside its own."""
    set_up(monkeypatch, statsd.logger, of_core)
    send_metrics([flat("a")])
    assert len(statsd.packets()) == 6


def test_nothing_happens_where_none_is_set_up(statsd: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(monkeypatch, NoStatsLogger)
    send_metrics([flat("a")])
    assert statsd.packets() == []
