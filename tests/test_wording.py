"""Texts of errors read as sentences. The fixture ``well_worded`` looks at those of all other tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_provider_exchange.errors import ExchangeError, ExchangeUnavailableError
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.one_line import sentences
from tests.wording import bad_seams

GOLDEN = sorted((Path(__file__).parent / "report" / "golden").glob("*.json"))
ORDERS = [OrderRef("7", "BTCUSDT")]


@pytest.mark.parametrize(
    ("first", "joined"),
    [
        ("run the task again", "run the task again. Orders: 7."),
        ("Run the task again.", "Run the task again. Orders: 7."),
        ("wait (code 7)", "wait (code 7). Orders: 7."),
        ("Busy!", "Busy! Orders: 7."),
        ("who are you?", "who are you? Orders: 7."),
    ],
)
def test_each_sentence_ends_once(first: str, joined: str) -> None:
    assert sentences(first, "Orders: 7.") == joined
    assert bad_seams(joined) == []


@pytest.mark.parametrize(
    "text", ["run the task again Orders: 7.", "lost.. Orders: 7.", "Orders: 7.; bitopro: lost", "it was lost.."]
)
def test_a_bad_seam_is_seen(text: str) -> None:
    assert bad_seams(text)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_reports_error_reads_as_sentences_before_its_orders(path: Path) -> None:
    told = json.loads(path.read_text())["error"]
    if told is None:
        return
    for code in (None, "7"):
        for orders in ([], ORDERS):
            assert bad_seams(str(ExchangeError(told["message"], code=code, orders=orders))) == []


@pytest.mark.parametrize("end", ["", ".", "!"])
def test_an_error_names_its_orders_in_a_sentence_of_their_own(end: str) -> None:
    text = str(ExchangeUnavailableError(f"the venue is away{end}", exchange="nami", orders=ORDERS))
    assert text == f"nami: the venue is away{end or '.'} Orders: {ORDERS[0]}."
