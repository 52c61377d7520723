"""
What the kill switch writes to the log, at last its report as one line of JSON.

Nothing is pushed to XCom: in the DAG processor and in the callback supervisor Airflow never answers a push, so that
the kill switch would hang.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import ExchangeError, SeveralAccountsError, foreign_summary
from airflow_provider_exchange.hooks.accounts import reason
from airflow_provider_exchange.models.reports import CancelReport
from airflow_provider_exchange.one_line import json_line
from airflow_provider_exchange.operations.table import headline
from airflow_provider_exchange.side_work import SideLog, tell
from airflow_provider_exchange.tasks.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KillSwitchLog"]


class KillSwitchLog:
    """
    The log of one callback, which may be about several accounts.

    :param log: Where Airflow has the callback write.
    :param context: What Airflow called it with.
    """

    def __init__(self, log: Any, context: Any) -> None:
        self._log = log
        self._context = context
        self.reports: list[CancelReport] = []
        """What became of each account."""

    @contextmanager
    def telling(self, conn_id: Any) -> Iterator[None]:
        """Write what is raised, unless that was written for each account."""
        try:
            yield
        except SeveralAccountsError:
            raise
        except (ExchangeError, AirflowNotFoundException) as error:
            self.failed(conn_id, error)
            raise
        except Exception as error:
            self.reports.append(_report_of(str(conn_id), error))
            raise

    def succeeded(self, conn_id: str, report: CancelReport) -> None:
        """Write what became of the orders of an account."""
        tell(lambda: self._log.info("Kill switch of %s: %s", conn_id, headline(report)))
        self._write(report)

    def failed(self, conn_id: Any, error: Exception) -> None:
        """Write which orders of an account may still be open, and why."""
        log = SideLog(self._log)
        log.error("Kill switch of %s failed, orders may still be OPEN: %s", conn_id, reason(str(conn_id), error))
        for order in error.orders if isinstance(error, ExchangeError) else ():
            log.error("Kill switch of %s: order %s may still be open", conn_id, order)
        self._write(_report_of(str(conn_id), error))

    def _write(self, report: CancelReport) -> None:
        self.reports.append(report)
        here = replace(report, origin=origin_of(self._context))
        tell(lambda: self._log.info("%s", json_line({"kill_switch": here.dump()})))


def _report_of(conn_id: str, error: Exception) -> CancelReport:
    if not isinstance(error, ExchangeError):
        return CancelReport("", (), None, conn_id=conn_id, error=foreign_summary(error))
    if error.report is not None:
        return error.report
    return CancelReport(error.exchange or "", (), None, conn_id=conn_id, error=error.summary())
