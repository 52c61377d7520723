"""The demonstration's verdict, with Airflow's part played by a stand-in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import pytest

from demo import __main__ as demo
from demo.cleanup import PrivateAirflow
from demo.tables import totals_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class StandIn(PrivateAirflow):
    """An Airflow that cleans nothing up and says what it is told to."""

    prepared = True
    succeeded = True

    async def prepare(self) -> bool:
        return self.prepared

    async def clean_up(self) -> bool:
        return self.succeeded

    def reports(self) -> dict[str, dict[str, Any]]:
        return {}


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    class Airflow(StandIn):
        pass

    monkeypatch.setattr(demo, "PrivateAirflow", Airflow)
    return Airflow


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the temporary directory be this one, in which nothing may be left, however the story ends."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    yield
    assert list(directory.iterdir()) == []


def told(tmp_path: Path) -> int:
    with (tmp_path / "log").open("wb") as log:
        return asyncio.run(demo.demonstrate(log))


def test_a_success_that_left_orders_open_is_not_believed(
    airflow: type[StandIn], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(tmp_path) == 1

    output = capsys.readouterr().out
    assert "36 orders are still open" in output
    assert "The DAG run succeeded" in output
    assert output.count("12 orders not reported") == 3
    assert output.count("not flat") == 4


def test_an_error_in_between_leaves_nothing_behind(
    airflow: type[StandIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(venue: str, desk: Any) -> None:
        raise ConnectionError(f"{venue} does not answer")

    monkeypatch.setattr(demo, "place_orders", fail)

    with pytest.raises(ExceptionGroup):
        told(tmp_path)

    assert psutil.Process().children() == []


def test_a_failed_run_is_a_failure_although_nothing_is_open(
    airflow: type[StandIn], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "place_orders", lambda venue, desk: None)
    airflow.succeeded = False

    assert told(tmp_path) == 1

    output = capsys.readouterr().out
    assert "every book is flat" in output
    assert "The DAG run failed" in output


def test_the_dag_is_not_run_without_a_database(
    airflow: type[StandIn], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.prepared = False

    assert told(tmp_path) == 1

    assert "The DAG run failed" in capsys.readouterr().out


def test_without_an_exchange_the_story_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "LATENCY", -1)

    assert told(tmp_path) == 1

    assert "did not start" in capsys.readouterr().out
    assert "--latency" in (tmp_path / "log").read_text()


def test_a_failure_shows_the_end_of_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(log: Any) -> int:
        log.write(b"".join(b"line %d\n" % number for number in range(100)))
        return 1

    monkeypatch.setattr(demo, "demonstrate", fail)

    assert demo.main() == 1

    output = capsys.readouterr().out
    assert "line 99" in output
    assert "line 59\n" not in output


def test_the_whole_log_is_kept_for_who_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(log: Any) -> int:
        log.write(b"".join(b"line %d\n" % number for number in range(100)))
        return 1

    monkeypatch.setattr(demo, "demonstrate", fail)

    assert demo.main(["--log", str(tmp_path / "kept")]) == 1

    assert (tmp_path / "kept").read_text().startswith("line 0\n")


def test_an_interruption_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def interrupted(log: Any) -> int:
        return 130

    monkeypatch.setattr(demo, "demonstrate", interrupted)

    assert demo.main() == 130

    assert capsys.readouterr().out.splitlines()[-1].startswith("Interrupted")


def test_the_time_to_flat_runs_from_the_first_request_to_the_last_change() -> None:
    def order(updated_ms: int) -> dict[str, Any]:
        return {"updated_ms": updated_ms, "live": False}

    after = {"nami": [order(3_000), order(2_500)], "bitopro": [order(4_250)], "loopring": []}
    requests = [
        {"venue": venue, "at_ms": at} for venue, at in (("nami", 1_500), ("nami", 2_900), ("bitopro", 4_000))
    ]

    lines = totals_table({"nami": {"outcomes": {"cancelled": 2}}}, after, requests).splitlines()[2:]

    assert [line.split() for line in lines] == [
        ["nami", "2", "2", "0", "0", "2", "1.50", "s"],
        ["bitopro", "1", "0", "0", "0", "1", "0.25", "s"],
        ["loopring", "0", "0", "0", "0", "0", "-"],
        ["all", "3", "2", "0", "0", "3", "2.75", "s"],
    ]


def test_outside_of_a_clone_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "DAGS", tmp_path)

    assert demo.main() == 2

    assert "clone" in capsys.readouterr().out
