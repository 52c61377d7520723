"""How every rehearsal speaks: line by line while it runs, and in its last line about the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def insist(wrong: Sequence[str]) -> None:
    """
    End the rehearsal if anything was wrong.

    :param wrong: what a judge has found, each in a line of its own.
    :raises SystemExit: with the first of them and their number. It is an error, so that Airflow's logs stay.
    """
    for each in wrong:
        say(f"  WRONG: {each}")
    if wrong:
        raise SystemExit(f"{len(wrong)} wrong, the first: {wrong[0]}")
