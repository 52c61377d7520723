"""The published schema tells every member of a report, and nothing but valid reports passes it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from airflow_provider_exchange.models.reports import CancelReport, Outcome
from tests.report.golden import GOLDEN, SCHEMA, validate

PAGE = Path(__file__).parents[2] / "docs" / "report.md"
EXAMPLE: dict[str, Any] = json.loads(re.search(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])  # type: ignore[index]


def test_the_page_shows_a_valid_report() -> None:
    validate(EXAMPLE)
    (order,) = EXAMPLE["orders"]
    assert set(EXAMPLE) == set(SCHEMA["properties"])
    assert set(order) == set(SCHEMA["properties"]["orders"]["items"]["properties"])


def test_every_outcome_and_state_is_in_some_golden_report() -> None:
    reports = [json.loads(path.read_text()) for path in GOLDEN.glob("*.json")]
    outcomes = {order["outcome"] for report in reports for order in report["orders"]}
    assert outcomes == {outcome.value for outcome in Outcome}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.pop("account"),
        lambda report: report.update(version=2),
        lambda report: report.update(dry_run="True"),
        lambda report: report.update(proved_at="yesterday"),
        lambda report: report["orders"][0].update(price=90000),
        lambda report: report["orders"][0].update(outcome="gone"),
        lambda report: report["orders"][0].pop("side"),
        lambda report: report.update(orders=report["orders"] * 1001),
        lambda report: report.update(api_key="x"),
    ],
)
def test_another_form_does_not_pass(spoil: Any) -> None:
    report = deepcopy(EXAMPLE)
    spoil(report)
    with pytest.raises(jsonschema.ValidationError):
        validate(report)


def test_a_report_says_nothing_of_its_own_form_but_the_version() -> None:
    report = replace(CancelReport("nami", (), 0), started_at=datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert report.dump()["version"] == 1
    assert report.dump()["started_at"] == "2026-11-30T12:00:00.000Z"
