# mypy: disable-error-code="no-untyped-call, untyped-decorator"

"""
``airflow exchange check``: the first contact with an exchange.

The table goes to standard output, a line on the whole to standard error. The exit code is 0 unless a finding is
wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_provider_exchange.check.findings import Mark
from airflow_provider_exchange.check.orders import plural
from airflow_provider_exchange.cli.commands import _fail_if_any, _named, _show
from airflow_provider_exchange.hooks.accounts import SideBySide

if TYPE_CHECKING:
    from argparse import Namespace

    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.hooks.exchange import ExchangeHook

SIGNS = {Mark.OK: "✓", Mark.UNSURE: "?", Mark.WRONG: "✗"}
PLAIN_SIGNS = {Mark.OK: "ok", Mark.UNSURE: "?", Mark.WRONG: "WRONG"}
"""For a terminal or a file that cannot show the others."""


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def check(args: Namespace) -> None:
    """Look at all that this package reads of each account, and hold it against what it assumes."""
    named = _named(args.conn_id)
    if args.transcript and len(named) > 1:
        raise SystemExit("Failed: a transcript is of one account; give one --conn-id")

    def look(_name: str, hook: ExchangeHook) -> CheckReport:
        report = hook.check(args.symbol, cancel_right=args.cancel_right, timeout=args.timeout)
        if args.transcript:
            transcripts.append(hook.transcript())
        return report

    transcripts: list[str] = []
    with SideBySide(look) as looking:
        looking.start(named)
        for name in looking.done():
            if name in looking.results:
                print(f"{name}: {_counts(looking.results[name])}", file=sys.stderr)
    for text in transcripts:
        _write(args.transcript, text)
    rows = {name: _rows(report, args.output) for name, report in looking.results.items()}
    _show(looking.names, rows, args.output)
    _fail_if_any(looking.errors, of=len(looking.names), what="could not be checked")
    wrong = {name: report.wrong for name, report in looking.results.items() if report.wrong}
    if wrong:
        checks = (f"{name}: {', '.join(finding.check for finding in found)}" for name, found in wrong.items())
        raise SystemExit("\n".join(f"Failed: {each}" for each in checks))


def _rows(report: CheckReport, output: str) -> list[dict[str, Any]]:
    """Return the findings for people with a sign, and for programs with a word."""
    rows: list[dict[str, Any]] = [finding.summary() for finding in report.findings]
    if output in ("table", "plain"):
        signs = _signs()
        for row, finding in zip(rows, report.findings, strict=True):
            row["result"] = signs[finding.mark]
    return rows


def _signs() -> dict[Mark, str]:
    try:
        "".join(SIGNS.values()).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_SIGNS
    return SIGNS


def _counts(report: CheckReport) -> str:
    unsure = sum(finding.mark is Mark.UNSURE for finding in report.findings)
    return (
        f"{report.exchange}: {plural(len(report.findings), 'finding')}, {unsure} unsure, {len(report.wrong)} wrong"
    )


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SystemExit(f"Failed: the transcript {file!r} could not be written ({error.strerror})") from None
