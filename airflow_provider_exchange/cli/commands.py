# mypy: disable-error-code="no-untyped-call, untyped-decorator"

"""
The commands of ``airflow exchange``, which list and cancel orders by hand.

Only the result table goes to standard output; questions, errors and a line on each account go to standard error.
The exit code is 0 only when the exchange has confirmed what the command was asked to do, for every account.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_provider_exchange.cli.accounts import fail_if_any, named_accounts
from airflow_provider_exchange.cli.output import show
from airflow_provider_exchange.cli.question import LONGEST_LOOK, account_of, confirm, confirm_sweep
from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.accounts import SideBySide
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.reports import CancelReport
from airflow_provider_exchange.operations.table import headline, joint_table, listing

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

NOT_FLAT = "are not proved flat, and their orders may still be open"
GONE = frozenset({"cancelled", "already_cancelled", "expired"})


@suppress_logs_and_warning
@providers_configuration_loaded
def list_orders(args: Namespace) -> None:
    """List open orders."""
    with SideBySide(lambda _name, hook: (hook.list_open_orders(args.symbol), hook.planner.moment())) as looking:
        looking.start(named_accounts(args.conn_id))
        for _ in looking.done():
            pass
    found = {name: looking.results[name] for name in looking.names if name in looking.results}
    listed = {name: orders for name, (orders, _) in found.items()}
    read = {name: moment for name, (_, moment) in found.items()}
    rows = {name: [order.summary() for order in orders] for name, orders in listed.items()}
    show(rows, listing(listed, read, str), args.output, failed=bool(looking.errors))
    fail_if_any(looking.errors, of=len(looking.names), what="could not be read")


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel(args: Namespace) -> None:
    """Cancel one order."""
    named = named_accounts(args.conn_id)
    conn_id = next(iter(named))
    if len(named) > 1:
        raise SystemExit("Failed: an order is of one account; give one --conn-id")
    try:
        with _telling_of_evidence(conn_id, ExchangeHook.for_connection(named[conn_id])) as hook:
            ref = hook.exchange.check_ref(args.order_id, args.symbol, args.client_order_id)
            if not args.yes:
                confirm(f"Cancel order {ref} of {account_of(conn_id, hook)}?")
            result = hook.cancel_order(
                args.order_id, args.symbol, args.client_order_id, timeout=args.timeout, evidence=args.evidence
            )
    except (ExchangeError, AirflowNotFoundException) as error:
        fail_if_any({conn_id: error})
    report = CancelReport(result.exchange, (result,), None)
    show({conn_id: [result.dump()]}, joint_table({conn_id: report}, str), args.output)
    if result.outcome not in GONE:
        raise SystemExit(f"Not cancelled: order {ref} of {conn_id} is {result.outcome.replace('_', ' ')}.")


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel_all(args: Namespace) -> None:
    """Cancel all open orders, or those that the options select, at each account."""
    given = {
        "symbols": args.symbol,
        "side": args.side,
        "older_than": args.older_than,
        "client_order_id_prefix": args.client_order_id_prefix,
        "except_symbols": args.except_symbol,
        "except_client_order_id_prefix": args.except_client_order_id_prefix,
    }
    selectors = {name: value for name, value in given.items() if value is not None}

    def look(_name: str, hook: ExchangeHook) -> CancelReport:
        return hook.cancel_all_orders(
            **selectors, dry_run=True, timeout=args.timeout, evidence=args.evidence if args.dry_run else ""
        )

    def sweep(_name: str, hook: ExchangeHook) -> CancelReport:
        return hook.cancel_all_orders(
            **selectors,
            max_orders=args.max_orders,
            flat_for=args.flat_for,
            timeout=args.timeout,
            evidence=args.evidence,
        )

    if args.dry_run or args.yes:
        with SideBySide(look if args.dry_run else sweep) as sweeping:
            sweeping.start(named_accounts(args.conn_id))
            _tell(sweeping, args.output, what="could not be read" if args.dry_run else NOT_FLAT)
        return
    began = time.monotonic()
    with SideBySide(look) as looking:
        looking.start(named_accounts(args.conn_id))
        for _ in looking.done(within=began + LONGEST_LOOK - time.monotonic()):
            pass
    if not looking.results and not looking.running:
        fail_if_any(looking.errors, of=len(looking.names), what="could not be read, and nothing was cancelled")
    confirm_sweep(looking, selects=bool(selectors))
    with SideBySide(sweep) as sweeping:
        for name in looking.names:
            if (hook := looking.hooks.get(name)) is None:
                sweeping.fail(name, looking.errors[name])
            else:
                sweeping.start_with(name, hook.again() if name in looking.running else hook)
        _tell(sweeping, args.output, what=NOT_FLAT)


@contextmanager
def _telling_of_evidence(name: str, hook: ExchangeHook) -> Iterator[ExchangeHook]:
    """Close a hook at the end, and print what there is to say of its evidence."""
    try:
        with closing(hook):
            yield hook
    finally:
        _tell_of_evidence(name, hook)


def _tell_of_evidence(name: str, hook: ExchangeHook) -> None:
    for sentence in hook.evidence_told:
        print(f"{name}: {sentence}", file=sys.stderr)


def _tell(sweeping: SideBySide[CancelReport], output: str, *, what: str) -> None:
    """
    Print a line on each account as it is done, and one table at the end; fail unless none has failed.

    :param what: What is to be said of those that have.
    """
    for name in sweeping.done():
        if name in sweeping.results:
            print(headline(sweeping.results[name]), file=sys.stderr)
    reports: dict[str, CancelReport] = {}
    for name in sweeping.names:
        error = sweeping.errors.get(name)
        report = error.report if isinstance(error, ExchangeError) else sweeping.results.get(name)
        if report is not None:
            reports[name] = report
        if (hook := sweeping.hooks.get(name)) is not None:
            _tell_of_evidence(name, hook)
    rows = {name: [result.dump() for result in report.ranked] for name, report in reports.items()}
    show(rows, joint_table(reports, str), output, failed=bool(sweeping.errors))
    fail_if_any(sweeping.errors, of=len(sweeping.names), what=what)
