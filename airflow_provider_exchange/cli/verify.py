"""
``airflow exchange verify``: what the evidence of cancels shows.

Sentences go to standard output. The exit code is 0 only if every attempt is as it was written and ends with a
verdict. It imports nothing of Airflow, unless the evidence is in a store, and nothing at all before it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace

HELP = "Check the evidence of cancels, and tell what it shows and what it cannot"
ARGUMENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("path", {"metavar": "PATH", "help": "A file, a folder, or a URL such as s3://conn@bucket/evidence"}),
    ("--hash", {"help": "The last hash as the report has it; it tells a chain that was written anew"}),
)
"""What argparse and Airflow are told of the command."""


def verify(args: Namespace) -> None:
    """Check every attempt at a path."""
    from airflow_provider_exchange.evidence.folder import attempts_at
    from airflow_provider_exchange.evidence.verify import LIMITS, check
    from airflow_provider_exchange.one_line import one_line

    try:
        found = attempts_at(args.path)
    except Exception as error:  # noqa: BLE001  (whatever a store raises; its words may hold a key)
        reason = (error.strerror or "") if isinstance(error, OSError) else ""
        hint = "" if reason else ". A store needs its provider and its connection on this machine, too"
        raise SystemExit(f"Failed: the path cannot be read ({reason or type(error).__name__}){hint}") from None
    attempts = [check(name, parts) for name, parts in found.items()]
    if not attempts:
        raise SystemExit("Failed: there is no evidence at this path")
    for attempt in attempts:
        print("\n".join(attempt.sentences()))
    print(LIMITS)
    failed = [f"Failed: {one_line(each.name)} is not as it was written" for each in attempts if each.flaws]
    failed += [f"Failed: {one_line(each.name)} has no verdict" for each in attempts if not each.has_verdict]
    if args.hash is not None and args.hash not in {attempt.last.hash for attempt in attempts}:
        failed.append("Failed: no attempt ends with the hash that was given")
    if failed:
        raise SystemExit("\n".join(failed))
