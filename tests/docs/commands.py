"""Airflow's commands and those of the package, in this process: as processes of their own they take seconds."""

from __future__ import annotations

import warnings

__all__ = ["airflow_command", "exchange_command"]


def airflow_command(*arguments: str) -> None:
    """
    Run a command.

    :param arguments: what follows ``airflow`` on a command line.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Airflow's parts think of each other
        from airflow.cli.cli_parser import get_parser

        parsed = get_parser().parse_args(list(arguments))
        parsed.func(parsed)


def exchange_command(*arguments: str) -> None:
    """
    Run a command of the package.

    :param arguments: what follows ``python -m airflow_provider_exchange`` on a command line.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow_provider_exchange.__main__ import main

        main(arguments)
