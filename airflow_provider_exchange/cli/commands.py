# mypy: disable-error-code="no-untyped-call, untyped-decorator"

"""
``airflow exchange``: for the night when a person must act. The same operations as in tasks.

Standard output holds the table alone, whatever its form; questions and failures go to standard error. The exit code
is 0 only when what was asked for is proved.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from airflow.cli.simple_table import AirflowConsole
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operations.selection import Selectors

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.models import CancelReport, CancelResult

__all__ = ["cancel", "cancel_all", "list_orders"]

GONE = frozenset({"cancelled", "already_cancelled", "expired"})


@suppress_logs_and_warning
@providers_configuration_loaded
def list_orders(args: Namespace) -> None:
    """
    List open orders.

    :param args: ``conn_id``, ``symbol``, ``output``.
    """
    with _hook(args.conn_id) as hook:
        orders = hook.list_open_orders(args.symbol)
    _show([_without_exchange(order.summary()) for order in orders], args.output)


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel(args: Namespace) -> None:
    """
    Cancel one order.

    :param args: ``conn_id``, ``order_id``, ``client_order_id``, ``symbol``, ``timeout``, ``yes``, ``output``.
    """
    with _hook(args.conn_id) as hook:
        ref = hook.exchange.check_ref(args.order_id, args.symbol, args.client_order_id)
        _confirm(f"Cancel order {ref} at {hook.exchange.title}?", sure=args.yes)
        result = hook.cancel_order(args.order_id, args.symbol, args.client_order_id, timeout=args.timeout)
    _show([_row(result)], args.output)
    if result.outcome not in GONE:
        raise SystemExit(f"Not cancelled: the order is {result.outcome.replace('_', ' ')}.")


@action_cli(check_db=False)
@suppress_logs_and_warning
@providers_configuration_loaded
def cancel_all(args: Namespace) -> None:
    """
    Cancel what is open, or a selection.

    :param args: ``conn_id``, ``symbol`` (a list), ``side``, ``older_than``, ``client_order_id_prefix``,
        ``max_orders``, ``dry_run``, ``timeout``, ``yes``, ``output``.
    """
    given = {
        "symbols": args.symbol,
        "side": args.side,
        "older_than": args.older_than,
        "client_order_id_prefix": args.client_order_id_prefix,
    }
    selectors = Selectors(**{name: value for name, value in given.items() if value is not None})
    with _hook(args.conn_id) as hook:
        if args.dry_run or not args.yes:
            report = hook.run(hook.sweep(selectors, dry_run=True), args.timeout)
        if not args.dry_run:
            if not args.yes:
                _ask_to_cancel_all(hook, report, selectors)
            report = hook.run(hook.sweep(selectors, max_orders=args.max_orders), args.timeout)
    _show([_row(result) for result in report.results], args.output)


def _ask_to_cancel_all(hook: ExchangeHook, found: CancelReport, selectors: Selectors) -> None:
    for result in found.results:
        print(result.ref, file=sys.stderr)
    which = "that match and" if selectors.given() else "that"
    _confirm(
        f"Cancel {len(found.results)} orders at {hook.exchange.title}, and any {which} appear meanwhile?",
        sure=False,
    )


@contextmanager
def _hook(conn_id: str) -> Iterator[ExchangeHook]:
    """Open the hook of a connection, wherever Airflow keeps it, and say in words what fails."""
    # As Airflow's own `connections test` does: without it, the metadata database is not among the places to look.
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


def _row(result: CancelResult) -> dict[str, Any]:
    return _without_exchange(result.summary())


def _without_exchange(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if name != "exchange"}


def _show(rows: Sequence[dict[str, Any]], output: str) -> None:
    AirflowConsole().print_as(data=rows, output=output)
