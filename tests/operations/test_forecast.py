"""Cancels that cannot all be sent before the deadline are told of before the first is sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.operations.forecast import warn_if_too_many
from tests.accounts import Account

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Cancellation
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def singles(account: Account, count: int) -> list[Cancellation]:
    exchange = account.exchange
    symbol = {"nami": "BTCUSDT", "bitopro": "btc_usdt"}[account.venue]
    found = (exchange.cancel_one(exchange.check_ref(number, symbol), {}) for number in range(1, count + 1))
    return [each for each in found if each is not None]


@pytest.mark.parametrize(("venue", "count"), [("nami", 200), ("bitopro", 1000)])
def test_too_many_single_cancels_are_told_of(
    sandbox: RunningSandbox, venue: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(sandbox, venue)
    account.run(warn_if_too_many(account.exchange, singles(account, count)), timeout=5)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{count} cancel requests need" in record.getMessage()
    assert sandbox.request_log == []
    account.close()


def test_what_fits_is_no_news(sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture) -> None:
    account = Account(sandbox, "nami")
    for count in (0, 1, 40):
        account.run(warn_if_too_many(account.exchange, singles(account, count)), timeout=5)
    assert caplog.records == []
    account.close()
