"""Loads what a task loads in an Airflow worker, and sweeps; prints memory in MB and CPU in seconds."""

import time
from pathlib import Path

import airflow.sdk.execution_time.task_runner  # noqa: F401

from airflow_provider_exchange.hooks.exchange import ExchangeHook


def measured(what: str) -> str:
    """Return what this process holds and has used so far."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return f"{what},{int(line.split()[1]) / 1024},{time.process_time()}"


told = [measured("Airflow's task runner loaded")]
hook = ExchangeHook.for_connection("paper")
report = hook.cancel_all_orders()
assert report.open_after == 0  # noqa: S101
told.append(measured("a thousand orders swept"))
print(";".join(told))
