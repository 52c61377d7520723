"""How long a run bears that its looks at the orders fail, and when it believes that they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import ExchangeError, NoResultError, TransientError

if TYPE_CHECKING:
    from airflow_provider_exchange.operations.ledger import Ledger

__all__ = ["LONGEST_FIRST_LOOK", "Patience"]

LONGEST_FIRST_LOOK = 3.0
"""Seconds that named orders are read, or that a read is repeated, before the cancels that are due go out."""
MOST_PATIENCE = 15.0
"""Seconds for which reads are repeated at most before cancels are sent again; doubled from the first look on."""
REFUSED_FOR = 1.0
"""Seconds for which looks must be refused in a way that looks permanent, before that ends the run."""


class Patience:
    """
    What the latest looks of a run have met.

    :param ledger: Tells how long the run has waited; see :attr:`Ledger.waited`.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.trouble: ExchangeError | None = None
        """Why the last look could not read everything; None when it could."""
        self._refused_since: float | None = None
        """Since when each look was refused in a way that looks permanent."""
        self.seconds = LONGEST_FIRST_LOOK
        """For how long a look repeats reads that fail, all together."""

    def failed(self, error: ExchangeError) -> None:
        """
        Take note of why a look failed.

        :raises ExchangeError: the same, if the venue has refused looks for some time.
        """
        if isinstance(error, NoResultError):
            return
        self.trouble = error
        if isinstance(error, TransientError):
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = self._ledger.waited
        elif self._ledger.waited - self._refused_since >= REFUSED_FOR:
            raise error

    def succeeded(self) -> None:
        """Take note that a look has read everything."""
        self.trouble = self._refused_since = None
        self.seconds = LONGEST_FIRST_LOOK

    def grow(self) -> None:
        """Let the next look repeat its reads for longer."""
        self.seconds = min(2 * self.seconds, MOST_PATIENCE)

    def pause(self, seconds: float) -> float:
        """Return the pause between two rounds: not long while reads fail, but enough to believe a refusal."""
        if self.trouble is not None:
            seconds = min(seconds, self.seconds)
        if self._refused_since is not None:
            seconds = max(seconds, REFUSED_FOR)
        return seconds
