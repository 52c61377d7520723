"""A rehearsal ends as an error when a judge has found anything, and tells all of it."""

from __future__ import annotations

import pytest

from tests.live.verdict import insist


def test_what_is_wrong_ends_the_rehearsal_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2 wrong, the first: an order is open"):
        insist(["an order is open", "a task has failed"])
    assert capsys.readouterr().out == "  WRONG: an order is open\n  WRONG: a task has failed\n"


def test_nothing_wrong_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    insist([])
    assert capsys.readouterr().out == ""
