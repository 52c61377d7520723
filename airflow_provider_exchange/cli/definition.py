# mypy: disable-error-code="no-untyped-call"

"""
The arguments of ``airflow exchange`` (Airflow 3.2 and newer).

Airflow imports this module for every command, so the implementation is in
:mod:`airflow_provider_exchange.cli.commands`.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentTypeError
from typing import NoReturn

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_VERBOSE,
    ARG_YES,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

from airflow_provider_exchange.cli.verify import ARGUMENTS, HELP

__all__ = ["get_exchange_cli_commands"]

COMMANDS = "airflow_provider_exchange.cli.commands"

ARG_CONN_ID = Arg(("--conn-id",), help="Connection to the exchange", required=True, action="append")
ARG_CONN_IDS = Arg(
    ("--conn-id",),
    help="Connection to an exchange; may be given several times, for several accounts at once",
    required=True,
    action="append",
)
ARG_SYMBOL = Arg(("--symbol",), help="Market, in any spelling that the exchange uses")
ARG_SYMBOLS = Arg(("--symbol",), help="Only this market; may be given several times", action="append")
ARG_ORDER_ID = Arg(("--order-id",), help="The exchange's id of the order")
ARG_CLIENT_ORDER_ID = Arg(("--client-order-id",), help="The id that the client gave the order")
ARG_SIDE = Arg(("--side",), help="Only orders of this side", choices=("buy", "sell"))
ARG_OLDER_THAN = Arg(("--older-than",), help="Only orders at least this old, in seconds", type=float)
ARG_PREFIX = Arg(("--client-order-id-prefix",), help="Only orders whose client order id starts with this")


def _refuse_one_order(_value: str) -> NoReturn:
    raise ArgumentTypeError("this command takes no single order; name it to the command `cancel`")


ARG_NO_ORDER = Arg(("--order-id", "--client-order-id"), help=SUPPRESS, type=_refuse_one_order)
"""Without it, argparse would take ``--client-order-id`` for ``--client-order-id-prefix``, which reaches more."""
ARG_EXCEPT_SYMBOLS = Arg(
    ("--except-symbol",), help="No order of this market; may be given several times", action="append"
)
ARG_EXCEPT_PREFIX = Arg(
    ("--except-client-order-id-prefix",), help="No order whose client order id starts with this"
)
ARG_MAX_ORDERS = Arg(("--max-orders",), help="Fail before cancelling if more are selected in total", type=int)
ARG_FLAT_FOR = Arg(
    ("--flat-for",),
    help="Seconds between the two reads that prove that nothing selected is open",
    type=float,
    default=1,
)
ARG_DRY_RUN = Arg(("--dry-run",), help="Only show what would be cancelled", action="store_true")
ARG_TIMEOUT = Arg(("--timeout",), help="Seconds until the command gives up", type=float, default=120)
ARG_CANCEL_RIGHT = Arg(
    ("--cancel-right",),
    help="Also cancel an order that cannot exist, the only proof that the key may cancel",
    action="store_true",
)
ARG_TRANSCRIPT = Arg(("--transcript",), help="Write the answers to this file, without secrets, ids and amounts")
ARG_EVIDENCE = Arg(
    ("--evidence",),
    help="Record every request and answer there: a folder, or a URL such as s3://conn@bucket/evidence; "
    "if left out, what [exchange] evidence of Airflow's configuration says",
)
ARG_CHECK_TIMEOUT = Arg(("--timeout",), help="Seconds for the whole check", type=float, default=30)


def get_exchange_cli_commands() -> list[CLICommand]:
    """Return the command group; ``get_provider_info`` registers this function with Airflow."""
    return [
        GroupCommand(
            name="exchange",
            help="Look at and cancel orders at crypto exchanges",
            subcommands=(
                ActionCommand(
                    name="check",
                    help="Look at all that is read of an account, and hold it against what is assumed",
                    func=lazy_load_command("airflow_provider_exchange.cli.check.check"),
                    args=(
                        ARG_CONN_IDS,
                        ARG_SYMBOL,
                        ARG_CANCEL_RIGHT,
                        ARG_TRANSCRIPT,
                        ARG_CHECK_TIMEOUT,
                        ARG_OUTPUT,
                        ARG_VERBOSE,
                    ),
                ),
                ActionCommand(
                    name="orders",
                    help="List open orders",
                    func=lazy_load_command(f"{COMMANDS}.list_orders"),
                    args=(ARG_CONN_IDS, ARG_SYMBOL, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="cancel",
                    help="Cancel one order and prove that it is gone",
                    func=lazy_load_command(f"{COMMANDS}.cancel"),
                    args=(
                        ARG_CONN_ID,
                        ARG_ORDER_ID,
                        ARG_CLIENT_ORDER_ID,
                        ARG_SYMBOL,
                        ARG_TIMEOUT,
                        ARG_EVIDENCE,
                        ARG_YES,
                        ARG_OUTPUT,
                        ARG_VERBOSE,
                    ),
                ),
                ActionCommand(
                    name="cancel-all",
                    help="Cancel all open orders, or a selection, and prove that they are gone",
                    func=lazy_load_command(f"{COMMANDS}.cancel_all"),
                    args=(
                        ARG_CONN_IDS,
                        ARG_SYMBOLS,
                        ARG_SIDE,
                        ARG_OLDER_THAN,
                        ARG_PREFIX,
                        ARG_NO_ORDER,
                        ARG_EXCEPT_SYMBOLS,
                        ARG_EXCEPT_PREFIX,
                        ARG_MAX_ORDERS,
                        ARG_FLAT_FOR,
                        ARG_DRY_RUN,
                        ARG_TIMEOUT,
                        ARG_EVIDENCE,
                        ARG_YES,
                        ARG_OUTPUT,
                        ARG_VERBOSE,
                    ),
                ),
                ActionCommand(
                    name="verify",
                    help=HELP,
                    func=lazy_load_command("airflow_provider_exchange.cli.verify.verify"),
                    args=tuple(Arg((name,), **how) for name, how in ARGUMENTS),
                ),
            ),
        )
    ]
