"""Everything that is logged meanwhile, at DEBUG, by whichever of Airflow's two ways."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["recording"]


class _Kept(logging.Handler):
    def __init__(self, records: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(f"{record.name} {self.format(record)}")


@contextmanager
def recording(records: list[str]) -> Iterator[None]:
    """Append to a list whatever is logged, and show it nowhere else."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = [_Kept(records)]
    root.setLevel(logging.DEBUG)
    with ExitStack() as stack:
        try:
            from structlog.testing import capture_logs
        except ImportError:  # Airflow 2 logs without it
            events = []
        else:
            events = stack.enter_context(capture_logs())
        try:
            yield
        finally:
            root.handlers = handlers
            root.setLevel(level)
            records.extend(map(repr, events))
