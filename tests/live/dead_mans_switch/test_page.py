"""The documentation has a line for each death, which says what must come of it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.live.dead_mans_switch.deaths import DEATHS, HEADINGS
from tests.live.dead_mans_switch.stage import COUNTDOWN, EVERY, faster

PAGE = Path(__file__).parents[3] / "docs" / "dead-mans-switch.md"


def test_the_page_has_the_table_of_all_deaths() -> None:
    _, _, rest = PAGE.read_text().partition(f"| {' | '.join(HEADINGS)} |\n| --- | --- | --- |\n")
    rows = rest.partition("\n\n")[0].splitlines()
    assert [re.sub(r" \d+ s later", "", row) for row in rows] == [death.row(None) for death in DEATHS]


def test_the_rehearsal_plays_the_example(tmp_path: Path) -> None:
    faster(tmp_path)
    (written,) = tmp_path.iterdir()
    assert f"timedelta(seconds={EVERY})" in written.read_text()
    assert COUNTDOWN >= 2 * EVERY
