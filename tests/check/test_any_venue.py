"""A venue gets its check for what its adapter says of it, and most of it for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.check.findings import Mark
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.sandbox.testing import check_transcript, running_sandbox
from airflow_provider_exchange.sandbox.venues import VENUES
from tests.accounts import Account
from tests.check.checking import Checked, matter
from tests.exchanges.evidence import EVIDENCE
from tests.fourth_venue.entries import PAPER_VENUE
from tests.fourth_venue.exchange import Harbor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HARBOR = EVIDENCE["harbor"]
HERE = HARBOR.symbols[0]


@pytest.fixture
def harbor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checked]:
    HARBOR.register(monkeypatch)
    with running_sandbox(venues=[*VENUES, PAPER_VENUE]) as sandbox:
        account = Account(sandbox, "harbor")
        yield Checked(account)
        account.close()


def test_a_venue_that_somebody_added(harbor: Checked, tmp_path: Path) -> None:
    harbor.account.place(2, symbol=HERE, quantity="123.4567")
    harbor.account.sandbox.faults.add(kind="odd_order", field="side")
    report = harbor.check(cancel_right=True)
    assert matter(report).keys() == {"orders: side"}
    assert report["cancel right"].mark is report["withdrawals"].mark is Mark.OK
    assert harbor.account.mutations == [("DELETE", "cancel_order")]
    file = tmp_path / "harbor.json"
    file.write_text(harbor.transcript())
    assert "123.4567" not in file.read_text()
    again = check_transcript(file, venues=[*VENUES, PAPER_VENUE])
    assert matter(again).keys() == {"orders: side"}


def test_a_key_that_may_withdraw_is_warned_of(harbor: Checked) -> None:
    harbor.account.transport.on_answer = lambda request, answer: (
        type(answer)(200, answer.headers, b'{"owner": "o", "rights": ["trade", "withdraw"]}')
        if request.url.endswith("/v1/account")
        else answer
    )
    finding = harbor.check()["withdrawals"]
    assert finding.mark is Mark.UNSURE
    assert finding.shown.startswith("this key may withdraw. Take that right from it")


def test_an_adapter_that_says_nothing_of_its_answers(harbor: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Harbor, "assumes", Assumptions())
    monkeypatch.setattr(Harbor, "never_an_order_id", None)
    harbor.account.place(symbol=HERE)
    harbor.account.sandbox.faults.add(kind="odd_order", field="symbol")
    report = harbor.check(cancel_right=True)
    assert report["orders: market"].mark is Mark.WRONG
    assert "1 order has a market that cannot be read" in report["orders: market"].shown
    assert report["orders: side"].shown == "read in 2 orders"
    assert "no id is known" in report["cancel right"].shown
