"""Whatever a server does with a task's time, the task ends when it said, and says why. On the real clock."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from airflow_provider_exchange.errors import ExchangeError, ExchangeUnavailableError, UnreadableResponseError
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.protocol.messages import LARGEST_BODY
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import SYMBOLS, VENUES
from tests.chaos.deferral import Operator, unguarded
from tests.driver.servers import Behaviour, drip, drip_body, endless_body, hang, serving

TIMEOUT = 1.0
REQUEST_TIMEOUT = 0.2
BUSY = 30.0
"""Seconds that a busy machine may add; the servers would keep a task for a minute and more."""
IDS = {"nami": "435372", "bitopro": "435372", "loopring": "0x" + "9" * 64}


def timed(operator: Operator) -> tuple[ExchangeError, float]:
    """Return what a task fails with, and after how many seconds."""
    started = time.monotonic()
    with pytest.raises(ExchangeError) as caught:
        unguarded(operator)
    return caught.value, time.monotonic() - started


def operator(sweep: bool, venue: str, order_id: str, timeout: float = TIMEOUT) -> Operator:
    common: dict[str, Any] = {
        "task_id": "flatten",
        "exchange_conn_id": "under_test",
        "timeout": timeout,
        "poll_interval": 0.05,
    }
    if sweep:
        return CancelAllOrdersOperator(**common)
    return CancelOrderOperator(order_id=order_id, symbol=SYMBOLS[venue], **common)


def connect(
    monkeypatch: pytest.MonkeyPatch, venue: str, url: str, request_timeout: float = REQUEST_TIMEOUT
) -> None:
    fields = Accounts().connection(venue, url)
    fields["extra"] = {**fields.get("extra", {}), "timeout": request_timeout}
    monkeypatch.setenv("AIRFLOW_CONN_UNDER_TEST", json.dumps(fields))


@pytest.mark.parametrize(
    ("venue", "behave"),
    [
        *((venue, hang) for venue in VENUES),
        ("nami", drip(b"HTTP/1.1 200 OK\r\nX: ")),
        ("bitopro", drip_body),
    ],
    ids=[*(f"{venue}-never-answers" for venue in VENUES), "a-byte-now-and-then", "a-byte-of-the-body-now-and-then"],
)
@pytest.mark.parametrize("sweep", [False, True], ids=["single", "sweep"])
def test_a_server_that_takes_its_time(
    venue: str, behave: Behaviour, sweep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(behave) as (url, received):
        connect(monkeypatch, venue, url)
        error, seconds = timed(operator(sweep, venue, IDS[venue]))
    assert type(error) is ExchangeUnavailableError
    assert "no response from" in str(error)
    assert TIMEOUT - 0.05 <= seconds <= TIMEOUT + REQUEST_TIMEOUT + BUSY
    assert received
    assert [ref.order_id for ref in error.orders] == ([] if sweep else [IDS[venue]])


@pytest.mark.parametrize("sweep", [False, True], ids=["single", "sweep"])
def test_a_gigabyte_is_not_read(sweep: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(endless_body) as (url, _):
        connect(monkeypatch, "loopring", url, request_timeout=5)
        error, seconds = timed(operator(sweep, "loopring", IDS["loopring"], timeout=1.5))
    if isinstance(error, UnreadableResponseError):
        assert f"larger than {LARGEST_BODY} bytes" in str(error)
    else:
        assert "no response from" in str(error)  # the time was up first
    assert seconds <= 1.5 + BUSY


@pytest.mark.parametrize(("venue", "kind"), list(zip(VENUES, ("hang", "drip", "huge"), strict=True)))
def test_cancels_that_are_not_answered(venue: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list can be read, so those that are left are named, in their last known state."""
    with running_sandbox(faults=[Fault(kind, route="cancels", acts=False)]) as sandbox:
        ids = {sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)}
        # Long enough for a busy machine to answer the reads.
        connect(monkeypatch, venue, sandbox.base_url, request_timeout=0.7)
        error, seconds = timed(operator(True, venue, "", timeout=2))
        assert {order.order_id for order in sandbox.live(venue)} == ids
    assert error.retryable
    assert {ref.order_id for ref in error.orders} == ids
    assert all(order_id in str(error) for order_id in ids)
    assert seconds <= 2 + 0.7 + BUSY
