"""``airflow exchange check``, from Airflow's own argument parser to the venue, and back as a replay."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.sandbox.testing import check_transcript
from tests.accounts import SYMBOLS
from tests.cli.test_commands import CONN, exchange, no_audit_log

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

__all__ = ["no_audit_log"]


def found(text: str) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in json.loads(text)}


def test_a_venue_that_is_as_assumed(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue)
    sandbox.place(venue, SYMBOLS[venue])
    exchange("check", *CONN, "--output", "json")
    out, err = capsys.readouterr()
    unsure = {name for name, row in found(out).items() if row["result"] != "ok"}
    assert unsure - {"clock", "latency"} == {"withdrawals", "cancel right"}
    assert f"exchange_under_test: {venue}: " in err
    assert f"{len(unsure)} unsure, 0 wrong" in err
    assert sandbox.mutations() == []


def test_the_cancel_right_is_tried_on_request(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue)
    sandbox.place(venue, SYMBOLS[venue])
    exchange("check", *CONN, "--cancel-right", "--output", "json")
    assert found(capsys.readouterr().out)["cancel right"]["result"] == "ok"
    assert [logged.route for logged in sandbox.mutations()] == ["cancel_order"]
    assert len(sandbox.live(venue)) == 1


@pytest.mark.parametrize("output", ["table", "plain"])
@pytest.mark.parametrize(
    ("encoding", "signs"), [("utf-8", ("✓", "?", "✗")), ("ascii", ("ok", "?", "WRONG")), ("cp1252", ("ok", "?"))]
)
def test_signs_that_the_terminal_can_show(
    connect: Connect,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    output: str,
    encoding: str,
    signs: tuple[str, ...],
) -> None:
    connect("nami")
    sandbox.faults.add(kind="odd_order", field="symbol")
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding, write_through=True))
    with pytest.raises(SystemExit, match="Failed: exchange_under_test: orders: market"):
        exchange("check", *CONN, "--output", output)
    lines = written.getvalue().decode(encoding).splitlines()
    for sign in signs:
        assert any(sign in line.replace("|", " ").split()[:2] for line in lines)
    assert any("no cancel can name" in line for line in lines)


def test_a_transcript_is_written_and_replayed(
    connect: Connect, sandbox: RunningSandbox, venue: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue)
    order_id = sandbox.place(venue, SYMBOLS[venue], quantity="123.4567").order_id
    sandbox.faults.add(kind="odd_order", field="symbol")
    file = tmp_path / "transcript.json"
    with pytest.raises(SystemExit, match="Failed: exchange_under_test: orders: market"):
        exchange("check", *CONN, "--transcript", str(file), "--output", "json")
    written = file.read_text()
    fields = sandbox.connection(venue)
    for hidden in (fields["login"], fields["password"], order_id, "123.4567", "1234567"):
        assert hidden not in written
    assert [finding.check for finding in check_transcript(file).wrong] == ["orders: market"]


def test_a_transcript_that_cannot_be_written(connect: Connect, tmp_path: Path) -> None:
    connect("nami")
    with pytest.raises(SystemExit, match=r"Failed: the transcript '.*' could not be written"):
        exchange("check", *CONN, "--transcript", str(tmp_path / "no" / "such" / "folder.json"))


def test_a_market_that_is_malformed_is_refused(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    connect(venue)
    with pytest.raises(SystemExit, match="Failed"):
        exchange("check", *CONN, "--symbol", "None")
    assert sandbox.request_log == []


def test_a_wrong_key_fails_and_is_not_shown(
    connect: Connect, venue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue, login="another-key-than-that")
    with pytest.raises(SystemExit, match="Failed: exchange_under_test: key") as caught:
        exchange("check", *CONN, "--output", "json")
    assert "another-key" not in str(caught.value.code) + "".join(capsys.readouterr())


def test_the_hook_checks_too(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    with pytest.raises(ValueError, match="nothing was checked"):
        hook.transcript()
    sandbox.place(venue, SYMBOLS[venue])
    report = hook.check(cancel_right=True)
    assert report.wrong == ()
    assert report["cancel right"].mark == "ok"
    assert sandbox.connection(venue)["login"] not in repr(report) + repr(asdict(report)) + hook.transcript()
    hook.close()


def test_several_accounts_are_checked_at_once(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect("nami")
    monkeypatch.setenv("AIRFLOW_CONN_SECOND", json.dumps(sandbox.connection("bitopro")))
    monkeypatch.setenv("AIRFLOW_CONN_THIRD", json.dumps({**sandbox.connection("bitopro"), "login": "stranger"}))
    every = [part for name in ("second", "third") for part in ("--conn-id", name)]
    with pytest.raises(SystemExit, match="Failed: third: key"):
        exchange("check", *CONN, *every, "--output", "json")
    rows = json.loads(capsys.readouterr().out)
    assert {row["conn_id"] for row in rows if row["result"] == "wrong"} == {"third"}
    assert {row["conn_id"] for row in rows} == {"exchange_under_test", "second", "third"}
    with pytest.raises(SystemExit, match="a transcript is of one account"):
        exchange("check", *CONN, *every, "--transcript", "a.json")
