"""What a person is shown before a sweep, and asked."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_exchange.hooks.accounts import reason
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.table import joint_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.hooks.accounts import SideBySide
    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models.reports import CancelReport

LONGEST_LOOK = 5.0
"""Seconds after which the question comes, although not every account was read by then."""


def account_of(conn_id: str, hook: ExchangeHook) -> str:
    """Return whose orders they are, for a question."""
    return f"{conn_id} ({hook.exchange.title}, account {hook.exchange.account})"


def confirm(question: str) -> None:
    """Ask a question; end the command unless the answer is yes."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SystemExit("Nothing was cancelled.")


def confirm_sweep(looking: SideBySide[CancelReport], *, selects: bool) -> None:
    """
    Show what was found at each account within ``LONGEST_LOOK``, and ask whether to cancel it.

    A yes goes for all accounts, also for those that were not read by then, which the question names.

    :param looking: Dry runs, some of which may not be done.
    :param selects: Whether only some orders are selected.
    """
    for line in _found(looking):
        print(line, file=sys.stderr)
    confirm(_question(looking, selects=selects))


def _found(looking: SideBySide[CancelReport]) -> Iterator[str]:
    # These lines come before cancels, so they are no dry run's.
    found = {
        name: replace(looking.results[name], dry_run=False) for name in looking.names if name in looking.results
    }
    if any(report.results for report in found.values()):
        yield from joint_table(found)
    for name in looking.names:
        if name in looking.errors:
            yield f"{name} could not be read: {reason(name, looking.errors[name])}"
        elif undecided := _undecided(found[name]) if name in found else 0:
            yield f"{name}: {undecided} undecided: left alone, as they cannot be read"


def _question(looking: SideBySide[CancelReport], *, selects: bool) -> str:
    is_there = "matches" if selects else "is open"
    unread = set(looking.running)
    accounts = {name: account_of(name, hook) for name, hook in looking.hooks.items()}
    reports = [looking.results[name] for name in accounts if name in looking.results]
    count = sum(len(report.results) - _undecided(report) for report in reports)
    read = [account for name, account in accounts.items() if name in looking.results]
    late = [account for name, account in accounts.items() if name in unread]
    failed = [account for name, account in accounts.items() if name in looking.errors]
    parts = [
        f"{count} order{'' if count == 1 else 's'} of {', '.join(read)}" if read else "",
        f"what {is_there} at {', '.join(late)}, not read within {LONGEST_LOOK:g} s" if late else "",
        f"what {is_there} at {', '.join(failed)}, which could not be read" if failed else "",
    ]
    meanwhile = f"any {'that match and' if selects else 'that'} appear meanwhile"
    return f"Cancel {'; '.join(filter(None, parts))}, and {meanwhile}?"


def _undecided(report: CancelReport) -> int:
    return report.outcomes.get(Outcome.UNDECIDED, 0)
