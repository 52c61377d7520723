"""All rehearsals run whatever comes of each, the table tells the truth, and no make target is left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.live.components import is_running
from tests.live.rehearse import REHEARSALS, ROOT, Rehearsal, rehearse
from tests.live.verdict import say

if TYPE_CHECKING:
    from pathlib import Path

MAKEFILE = """\
good:
\t@echo working
\t@echo "$(if $(SLICE),a slice,the whole) is fine"
\t@echo
bad:
\t@echo 'WRONG: an order is open'
\t@echo '1 wrong, the first: an order is open' >&2
\t@exit 3
silent:
\t@true
endless:
	@echo "process $$$$"; exec sleep 600
inherited:
\t@echo "told: $(INHERITED), level $(MAKELEVEL)"
"""
REHEARSED = {
    name: Rehearsal(name, (name,), (name, "SLICE=1"))
    for name in ("good", "bad", "silent", "endless", "inherited", "missing")
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return tmp_path


def rows(output: str) -> list[list[str]]:
    """The rows of the table, which is the end of the output."""
    _, _, shown = output.rpartition("\n\n")
    head, *rest = shown.splitlines()
    assert head.split() == ["rehearsal", "result", "seconds", "its", "last", "line"]
    return [row.split(maxsplit=3) for row in rest]


def test_a_failure_keeps_no_other_from_running(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [REHEARSED[name] for name in ("bad", "missing", "silent", "good")]
    assert rehearse(asked, sliced=False, folder=folder) == 1
    output = capsys.readouterr().out
    told = [(name, result, *summary) for name, result, _, *summary in rows(output)]
    assert told == [
        ("bad", "FAILED", "1 wrong, the first: an order is open"),
        ("missing", "FAILED", "make: *** No rule to make target 'missing'.  Stop."),
        ("silent", "passed"),
        ("good", "passed", "the whole is fine"),
    ]
    assert "WRONG: an order is open" in output


def test_all_is_well_when_all_have_passed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = replace(REHEARSED["endless"], slice=None)
    assert rehearse([REHEARSED["good"], long, REHEARSED["silent"]], sliced=True, folder=folder) == 0
    output = capsys.readouterr().out
    assert "=== make good SLICE=1\nworking\n" in output
    assert rows(output)[0][3] == "a slice is fine"


def test_what_a_make_around_it_was_told_does_not_count(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEFLAGS", " -- INHERITED=yes")
    monkeypatch.setenv("MAKELEVEL", "4")
    monkeypatch.setenv("SLICE", "1")
    assert rehearse([REHEARSED["inherited"], REHEARSED["good"]], sliced=False, folder=folder) == 0
    assert [row[3] for row in rows(capsys.readouterr().out)] == ["told: , level 0", "the whole is fine"]


def test_nothing_outlives_an_interruption(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def interrupt(text: str) -> None:
        if text.startswith("process "):
            started.append(int(text.split()[1]))
            raise KeyboardInterrupt
        say(text)

    monkeypatch.setattr("tests.live.rehearse.say", interrupt)
    with pytest.raises(KeyboardInterrupt):
        rehearse([REHEARSED["good"], REHEARSED["endless"], REHEARSED["silent"]], sliced=False, folder=folder)
    assert [row[0] for row in rows(capsys.readouterr().out)] == ["good"]
    assert started
    assert not any(is_running(pid) for pid in started)


# -- nothing with a make target rots

NOT_RUN = {
    "help": "prints this file",
    "certify": "what it runs of one exchange, test and chaos run of all",
    "format": "changes the code; what it changes, lint finds",
    "exchanges": "writes a page, to which a test holds it",
    "architecture": "draws a picture, to which a test holds it",
    "pictures": "takes a picture of what a test holds the demonstration to",
    "release": "takes a minute for each Airflow and Python; tests hold what it refuses and builds",
    "growth": "takes half an hour; tests hold the simulation to real sweeps",
    "metrics": "takes a minute; tests hold its page and run Airflow's own loggers",
    "scale": "takes minutes, and as root installs what Debian packages",
    "dead-mans-switch": "takes minutes; tests hold its page, run its DAG and let the countdown end",
    "constraints": "depends on what was published meanwhile",
    "clean": "removes what the others need",
}
"""Targets that nothing runs on every change, and why."""


def test_every_target_is_run_on_every_change() -> None:
    ci = ROOT / ".ci" / "run"
    if not ci.exists():
        pytest.skip("not a checkout: a source distribution has no continuous integration")
    commands = re.findall(r"^make (.+?)(?:\s+#.*)?$", ci.read_text(), re.MULTILINE)
    assert "rehearse SLICE=1" in commands
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    run = {command.split()[0] for command in commands} | {
        each.name for each in REHEARSALS if each.slice is not None
    }
    assert targets - run == NOT_RUN.keys()
