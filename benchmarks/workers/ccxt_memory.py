"""Makes accounts; prints the megabytes that the first one took, and those that each further one did."""

import sys
from pathlib import Path

from airflow_provider_exchange.hooks.exchange import ExchangeHook


def held() -> float:
    """Return the megabytes that the process holds."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def used() -> ExchangeHook:
    """Make an account and ask something with it, as a task does."""
    hook = ExchangeHook.for_connection("paper")
    hook.list_open_orders()
    return hook


count = int(sys.argv[1])
empty = held()
hooks = [used()]
one = held()
hooks += [used() for _ in range(count)]
print(one - empty, (held() - one) / count)
