# mypy: disable-error-code="no-untyped-call, untyped-decorator"

"""
The commands of ``airflow exchange``, which list and cancel orders by hand.

Only the result table goes to standard output; questions, errors and a line on the whole go to standard error. The
exit code is 0 only when the exchange has confirmed what the command was asked to do.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.utils import yaml
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models import CancelReport, Outcome
from airflow_provider_exchange.operations.table import headline, listing, table

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence


GONE = frozenset({"cancelled", "already_cancelled", "expired"})


@suppress_logs_and_warning
@providers_configuration_loaded
def list_orders(args: Namespace) -> None:
    """List open orders."""
    with _hook(args.conn_id) as hook:
        orders = hook.list_open_orders(args.symbol)
    _show([order.summary() for order in orders], listing(orders, str), args.output)


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel(args: Namespace) -> None:
    """Cancel one order."""
    with _hook(args.conn_id) as hook:
        ref = hook.exchange.check_ref(args.order_id, args.symbol, args.client_order_id)
        _confirm(f"Cancel order {ref} of {_account(hook)}?", sure=args.yes)
        result = hook.cancel_order(args.order_id, args.symbol, args.client_order_id, timeout=args.timeout)
    _show([result.dump()], table(CancelReport(result.exchange, (result,), None), spell=str), args.output)
    if result.outcome not in GONE:
        raise SystemExit(f"Not cancelled: the order is {result.outcome.replace('_', ' ')}.")


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel_all(args: Namespace) -> None:
    """Cancel all open orders, or those that the options select."""
    given = {
        "symbols": args.symbol,
        "side": args.side,
        "older_than": args.older_than,
        "client_order_id_prefix": args.client_order_id_prefix,
    }
    selectors = {name: value for name, value in given.items() if value is not None}
    with _hook(args.conn_id) as hook:
        if args.dry_run or not args.yes:
            report = hook.cancel_all_orders(**selectors, dry_run=True, timeout=args.timeout)
        if not args.dry_run:
            if not args.yes:
                _ask_about(report, hook, is_selection=bool(selectors))
            report = hook.cancel_all_orders(
                **selectors, max_orders=args.max_orders, flat_for=args.flat_for, timeout=args.timeout
            )
    print(headline(report), file=sys.stderr)
    _show([result.dump() for result in report.ranked], table(report, len(report.results), str), args.output)


def _ask_about(report: CancelReport, hook: ExchangeHook, *, is_selection: bool) -> None:
    """Show what would be cancelled, and go on only after a yes."""
    if report.results:
        # These lines come before cancels, so they are no dry run's.
        print("\n".join(table(replace(report, dry_run=False))), file=sys.stderr)
    undecided = report.outcomes.get(Outcome.UNDECIDED, 0)
    if undecided:
        print(f"{undecided} undecided: left alone, as they cannot be read", file=sys.stderr)
    which = "that match and" if is_selection else "that"
    count = len(report.results) - undecided
    orders = f"{count} order{'' if count == 1 else 's'}"
    _confirm(f"Cancel {orders} of {_account(hook)}, and any {which} appear meanwhile?", sure=False)


def _account(hook: ExchangeHook) -> str:
    return f"{hook.exchange_conn_id} ({hook.exchange.title}, account {hook.exchange.account})"


@contextmanager
def _hook(conn_id: str) -> Iterator[ExchangeHook]:
    """Yield the hook of a connection, and print errors of this package without a traceback."""
    # As `airflow connections test` does. Without it, Airflow does not look into the metadata database.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    try:
        with closing(ExchangeHook.for_connection(conn_id)) as hook:
            yield hook
    except ExchangeError as error:
        orders = [f"  {order}" for order in error.orders]
        raise SystemExit("\n".join([f"Failed: {error.concerning(())}", *orders])) from None
    except AirflowNotFoundException:
        raise SystemExit(f"Failed: there is no connection {conn_id!r}") from None


def _confirm(question: str, *, sure: bool) -> None:
    if sure:
        return
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SystemExit("Nothing was cancelled.")


def _show(rows: Sequence[dict[str, Any]], lines: Sequence[str], output: str) -> None:
    """
    Print orders to standard output.

    Airflow's own console would write True as a text, and take a text such as 0042 or 1e5 for a number.

    :param rows: The orders as JSON; the amounts in it are decimal texts.
    :param lines: The orders as a table.
    :param output: Which form is asked for.
    """
    match output:
        case "json":
            print(json.dumps(rows, ensure_ascii=False))
        case "yaml":
            print(yaml.dump(list(rows), sort_keys=False, allow_unicode=True), end="")
        case _:
            print("\n".join(lines if rows else ["No orders."]))
