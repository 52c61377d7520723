"""
What the kill switch writes to the log, at last its report as one line of JSON.

Nothing is pushed to XCom: in the DAG processor and in the callback supervisor Airflow never answers a push, so that
the kill switch would hang.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_provider_exchange.errors import ExchangeError, foreign_summary
from airflow_provider_exchange.models import CancelReport
from airflow_provider_exchange.one_line import json_line
from airflow_provider_exchange.operations.table import headline
from airflow_provider_exchange.side_work import SideLog, tell
from airflow_provider_exchange.tasks.origin import origin_of

__all__ = ["KillSwitchLog"]


class KillSwitchLog:
    """
    The log of one callback.

    :param log: Where Airflow has the callback write.
    :param context: What Airflow called it with.
    """

    def __init__(self, log: Any, conn_id: str, context: Any) -> None:
        self._log = log
        self._conn_id = conn_id
        self._context = context

    def succeeded(self, report: CancelReport) -> None:
        """Write what became of the orders."""
        tell(lambda: self._log.info("Kill switch of %s: %s", self._conn_id, headline(report)))
        self._write(report)

    def failed(self, error: Exception) -> None:
        """Write which orders may still be open, and why."""
        log = SideLog(self._log)
        log.error("Kill switch of %s failed, orders may still be OPEN: %s", self._conn_id, error)
        for order in error.orders if isinstance(error, ExchangeError) else ():
            log.error("Kill switch of %s: order %s may still be open", self._conn_id, order)
        self._write(self._report_of(error))

    def _report_of(self, error: Exception) -> CancelReport:
        if not isinstance(error, ExchangeError):
            return CancelReport("", (), None, conn_id=str(self._conn_id), error=foreign_summary(error))
        if error.report is not None:
            return error.report
        return CancelReport(error.exchange or "", (), None, conn_id=str(self._conn_id), error=error.summary())

    def _write(self, report: CancelReport) -> None:
        here = replace(report, origin=origin_of(self._context))
        tell(lambda: self._log.info("%s", json_line({"kill_switch": here.dump()})))
