"""Airflow's own StatsD logger, and a server on loopback that keeps the packets which it sends."""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from airflow.providers.common.compat.sdk import Stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
BUFFER = 1 << 20
"""Bytes that may wait to be read."""


class Metric(NamedTuple):
    """
    One metric, as StatsD's protocol has it.

    :param kind: ``c`` for a counter, ``g`` for a gauge, ``ms`` for a timer.
    """

    name: str
    value: float
    kind: str


class Listener:
    """A StatsD server. What was sent on loopback is there at once."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._loggers: list[Any] = []

    def logger(self) -> Any:
        """Make Airflow's own logger, by the settings in the environment."""
        try:
            logger = import_module("airflow.sdk.observability.metrics.statsd_logger").get_statsd_logger()
        except ImportError:  # before 3.2
            logger = import_module("airflow.metrics.statsd_logger").get_statsd_logger(None)
        self._loggers.append(logger)
        return logger

    def packets(self) -> list[str]:
        """What has come since the last call."""
        come: list[str] = []
        while True:
            try:
                come.append(self._socket.recv(65536).decode())
            except BlockingIOError:
                return come

    def metrics(self) -> list[Metric]:
        """The metrics that have come since the last call."""
        return [metric for packet in self.packets() for metric in map(parse, packet.splitlines())]

    def counted(self) -> dict[str, float]:
        """Their values by their names, but for the timers, without Airflow's prefix."""
        return {name.removeprefix("airflow."): value for name, value, kind in self.metrics() if kind != "ms"}

    def close(self) -> None:
        for each in self._loggers:
            each.statsd.close()
        self._socket.close()


def parse(line: str) -> Metric:
    """Read a line strictly: a name that holds what divides a line is no name."""
    name, _, rest = line.partition(":")
    value, _, kind = rest.partition("|")
    assert kind in ("c", "g", "ms"), line
    return Metric(name, float(value), kind)


def set_up(monkeypatch: pytest.MonkeyPatch, factory: Callable[[], Any] | None, stats: Any = Stats) -> None:
    """Give a copy of Airflow's Stats a backend, as Airflow does as it starts a process."""
    if hasattr(stats, "factory"):  # before 3.3
        monkeypatch.setattr(stats, "factory", factory, raising=False)
        monkeypatch.setattr(stats, "instance", None)
    else:
        module = sys.modules[stats.incr.__module__]
        monkeypatch.setattr(module, "_factory", factory)
        monkeypatch.setattr(module, "_backend", None)


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Let the metrics of tasks go to a server of the test."""
    with closing(Listener()) as listener:
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", HOST)
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(listener.port))
        monkeypatch.setenv("AIRFLOW__METRICS__METRICS_USE_PATTERN_MATCH", "True")  # or Airflow 2 warns of itself
        set_up(monkeypatch, listener.logger)
        yield listener
