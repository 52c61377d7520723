"""Tables of plain text."""

from __future__ import annotations

from airflow_provider_exchange.operations.table import aligned

HEADER = ("what", "count", "note")
ROWS = [("short", "7", ""), ("a longer one", "12345678", "kept")]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned(HEADER, ROWS) == [
        "what          count     note",
        "------------  --------  ----",
        "short         7",
        "a longer one  12345678  kept",
    ]


def test_columns_stand_to_the_right_when_asked_to() -> None:
    assert aligned(HEADER, ROWS, right={"count"}, ruled=False) == [
        "what             count  note",
        "short                7",
        "a longer one  12345678  kept",
    ]


def test_a_table_may_be_empty() -> None:
    assert aligned(("a", "bc"), []) == ["a  bc", "-  --"]
