"""What a check has found, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_exchange.one_line import one_line

__all__ = ["CheckReport", "Finding", "Mark", "worst"]


class Mark(StrEnum):
    """
    How a finding stands.

    ``unsure`` is what this package gets along with, or what could not be seen; ``wrong`` is what a task fails at.
    """

    OK = "ok"
    UNSURE = "unsure"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One assumption and what became of it.

    :param check: What was looked at, in a word or two.
    :param mark: How it stands.
    :param assumed: What the adapter takes for granted.
    :param shown: What the venue showed, and what that means for a task.
    """

    check: str
    mark: Mark
    assumed: str
    shown: str

    def summary(self) -> dict[str, str]:
        """Return the finding as a small dict of texts in one line each."""
        return {
            "result": self.mark.value,
            "check": self.check,
            "assumed": one_line(self.assumed),
            "shown": one_line(self.shown),
        }


@dataclass(frozen=True, slots=True)
class CheckReport:
    """
    What the check of one connection has found. It holds no request and no answer, so a task may return it.

    :param exchange: The venue.
    :param findings: In the order in which they were made.
    """

    exchange: str
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings at which a task would fail."""
        return tuple(finding for finding in self.findings if finding.mark is Mark.WRONG)

    def __getitem__(self, check: str) -> Finding:
        """Return the first finding of that name; raise ``KeyError`` if there is none."""
        for finding in self.findings:
            if finding.check == check:
                return finding
        raise KeyError(check)

    def __repr__(self) -> str:
        return f"<CheckReport of {self.exchange}: {len(self.findings)} findings, {len(self.wrong)} wrong>"


def worst(*marks: Mark) -> Mark:
    """Return the worst of some marks; ``ok`` for none."""
    return max(marks, key=list(Mark).index, default=Mark.OK)
