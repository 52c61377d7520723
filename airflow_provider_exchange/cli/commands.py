# mypy: disable-error-code="no-untyped-call, untyped-decorator"

"""
The commands of ``airflow exchange``, which list and cancel orders by hand.

Only the result table goes to standard output; questions, errors and a line on each account go to standard error.
The exit code is 0 only when the exchange has confirmed what the command was asked to do, for every account.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from airflow.cli.simple_table import AirflowConsole
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_provider_exchange.cli.question import LONGEST_LOOK, confirm, confirm_sweep
from airflow_provider_exchange.errors import ConnectionConfigError, ExchangeError
from airflow_provider_exchange.hooks.accounts import SideBySide, check_conn_ids, reason
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operations.table import aligned, headline

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.models import CancelReport

log = logging.getLogger(__name__)

NOT_FLAT = "are not proved flat, and their orders may still be open"
GONE = frozenset({"cancelled", "already_cancelled", "expired"})


@suppress_logs_and_warning
@providers_configuration_loaded
def list_orders(args: Namespace) -> None:
    """List open orders."""
    with SideBySide(lambda _name, hook: hook.list_open_orders(args.symbol)) as looking:
        looking.start(_named(args.conn_id))
        for _ in looking.done():
            pass
    listed = {name: [order.summary() for order in orders] for name, orders in looking.results.items()}
    _show(looking.names, listed, args.output)
    _fail_if_any(looking.errors, of=len(looking.names), what="could not be read")


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel(args: Namespace) -> None:
    """Cancel one order."""
    named = _named(args.conn_id)
    conn_id = next(iter(named))
    if len(named) > 1:
        raise SystemExit("Failed: an order is of one account; give one --conn-id")
    try:
        with closing(ExchangeHook.for_connection(named[conn_id])) as hook:
            ref = hook.exchange.check_ref(args.order_id, args.symbol, args.client_order_id)
            if not args.yes:
                confirm(f"Cancel order {ref} at {conn_id} ({hook.exchange.title})?")
            result = hook.cancel_order(args.order_id, args.symbol, args.client_order_id, timeout=args.timeout)
    except (ExchangeError, AirflowNotFoundException) as error:
        _fail_if_any({conn_id: error})
    _show([conn_id], {conn_id: [result.summary()]}, args.output)
    if result.outcome not in GONE:
        raise SystemExit(f"Not cancelled: the order at {conn_id} is {result.outcome.replace('_', ' ')}.")


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
        return hook.cancel_all_orders(**selectors, dry_run=True, timeout=args.timeout)

    def sweep(_name: str, hook: ExchangeHook) -> CancelReport:
        return hook.cancel_all_orders(
            **selectors, max_orders=args.max_orders, flat_for=args.flat_for, timeout=args.timeout
        )

    if args.dry_run or args.yes:
        with SideBySide(look if args.dry_run else sweep) as sweeping:
            sweeping.start(_named(args.conn_id))
            _tell(sweeping, args.output, what="could not be read" if args.dry_run else NOT_FLAT)
        return
    began = time.monotonic()
    with SideBySide(look) as looking:
        looking.start(_named(args.conn_id))
        for _ in looking.done(within=began + LONGEST_LOOK - time.monotonic()):
            pass
    if not looking.results and not looking.running:
        _fail_if_any(looking.errors, of=len(looking.names), what="could not be read, and nothing was cancelled")
    confirm_sweep(looking, selects=bool(selectors))
    with SideBySide(sweep) as sweeping:
        for name in looking.names:
            if (hook := looking.hooks.get(name)) is None:
                sweeping.fail(name, looking.errors[name])
            else:
                sweeping.start_with(name, hook.again() if name in looking.running else hook)
        _tell(sweeping, args.output, what=NOT_FLAT)


def _named(conn_ids: Any) -> dict[str, Any]:
    # As `airflow connections test` does. Without it, Airflow does not look into the metadata database.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    try:
        return check_conn_ids(conn_ids, "--conn-id")
    except ConnectionConfigError as error:
        raise SystemExit(f"Failed: {error}") from None


def _tell(sweeping: SideBySide[CancelReport], output: str, *, what: str) -> None:
    """
    Print a line on each account as it is done, and one table at the end; fail unless none has failed.

    :param what: What is to be said of those that have.
    """
    for name in sweeping.done():
        if name in sweeping.results:
            print(f"{name}: {headline(sweeping.results[name])}", file=sys.stderr)
    told = {name: [result.summary() for result in report.results] for name, report in sweeping.results.items()}
    _show(sweeping.names, told, output)
    _fail_if_any(sweeping.errors, of=len(sweeping.names), what=what)


def _fail_if_any(errors: Mapping[str, Exception], *, of: int = 1, what: str = "") -> None:
    """
    End the command with what is wrong with each account, without a traceback.

    :param of: How many accounts there are; of several, those that have failed are counted and named in the end.
    :param what: What is to be said of them.
    """
    lines: list[str] = []
    for name, error in errors.items():
        orders = error.orders if isinstance(error, ExchangeError) else ()
        why = error.concerning(()) if isinstance(error, ExchangeError) else error
        lines += [f"Failed: {name}: {reason(name, why)}", *(f"  {order}" for order in orders)]
        if not isinstance(error, ExchangeError | AirflowNotFoundException):
            log.error("at %s", name, exc_info=error)  # seen with --verbose
    if lines and of > 1:
        lines.append(f"{len(errors)} of {of} accounts {what}: {', '.join(errors)}")
    if lines:
        raise SystemExit("\n".join(lines))


def _show(names: Sequence[str], summaries: Mapping[str, Sequence[dict[str, Any]]], output: str) -> None:
    """Print what was found at each account as one table."""
    rows = [
        {"conn_id": name, **{field: value for field, value in summary.items() if field != "exchange"}}
        for name in names
        for summary in summaries.get(name, ())
    ]
    if output == "plain" and rows:
        # Airflow's own takes a text such as 0042 or 1e5 for a number, and writes it in another way.
        cells = [["" if value is None else str(value) for value in row.values()] for row in rows]
        print("\n".join(aligned(list(rows[0]), cells, ruled=False)))
        return
    # What is in brackets or colons is a part of a name here, and no markup.
    AirflowConsole(markup=False, emoji=False, highlight=False).print_as(data=rows, output=output)
