# mypy: disable-error-code="no-untyped-call"

"""
The commands of ``airflow exchange`` on every Airflow: ``python -m airflow_provider_exchange``.

Airflow takes commands from providers since 3.2. These are the same ones, with the same connections and exit codes.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, cast

from airflow.cli import utils

from airflow_provider_exchange.cli.definition import get_exchange_cli_commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.cli.cli_config import ActionCommand, GroupCommand

PROGRAM = "python -m airflow_provider_exchange"


def get_parser() -> ArgumentParser:
    """Return the parser of all commands; what it returns has the command to run as ``func``."""
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


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run a command.

    :param arguments: What follows the program's name; None for this process's own.
    :raises SystemExit: when the exchange has not confirmed what the command was asked to do.
    """
    parsed = get_parser().parse_args(arguments)
    # What Airflow logs must not stand in the output. Airflow 3.3 arranges that for its own commands alike.
    if hasattr(utils, "redirect_stdout_log_handlers_to_stderr"):
        utils.redirect_stdout_log_handlers_to_stderr()
    parsed.func(parsed)


if __name__ == "__main__":
    main()
