"""What a script takes for cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from demo.script import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def test_it_cancels_what_the_exchange_cancels(sandbox: RunningSandbox) -> None:
    gone, traded = (sandbox.place("binance", symbol).order_id for symbol in ("BTCUSDT", "ETHUSDT"))
    sandbox.faults.add(kind="fill_on_cancel", orders=[traded])

    assert run_script("binance", sandbox.base_url) == {gone: "canceled", traded: "not found"}
    assert sandbox.live("binance") == []


def test_it_believes_an_answer_and_an_empty_list(sandbox: RunningSandbox) -> None:
    kept = sandbox.place("binance", "BTCUSDT")
    sandbox.faults.add(kind="ignore_cancel")
    sandbox.faults.add(kind="phantom_empty", requests=[2])

    assert run_script("binance", sandbox.base_url) == {kept.order_id: "canceled"}
    assert sandbox.live("binance") == [kept]


def test_it_does_not_overlook_what_it_is_shown(sandbox: RunningSandbox) -> None:
    sandbox.place("binance", "BTCUSDT")
    sandbox.faults.add(kind="ignore_cancel")

    with pytest.raises(RuntimeError, match="still open"):
        run_script("binance", sandbox.base_url)
