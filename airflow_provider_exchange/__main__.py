# mypy: disable-error-code="no-untyped-call"

"""
The commands of ``airflow exchange`` on every Airflow: ``python -m airflow_provider_exchange``.

Airflow takes commands from providers since 3.2. These are the same ones, with the same connections and exit codes.
Of them, ``verify`` works without Airflow's configuration and database, unless the evidence is in a store.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING, cast

from airflow_provider_exchange.cli.verify import ARGUMENTS, HELP, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.cli.cli_config import ActionCommand, GroupCommand

PROGRAM = "python -m airflow_provider_exchange"


def get_parser() -> ArgumentParser:
    """Return the parser of all commands; what it returns has the command to run as ``func``."""
    from airflow_provider_exchange.cli.definition import get_exchange_cli_commands

    (group,) = get_exchange_cli_commands()
    # A part of an option's name could be that of an option which reaches more.
    parser = ArgumentParser(prog=PROGRAM, description=group.help, allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in cast("GroupCommand", group).subcommands:
        action = cast("ActionCommand", command)
        subparser = subparsers.add_parser(
            action.name, help=action.help, description=action.help, allow_abbrev=False
        )
        for argument in action.args:
            argument.add_to_parser(subparser)
        subparser.set_defaults(func=action.func)
    return parser


def verify_alone(arguments: Sequence[str]) -> None:
    """Run ``verify`` without Airflow, whose import may want a database."""
    parser = ArgumentParser(prog=f"{PROGRAM} verify", description=HELP, allow_abbrev=False)
    for name, how in ARGUMENTS:
        parser.add_argument(name, **how)
    verify(parser.parse_args(arguments))


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run a command.

    :param arguments: What follows the program's name; None for this process's own.
    :raises SystemExit: when the exchange has not confirmed what the command was asked to do.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["verify"]:
        verify_alone(given[1:])
        return
    parsed = get_parser().parse_args(given)
    from airflow.cli import utils

    # What Airflow logs must not stand in the output. Airflow 3.3 arranges that for its own commands alike.
    if hasattr(utils, "redirect_stdout_log_handlers_to_stderr"):
        utils.redirect_stdout_log_handlers_to_stderr()
    parsed.func(parsed)


if __name__ == "__main__":
    main()
