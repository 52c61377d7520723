"""
Uses whichever release of the package is on its path, by its public names.

``list``, ``watch`` and ``sweep`` count CPU, and waiting is skipped; ``flat`` counts wall time, and waits.
"""

import inspect
import sys
import time
from typing import Any

try:
    from airflow_provider_exchange.driver.clock import SystemClock
except ImportError:  # 0.1.0
    from airflow_provider_exchange.clock import SystemClock  # type: ignore[import-not-found, no-redef]
from airflow_provider_exchange.hooks.exchange import ExchangeHook


class Skipping(SystemClock):
    """A clock that sleeps move on, and the sleeper that moves it."""

    skipped = 0.0

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic() + self.skipped

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.skipped

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.skipped += seconds

    def get(self, timeout: float) -> None:
        """Let time pass, as a queue that nobody stops does."""
        self.skipped += timeout

    def is_set(self) -> bool:
        """Return whether somebody has stopped the run."""
        return False


what = sys.argv[1]
hook = ExchangeHook.for_connection("paper")
if what != "flat":
    clock = Skipping()
    hook.planner.clock = clock
    # Releases up to 0.1.0 pause with the first, later ones with the second.
    vars(hook._transport).update(_stopped=clock, _wakes=clock)  # noqa: SLF001
seconds = time.perf_counter if what == "flat" else time.process_time
# Releases without it read the open orders once.
proof: dict[str, Any] = (
    {"flat_for": 0} if "flat_for" in inspect.signature(hook.cancel_all_orders).parameters else {}
)
refs = hook.check_orders([order.summary() for order in hook.list_open_orders()]) if what == "watch" else ()
for line in sys.stdin:
    began = seconds()
    for _ in range(int(line)):
        if what == "list":
            hook.list_open_orders()
        elif what == "watch":
            hook.read_orders(refs)
        else:
            report = hook.cancel_all_orders(timeout=36_000, **proof)
            assert report.open_after == 0  # noqa: S101
    print("seconds", seconds() - began, flush=True)
