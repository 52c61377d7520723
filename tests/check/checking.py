"""Checks of paper accounts, and their transcripts."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.check.run import planned_check
from airflow_provider_exchange.check.transcript import transcript
from airflow_provider_exchange.check.witness import Witness
from tests.accounts import connection

if TYPE_CHECKING:
    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.check.witness import Exchanged
    from tests.accounts import Account

__all__ = ["BESIDE", "Checked", "matter"]

BESIDE = frozenset({"withdrawals", "cancel right", "clock", "latency"})
"""What no check of these venues is sure of, unless it is asked to cancel, and what hangs on the machine's load."""


class Checked:
    """
    One account, and what its check finds.

    :param account: Its sleeps take no time.
    """

    def __init__(self, account: Account) -> None:
        self.account = account

    def check(self, **options: Any) -> CheckReport:
        account = self.account
        self._witness = Witness(account.planner.clock)
        return account.transport.run(planned_check(account.exchange, account.planner, self._witness, **options))

    @property
    def exchanged(self) -> list[Exchanged]:
        """What went over the wire in the latest check."""
        return self._witness.exchanged

    def transcript(self, seed: int | None = None) -> str:
        account = self.account
        fields = connection(account.sandbox, account.venue)
        chance = None if seed is None else Random(seed)
        return transcript(account.exchange, fields["conn_type"], self._witness, fields["login"], chance=chance)


def matter(report: CheckReport) -> dict[str, str]:
    """Return what is the matter, by the name of the finding."""
    return {
        finding.check: finding.shown
        for finding in report.findings
        if finding.mark != "ok" and finding.check not in BESIDE
    }
