"""Blocks are in languages that a test runs, and tables leave nothing out."""

from __future__ import annotations

import inspect
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from airflow.cli.cli_config import ActionCommand, GroupCommand

from airflow_provider_exchange import errors
from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.exchanges.base import Exchange
from airflow_provider_exchange.get_provider_info import get_provider_info
from airflow_provider_exchange.models.reports import Outcome
from tests.docs.blocks import PAGES, ROOT, Block, blocks

if TYPE_CHECKING:
    from pathlib import Path

RUN_BY_TESTS = {"python", "bash", "console", "dockerfile", "json"}


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_every_block_is_one_that_is_run(block: Block) -> None:
    assert block.is_directive or block.language in RUN_BY_TESTS | {"text"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_block_is_overlooked(page: Path) -> None:
    fences = [line for line in page.read_text().splitlines() if line.lstrip().startswith(("```", "~~~"))]
    assert len(fences) == 2 * len([block for block in blocks() if block.page == page])


ARGUMENTS = re.compile(r"<!-- arguments of ([\w.]+)\.(\w+) -->\n\n(?:\|.*\n){2}((?:\|.*\n)+)")
TABLES = [(page, *match.groups()) for page in PAGES for match in ARGUMENTS.finditer(page.read_text())]


def first_cells(rows: str) -> list[str]:
    """The names in backticks in the first column of a table's rows."""
    return [name for row in rows.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]


@pytest.mark.parametrize(("page", "module", "name", "rows"), TABLES, ids=[str(table[2]) for table in TABLES])
def test_a_table_of_arguments_names_them_all(page: Path, module: str, name: str, rows: str) -> None:
    parameters = inspect.signature(getattr(import_module(module), name).__init__).parameters
    own = [each.name for each in parameters.values() if each.kind is not each.VAR_KEYWORD and each.name != "self"]
    assert sorted(first_cells(rows)) == sorted(own)


def test_there_is_a_table_for_each_class_that_dags_use() -> None:
    assert sorted(table[2] for table in TABLES) == [
        "CancelAllOrdersNotifier",
        "CancelAllOrdersOperator",
        "CancelOrderOperator",
        "DeadMansSwitchOperator",
        "OrderStatusSensor",
    ]


def section(page: str, heading: str) -> str:
    """The rows of the table below a heading."""
    _, _, rest = (ROOT / page).read_text().partition(f"\n## {heading}\n")
    match = re.search(r"(?:^\|.*\n){2}((?:^\|.*\n)+)", rest, re.MULTILINE)
    assert match, heading
    return match[1]


def test_every_outcome_is_explained() -> None:
    assert sorted(first_cells(section("docs/operators.md", "Outcomes"))) == sorted(Outcome)


def test_every_error_is_explained_with_its_retry() -> None:
    rows = [row.split("|") for row in section("docs/operators.md", "Failures").splitlines()]
    shown = {cells[1].strip(" `"): cells[2].strip() for cells in rows}
    branches = (errors.PermanentError, errors.TransientError)
    kinds = [kind for name in errors.__all__ if isinstance(kind := getattr(errors, name), type)]
    assert shown == {
        kind.__name__: "yes" if issubclass(kind, errors.TransientError) else "no"
        for kind in kinds
        if issubclass(kind, branches) and kind not in branches
    }


def test_every_command_and_option_is_explained() -> None:
    from airflow_provider_exchange.cli.definition import get_exchange_cli_commands

    text = (ROOT / "docs" / "command-line.md").read_text()
    (group,) = get_exchange_cli_commands()
    assert isinstance(group, GroupCommand)
    words = {f"airflow exchange {command.name}" for command in group.subcommands}
    for command in group.subcommands:
        assert isinstance(command, ActionCommand)
        words |= {arg.flags[-1] for arg in command.args}
    assert [word for word in sorted(words) if f"`{word}`" not in text] == []


def test_every_attribute_of_an_adapter_is_explained() -> None:
    text = (ROOT / "docs" / "adding-an-exchange.md").read_text()
    set_by_the_hook = {"account", "conn_id"}
    assert [
        name for name in Exchange.__annotations__ if f"`{name}`" not in text and name not in set_by_the_hook
    ] == []


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_every_extra_of_a_connection_is_explained(conn_type: str) -> None:
    text = (ROOT / "docs" / "connections.md").read_text()
    (kind,) = [each for each in get_provider_info()["connection-types"] if each["connection-type"] == conn_type]
    assert [field for field in kind["conn-fields"] if f"`{field}`" not in text] == []


def test_every_example_has_a_line() -> None:
    page = (ROOT / "docs" / "examples.md").read_text()
    named = re.findall(r"^\| `(\w+\.py)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in (ROOT / "dags_examples").glob("*.py"))


def test_alerts_are_on_members_that_a_report_has() -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    named = re.findall(r"^\| `([\w.]+)` \|", section("docs/alerting.md", "What to look at"), re.MULTILINE)
    assert named
    assert [path for path in named if not is_member(schema, path.split("."))] == []


def is_member(schema: dict[str, Any], path: list[str]) -> bool:
    """Whether a schema has a member, however deep."""
    for name in path:
        of_any_name = schema.get("additionalProperties", {})
        names: dict[str, dict[str, Any]] = schema.get("properties") or dict.fromkeys(
            schema.get("propertyNames", {}).get("enum", ()), of_any_name
        )
        if name not in names:
            return False
        schema = names[name]
    return True


def test_a_member_that_is_not_there_is_found() -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    assert not any(is_member(schema, path) for path in (["left_open"], ["error", "kind"], ["outcomes", "lost"]))
