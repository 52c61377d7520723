"""Which part of the package may know which: imports run downwards, and never in a circle."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import airflow_provider_exchange

ROOT = Path(airflow_provider_exchange.__file__).parent
PACKAGE = ROOT.name

FLOORS = (
    {"one_line", "rendered"},
    {"omitted", "models", "get_provider_info"},
    {"errors"},
    {"side_work"},
    {"protocol", "crypto"},
    {"exchanges", "driver"},
    {"operations", "check", "evidence"},
    {"hooks", "links", "arguments"},
    {"tasks"},
    {"triggers"},
    {"operators", "sensors", "notifications", "cli", "retry_policy"},
    {"__main__"},
)
"""From the ground up. Rooms on one floor do not know each other."""
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    """The package's modules by name, but for the paper exchange, which may use whatever it likes."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] not in ("sandbox", "__init__"):
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


def running_imports(source: str) -> set[str]:
    """The package's modules that a source imports when it runs, inside functions too; not those for types alone."""
    imported: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PACKAGE}."):
            imported.add(node.module.removeprefix(f"{PACKAGE}."))
        waiting += ast.iter_child_nodes(node)
    return imported


@cache
def graph() -> dict[str, set[str]]:
    """Return which modules of the package each of them imports."""
    found = modules()
    return {name: running_imports(path.read_text()) & found.keys() for name, path in found.items()}


def test_no_import_runs_upwards_or_across() -> None:
    for name, imports in graph().items():
        room = name.partition(".")[0]
        for imported in imports:
            other = imported.partition(".")[0]
            assert other == room or FLOOR_OF[other] < FLOOR_OF[room], f"{name} imports {imported}"


def test_no_import_runs_in_a_circle() -> None:
    assert len(list(TopologicalSorter(graph()).static_order())) == len(graph())


def test_every_room_has_a_floor() -> None:
    assert {name.partition(".")[0] for name in graph()} == set(FLOOR_OF)


def test_the_search_finds_what_it_looks_for() -> None:
    source = f"""
from {PACKAGE}.errors import ExchangeError
if TYPE_CHECKING:
    from {PACKAGE}.models import Order
def late():
    from {PACKAGE}.hooks.exchange import ExchangeHook
"""
    assert running_imports(source) == {"errors", "hooks.exchange"}
    assert "exchanges.base" in graph()["exchanges.http"]
