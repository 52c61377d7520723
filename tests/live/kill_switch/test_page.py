"""The documentation has a line for each story, which says what must come of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.kill_switch.__main__ import SLICE
from tests.live.kill_switch.deaths import DEATHS, Death
from tests.live.kill_switch.judge import CALLBACKS, HEADINGS, listed

PAGE = Path(__file__).parents[3] / "docs" / "kill-switch.md"


def table() -> list[list[str]]:
    """The rows of the table, each as its cells, without the line below its head."""
    lines = PAGE.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {HEADINGS[0]} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.split("|")[1:-1]])
    return [rows[0], *rows[2:]]


def test_the_page_has_the_table_of_all_stories() -> None:
    heading, *rows = table()
    assert tuple(heading) == HEADINGS
    assert [(row[0], row[-1]) for row in rows] == [(death.name, death.waits) for death in DEATHS]


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.strike.__name__)
def test_the_page_says_what_the_judge_insists_on(death: Death) -> None:
    (cells,) = [row[1:3] for row in table() if row[0] == death.name]
    said = [cell.partition("; flat after")[0].removesuffix(", more than once") for cell in cells]
    assert said == [listed(death.expected.words(callback)) for callback in CALLBACKS]


def test_the_slice_is_of_the_whole() -> None:
    assert set(SLICE) < {death.strike.__name__ for death in DEATHS}
