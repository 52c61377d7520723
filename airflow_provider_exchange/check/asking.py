"""
Makes one reading after the other, each for a finding of its own.

No reading keeps the others from being made: one that fails is a finding. One that fails for a passing reason is
made once more, because the first contact is to teach what the venue is like, and not how the network is. Each is
limited in time and in requests, so that a check ends within seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_exchange.check.findings import Finding, Mark
from airflow_provider_exchange.errors import ExchangeError, OrderNotFoundError, TransientError
from airflow_provider_exchange.protocol.steps import briefly

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Asking", "Failed"]

T = TypeVar("T")

LONGEST_READING = 5.0
"""Seconds for one reading, unless it is of a list with any number of pages."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A reading that failed."""

    error: ExchangeError


class Asking:
    """
    The readings of one check, and its findings so far.

    :param witness: Takes note of what is exchanged.
    """

    def __init__(self, witness: Witness) -> None:
        self.findings: list[Finding] = []
        self.succeeded: set[str] = set()
        """The purposes of readings that did not fail."""
        self._witness = witness

    def ask(
        self,
        purpose: str,
        assumed: str,
        begin: Callable[[], Operation[T]],
        most: int | None = None,
        seconds: float = LONGEST_READING,
    ) -> Operation[T | Failed | None]:
        """
        Make one reading, and once more if it failed for a passing reason.

        :param purpose: The name of its finding.
        :param assumed: For the finding that it took two tries.
        :param begin: Begins it.
        :param most: How many requests it may make; None for any number.
        :param seconds: How long each try may take.
        :return: Its result; None if it wanted to make more requests.
        """
        first: ExchangeError | None = None
        while True:
            began = self._witness.now()
            try:
                result = yield from briefly(self._witness.watch(begin(), purpose, most), seconds)
            except ExchangeError as error:
                passes = isinstance(error, TransientError) and not isinstance(error, OrderNotFoundError)
                is_slow = self._witness.now() - began > seconds / 2  # it would be so again
                if first is not None or not passes or is_slow:
                    return Failed(error)
                first = error
                continue
            if first is not None:
                self.find(purpose, Mark.UNSURE, assumed, f"answered at the second try only; at first: {first}")
            self.succeeded.add(purpose)
            return result

    def find(self, check: str, mark: Mark, assumed: str, shown: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(check, mark, assumed, shown))
