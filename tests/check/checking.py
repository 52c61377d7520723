"""Checks of paper accounts, and their transcripts."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.check.run import planned_check
from airflow_provider_exchange.check.transcript import transcript

if TYPE_CHECKING:
    from airflow_provider_exchange.check.findings import CheckReport
    from tests.accounts import Account

__all__ = ["BESIDE", "Checked", "matter"]

BESIDE = frozenset({"withdrawals", "cancel right"})
"""What no check of these venues can be sure of, unless it is asked to cancel."""


class Checked:
    """
    One account, and what its check finds.

    :param account: Its sleeps take no time.
    """

    def __init__(self, account: Account) -> None:
        self.account = account

    def check(self, **options: Any) -> CheckReport:
        return self.account.transport.run(planned_check(self.account.exchange, self.account.planner, **options))

    def transcript(self, report: CheckReport, seed: int | None = None) -> str:
        account = self.account
        return transcript(
            account.exchange,
            account.venue,
            report.exchanged,
            account.sandbox.connection(account.venue)["login"],
            options=report.options,
            chance=None if seed is None else Random(seed),
        )


def matter(report: CheckReport) -> dict[str, str]:
    """Return what is the matter, by the name of the finding."""
    return {
        finding.check: finding.shown
        for finding in report.findings
        if finding.mark != "ok" and finding.check not in BESIDE
    }
