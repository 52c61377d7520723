"""Sweeps a paper account; prints the CPU seconds that took, and the megabytes by which the process grew."""

import sys
import time
from pathlib import Path

from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.sandbox.accounts import Accounts
from tests.accounts import SkippingTransport, planner_on
from tests.sweeps import cancel_orders


def largest() -> float:
    """Return the most megabytes that the process has held so far; ``getrusage`` would count its parent's, too."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


venue, url = sys.argv[1:]
exchange = load_exchange(venue).from_settings(ConnectionSettings("paper", **Accounts().connection(venue, url)))
transport = SkippingTransport()
planner = planner_on(transport, exchange, 60)
transport.run(planner.plan(exchange.probe(), 60))  # the connection is open and signing is warm
before, began = largest(), time.process_time()
report = transport.run(
    planner.plan(cancel_orders(exchange, Selectors().check(exchange), {}, poll_interval=2), 36_000)
)
assert report.open_after == 0  # noqa: S101
print(time.process_time() - began, largest() - before)
