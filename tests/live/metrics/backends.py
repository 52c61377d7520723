"""What Airflow sends metrics to: a StatsD server and an OpenTelemetry collector, of a few lines each."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.metrics.listener import HOST, Listener, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "airflow.exchange."
POLL = 0.02
"""Seconds between two looks for packets; Airflow itself sends hundreds a second at most."""


class Backend(ABC):
    """Takes what is sent, in a ``with`` block."""

    name: str
    """What it speaks."""

    def __init__(self) -> None:
        self.latest: dict[str, float] = {}
        """Of each of our metrics the value that came last, by its name without what all begin with."""
        self.sent: list[bytes] = []
        """All that came, of Airflow's own metrics too."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """What has Airflow send here, as environment variables."""

    def forget(self) -> None:
        """Begin anew."""
        self.latest.clear()


class StatsD(Backend):
    """Listens for UDP packets."""

    name = "StatsD"

    def __init__(self) -> None:
        super().__init__()
        self._listener = Listener()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": HOST,
            "AIRFLOW__METRICS__STATSD_PORT": str(self._listener.port),
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._listener.close()

    def _listen(self) -> None:
        while not self._ends.wait(POLL):
            for packet in self._listener.packets():
                self.sent.append(packet.encode())
                for line in packet.splitlines():
                    if line.startswith(OURS):
                        metric = parse(line)
                        self.latest[metric.name.removeprefix(OURS)] = metric.value


class OpenTelemetry(Backend):
    """Takes what is exported by HTTP with protobuf."""

    name = "OpenTelemetry"

    def __init__(self) -> None:
        super().__init__()
        backend = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                backend.take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"http://{HOST}:{self._server.server_port}/v1/metrics",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, body: bytes) -> None:
        self.sent.append(body)
        with suppress(ValueError):
            for name, value in _values(ExportMetricsServiceRequest.FromString(body)):
                if name.startswith(OURS):
                    self.latest[name.removeprefix(OURS)] = value


def _values(request: Any) -> Iterator[tuple[str, float]]:
    """Yield each metric's name and value; of what is a distribution the sum."""
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    is_number = kind in ("gauge", "sum")
                    value = getattr(point, point.WhichOneof("value")) if is_number else point.sum
                    yield metric.name, float(value)
