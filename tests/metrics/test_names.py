"""Whatever a connection is called, its metrics have names that every backend takes, and that no other has."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.models.orders import Moment
from airflow_provider_exchange.models.reports import CancelReport
from airflow_provider_exchange.tasks.metrics import send_metrics
from tests.metrics.listener import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.metrics.listener import Listener

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
GAUGE = re.compile(r"airflow\.exchange\.(survivors|unproved)(_selected)?\.nami\.([A-Za-z0-9_-]{1,73})")
IDS = (
    st.text(min_size=1)
    | st.text(alphabet="ab.:/|#\n@,=\u00e9", min_size=1)
    | st.text("a", min_size=99, max_size=250)
)


def flat(conn_id: str) -> CancelReport:
    """The report of an account that was flat."""
    proved = Moment(BEGAN + timedelta(seconds=2))
    return CancelReport(
        "nami", (), 0, conn_id=conn_id, selectors={}, started_at=BEGAN, flat_since=proved.ours, proved=proved
    )


def gauges(statsd: Listener, conn_id: str) -> set[str]:
    """Send a report. Return what stands for the connection in the names of gauges."""
    send_metrics([flat(conn_id)])
    found = [GAUGE.fullmatch(each.name) for each in statsd.metrics() if each.kind == "g"]
    assert len(found) == 4
    return {match[3] for match in found if match is not None}


@pytest.mark.parametrize("influxdb", [False, True], ids=["plain", "tags in the name"])
def test_the_logger_takes_every_name(
    statsd: Listener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, influxdb: bool
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", str(influxdb))

    @given(IDS)
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def law(conn_id: str) -> None:
        send_metrics([flat(conn_id)])
        metrics = statsd.metrics()
        assert len(metrics) == 6
        named = [each.name for each in metrics if each.kind == "g"]
        if influxdb:
            assert all(re.fullmatch(rf"{GAUGE.pattern},venue=nami,conn_id=\3", name) for name in named)
        else:
            assert all(GAUGE.fullmatch(name) for name in named)

    with caplog.at_level(logging.WARNING):
        law()
    assert caplog.text == ""


def test_two_connections_never_share_a_name(statsd: Listener) -> None:
    @given(st.lists(IDS, unique=True, min_size=2, max_size=2))
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def law(ids: list[str]) -> None:
        first, second = (gauges(statsd, conn_id) for conn_id in ids)
        assert len(first | second) == 2

    law()


@pytest.mark.parametrize("conn_id", ["bitopro_default", "bitopro-main", "B2"])
def test_a_usual_name_stays(statsd: Listener, conn_id: str) -> None:
    assert gauges(statsd, conn_id) == {conn_id}


def test_a_clock_that_is_set_back_makes_no_time_negative(statsd: Listener) -> None:
    report = flat("a")
    send_metrics([CancelReport("nami", (), 0, started_at=BEGAN + timedelta(hours=1), proved=report.proved)])
    assert [(each.kind, each.value) for each in statsd.metrics()] == [("ms", 0)]


@pytest.fixture
def opentelemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the metrics of tasks go to OpenTelemetry, by Airflow's own logger. Yields what reads them."""
    export = pytest.importorskip("opentelemetry.sdk.metrics.export")
    metrics = pytest.importorskip("opentelemetry.sdk.metrics")
    try:
        from airflow.sdk._shared.observability.metrics.otel_logger import SafeOtelLogger
    except ImportError:  # before 3.2
        from airflow.metrics.otel_logger import SafeOtelLogger  # type: ignore[import-not-found, no-redef]
    reader = export.InMemoryMetricReader()
    provider = metrics.MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    set_up(monkeypatch, lambda: SafeOtelLogger(provider))
    yield reader
    provider.shutdown()


def test_opentelemetry_takes_them_with_their_tags(opentelemetry: Any) -> None:
    send_metrics([flat("bitopro.main")], by_kill_switch=True)
    told = {
        metric.name: dict(point.attributes)
        for resource in opentelemetry.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    name = told["airflow.exchange.kill_switches.fired"]["conn_id"]
    assert name.startswith("bitopro_main_")
    assert told.keys() >= {"airflow.exchange.time_to_flat", f"airflow.exchange.survivors.nami.{name}"}
    assert all(tags == {"venue": "nami", "conn_id": name} for tags in told.values())
