"""
Stops a transport by a signal at each line of Python that its pause runs, and once while the pause waits.

Run in a process of its own, which hangs if a pause waits for a lock that its own thread holds.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.effects import Sleep
from airflow_provider_exchange.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.driver.effects import Plan

FOR_EVER = 10**6


def pauses(*seconds: float) -> Plan[None]:
    for each in seconds:
        yield Sleep(each)


class Lines:
    """Counts the lines that run below a transport's pause, and does something before one of them."""

    def __init__(self, line: int | None = None, act: Callable[[], object] = lambda: None) -> None:
        self.count = 0
        self._line = line
        self._act = act

    def trace(self, frame: Any, event: str, _argument: object) -> Any:
        if self.count or frame.f_code is Transport._perform.__code__:
            if event == "line":
                self.count += 1
                if self.count == self._line:
                    sys.settrace(None)  # the handler's own lines do not count
                    self._act()
            return self.trace
        return None


def run(*seconds: float, lines: Lines | None = None, alarm: float = 0) -> bool:
    """Return whether a run of pauses was stopped."""
    transport = Transport(new_session())
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda *_: transport.stop())
    signal.setitimer(signal.ITIMER_REAL, alarm)
    if lines is not None:
        sys.settrace(lines.trace)
    try:
        transport.run(pauses(*seconds))
    except Stopped:
        return True
    finally:
        sys.settrace(None)
        transport.session.close()
    return False


def main() -> None:
    every = Lines()
    assert not run(0.01, lines=every)
    for line in range(1, every.count + 1):
        lines = Lines(line, lambda: signal.raise_signal(signal.SIGTERM))
        assert run(0.01, FOR_EVER, lines=lines), f"line {line} of {every.count}"
    assert run(FOR_EVER, alarm=0.05)
    print(f"stopped at each of {every.count} lines")


if __name__ == "__main__":
    main()
