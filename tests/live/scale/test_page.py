"""The documentation has a line for each scenario, and for each of Airflow's time-outs that is lowered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from airflow import __version__ as airflow_version
from airflow.configuration import conf

from tests.live.scale import page
from tests.live.scale.__main__ import SLICE
from tests.live.scale.judge import Story, Swept
from tests.live.scale.page import HEADINGS, lowered_table, scenario_table, shared_table, table
from tests.live.scale.scenarios import SCENARIOS
from tests.live.scale.timeouts import LOWERED, Lowered

PAGE = Path(__file__).parents[3] / "docs" / "scale.md"
SWEPT = Swept("nami_0", frozenset({"1"}), frozenset(), frozenset(), [None], (1,), 9, 1, 3, 0.42, took=7.04)
STORY = Story("success", {}, [SWEPT], flat_after=5.2, ended_after=8.9)


def test_the_page_has_a_line_for_each_scenario() -> None:
    assert scenario_table(SCENARIOS) in PAGE.read_text()
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    found = [cells[0] for cells in rows if len(cells) == len(HEADINGS)]
    assert found == [f"| `{each.name}`" for each in SCENARIOS]


def test_the_page_is_what_the_rehearsal_writes() -> None:
    rest = PAGE.read_text()
    for piece in filter(None, re.split(r"\{[^}]*\}", page.PAGE.rstrip())):
        _, found, rest = rest.partition(piece)
        assert found == piece


def test_the_page_has_every_lowered_time_out() -> None:
    assert lowered_table() in PAGE.read_text()


@pytest.mark.skipif(not airflow_version.startswith("3.3."), reason="the rehearsal is for the newest Airflow")
@pytest.mark.parametrize("lowered", LOWERED, ids=lambda each: each.name)
def test_a_default_is_airflows(lowered: Lowered) -> None:
    default = conf.get_default_value(lowered.section, lowered.name)
    assert float(default) == lowered.default
    assert lowered.here < lowered.default


def test_the_tables_tell_what_was_seen() -> None:
    shared = next(each for each in SCENARIOS if each.name == "one-key-pool")
    told = [(SCENARIOS[0], STORY), (shared, STORY)]
    assert table(told).splitlines()[2] == (
        "| `works` | 1, 1 | 5 s | 9 s | 1 for 1 tasks | 1 orders | at most 0.4 s |"
    )
    assert shared_table(told).splitlines()[2:] == ["| one-key-pool | nami | 9 | 1 | 3 | 7.0 |"]


def test_the_slice_is_of_the_whole() -> None:
    assert set(SLICE) < {scenario.name for scenario in SCENARIOS}
