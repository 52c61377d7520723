# mypy: disable-error-code="no-untyped-call"

"""
What a command prints to standard output, in the form that was asked for.

Airflow's own console would write True as a text, and take a text such as 0042 or 1e5 for a number.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.utils import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNKNOWN = "Nothing to show, but an account could not be looked at: see the errors."


def show(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    lines: Sequence[str],
    output: str,
    *,
    if_none: str = "No orders to show.",
    failed: bool = False,
) -> None:
    """
    Print what was found at each account.

    :param rows: As JSON, by connection; the amounts in it are decimal texts.
    :param lines: The same as a table.
    :param output: Which form is asked for.
    :param if_none: What stands in place of a table without rows.
    :param failed: Whether an account did not end well, so that a table without rows says nothing of it.
    """
    told = [{"conn_id": name, **row} for name, found in rows.items() for row in found]
    match output:
        case "json":
            print(json.dumps(told, ensure_ascii=False))
        case "yaml":
            print(yaml.dump(told, sort_keys=False, allow_unicode=True), end="")
        case _:
            print("\n".join(lines if told else [UNKNOWN if failed else if_none]))
