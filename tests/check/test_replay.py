"""A replay of a transcript finds what the check has found."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.check.disguise import LOGIN
from airflow_provider_exchange.sandbox import replay
from airflow_provider_exchange.sandbox.replay import Recording
from airflow_provider_exchange.sandbox.testing import check_transcript, replayed
from tests.accounts import SYMBOLS
from tests.check.checking import matter
from tests.check.filled import filled_account

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.checking import Checked
    from tests.check.conftest import Open


def replay_of(account: Checked, folder: Path) -> CheckReport:
    file = folder / "transcript.json"
    file.write_text(account.transcript())
    return check_transcript(file)


def alike(report: CheckReport) -> list[tuple[str, str]]:
    return [(each.check, each.mark) for each in report.findings if each.check not in ("clock", "latency")]


@pytest.mark.parametrize("client_order_id", ["", "open", "LRC-ETH", "orders"])
def test_a_replay_of_odd_accounts_finds_the_same(
    sandbox: RunningSandbox, checked: Open, venue: str, client_order_id: str, tmp_path: Path
) -> None:
    account = checked(venue)
    names = {"client_order_id": client_order_id} if venue == "loopring" else {}
    account.account.sandbox.place(venue, SYMBOLS[venue], quantity="1", filled="0.5", price="1", **names)
    account.account.sandbox.place(venue, SYMBOLS[venue], quantity="1", filled="0.25")
    report = account.check(cancel_right=True, symbol=SYMBOLS[venue])
    sandbox.reset()
    assert alike(replay_of(account, tmp_path)) == alike(report)


def test_a_replay_finds_the_same(sandbox: RunningSandbox, checked: Open, venue: str, tmp_path: Path) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    report = account.check(cancel_right=True)
    sandbox.reset()
    assert alike(replay_of(account, tmp_path)) == alike(report)


@pytest.mark.parametrize("rule", [
    {"kind": "odd_order", "field": "symbol"},
    {"kind": "odd_order", "field": "order_id"},
    {"kind": "odd_order", "field": "side"},
    {"kind": "odd_order", "field": "state"},
    {"kind": "odd_order", "field": "price"},
    {"kind": "odd_order", "field": "quantity"},
    {"kind": "odd_order", "field": "created_at"},
    {"kind": "odd_order", "field": "created_at", "value": 1000},
    {"kind": "seconds"},
    {"kind": "phantom_empty"},
    {"kind": "html", "route": "reads", "requests": [2]},
    {"kind": "truncate", "route": "reads", "requests": [2]},
    {"kind": "drop_after", "route": "reads", "requests": [1]},
    {"kind": "rate_limit", "route": "reads", "requests": [3]},
    {"kind": "cached"},
    {"kind": "null_data"},
], ids=lambda rule: "-".join(map(str, rule.values())))  # fmt: skip
def test_a_replay_finds_what_was_odd(
    sandbox: RunningSandbox, checked: Open, venue: str, rule: dict[str, Any], tmp_path: Path
) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    sandbox.faults.add(**rule)
    report = account.check()
    again = replay_of(account, tmp_path)
    assert matter(again).keys() == matter(report).keys()
    assert alike(again) == alike(report)


def test_a_replay_goes_by_the_clock_of_the_venue(
    sandbox: RunningSandbox, checked: Open, venue: str, tmp_path: Path
) -> None:
    sandbox.exchange.apply_settings(skew=90.0)
    account = checked(venue)
    account.account.place()
    account.check()
    file = tmp_path / "an_hour_ago.json"
    file.write_text(json.dumps(an_hour_ago(json.loads(account.transcript()))))
    offset = float(check_transcript(file)["clock"].shown.partition(" s from")[0])
    assert abs(offset - 90) < 2


def an_hour_ago(document: dict[str, Any]) -> dict[str, Any]:
    """What the same check would have written an hour earlier."""
    for each in document["exchanges"]:
        each["sent_at"] -= 3600
        date = parsedate_to_datetime(each["headers"]["date"]) - timedelta(hours=1)
        each["headers"]["date"] = format_datetime(date, usegmt=True)
        if each["purpose"] == "clock":
            each["body"]["timestamp"] -= 3_600_000
    return document


def test_a_replay_is_a_venue_to_connect_to(
    sandbox: RunningSandbox, checked: Open, venue: str, tmp_path: Path
) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    account.check()
    file = tmp_path / "transcript.json"
    file.write_text(account.transcript())
    with replayed(file) as fields:
        assert fields["conn_type"] == venue
        assert fields["login"] == sandbox.connection(venue)["login"]
        assert fields["host"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("document", [[], {}, {"format": 2}, {"format": 1, "venue": "atlantis", "exchanges": []}])
def test_what_is_no_transcript_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"no transcript|atlantis"):
        Recording(document)


def test_both_sides_mean_the_same_by_it() -> None:
    from airflow_provider_exchange.check.transcript import FORMAT

    assert (FORMAT, LOGIN) == (replay.FORMAT, replay.LOGIN)
