"""Faults of the connection and of answers do what they say, and nothing else."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from airflow_provider_exchange.sandbox.fault_rules import Fault, read_faults
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

from .clients import BitoProClient, LoopringClient, NamiClient


def placed(sandbox: RunningSandbox) -> str:
    return sandbox.place("bitopro", "btc_usdt").order_id


@pytest.mark.parametrize(("kind", "left"), [("drop_before", 1), ("drop_after", 0)])
def test_a_dropped_connection(sandbox: RunningSandbox, kind: str, left: int) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind=kind)
    with pytest.raises(requests.ConnectionError):
        BitoProClient(sandbox).cancel(order_id)
    assert len(sandbox.live("bitopro")) == left
    (logged,) = sandbox.mutations()
    assert (logged.status, logged.acted, logged.faults) == (0, not left, (kind,))


def test_the_log_says_that_a_venue_acted_once_it_has(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, logged_meanwhile = sandbox.book("bitopro"), []
    really_cancel = book.cancel

    def cancel_and_look(*arguments: Any, **details: Any) -> Any:
        logged_meanwhile.append(sandbox.request_log[-1].acted)
        return really_cancel(*arguments, **details)

    monkeypatch.setattr(book, "cancel", cancel_and_look)
    assert BitoProClient(sandbox).cancel(placed(sandbox)).ok
    assert (logged_meanwhile, sandbox.request_log[-1].acted) == ([False], True)


def test_a_delay(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="delay", seconds=0.05)
    start = time.monotonic()
    assert BitoProClient(sandbox).call("GET", "/orders/open").ok
    assert time.monotonic() - start >= 0.05


def test_latency_before_every_answer() -> None:
    with running_sandbox(latency=0.05) as sandbox:
        start = time.monotonic()
        assert BitoProClient(sandbox).call("GET", "/orders/open").ok
        assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize(("acts", "left"), [(None, 1), (True, 0), (False, 1)])
@pytest.mark.parametrize("kind", ["html", "status", "rate_limit"])
def test_an_answer_that_a_gateway_replaced(
    sandbox: RunningSandbox, kind: str, acts: bool | None, left: int
) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind=kind, acts=acts)
    response = BitoProClient(sandbox).cancel(order_id)
    assert response.status_code == {"html": 502, "status": 500, "rate_limit": 429}[kind]
    assert ("<html>" in response.text) == (kind == "html")
    assert len(sandbox.live("bitopro")) == left


def test_any_status(sandbox: RunningSandbox) -> None:
    for status in (200, 302, 403, 418, 503):
        sandbox.faults.replace([Fault("status", status=status)])
        response = BitoProClient(sandbox).call("GET", "/orders/open")
        assert (response.status_code, response.text) == (status, "paper fault")


def test_a_rate_limit_and_the_forms_of_its_wait(sandbox: RunningSandbox) -> None:
    sandbox.faults.replace([Fault("rate_limit")])
    bare = BitoProClient(sandbox).call("GET", "/orders/open")
    assert bare.json() == {"error": "Too Many Requests"}
    assert "Retry-After" not in bare.headers
    sandbox.faults.replace(read_faults({"kind": "rate_limit", "retry_after": 2}))
    assert BitoProClient(sandbox).call("GET", "/orders/open").headers["Retry-After"] == "2"
    sandbox.faults.replace([Fault("rate_limit", retry_after="date:30")])
    date = BitoProClient(sandbox).call("GET", "/orders/open").headers["Retry-After"]
    assert 0 < parsedate_to_datetime(date).timestamp() - time.time() <= 30  # less, the longer this took


def test_truncated_json(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="truncate")
    response = BitoProClient(sandbox).cancel(order_id)
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert not sandbox.live("bitopro")


def test_a_body_that_breaks_off(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="truncate", size=5, full_length=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        BitoProClient(sandbox).cancel(order_id)
    assert not sandbox.live("bitopro")


def test_an_empty_200(sandbox: RunningSandbox) -> None:
    order_id = placed(sandbox)
    sandbox.faults.add(kind="empty_200")
    response = BitoProClient(sandbox).cancel(order_id)
    assert (response.status_code, response.content) == (200, b"")
    assert not sandbox.live("bitopro")


def test_null_data(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="null_data")
    assert BitoProClient(sandbox).call("GET", "/orders/open").json() == {"data": None}
    assert NamiClient(sandbox).get("/api/v4/spot/open").json() == {"status": "ok", "data": None}
    assert LoopringClient(sandbox).get("/orders").json() == {"totalNum": 0, "orders": None}
    assert LoopringClient(sandbox).send("GET", "/api/v3/timestamp").json() is None


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_a_server_that_keeps_its_client_waiting_is_left_and_stops(kind: str) -> None:
    with running_sandbox() as sandbox:
        sandbox.faults.add(kind=kind, seconds=60)
        client = BitoProClient(sandbox)
        with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
            client.session.get(f"{sandbox.base_url}/v3/orders/open", headers=client.headers(), timeout=0.2)
        start = time.monotonic()
    assert time.monotonic() - start < 60  # not the hour that the answer would take


def test_a_drip_in_full(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="drip", seconds=0)
    assert BitoProClient(sandbox).call("GET", "/orders/open").json() == {"data": None}


def test_a_body_without_end(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="huge")
    client = BitoProClient(sandbox)
    with client.session.get(
        f"{sandbox.base_url}/v3/orders/open", headers=client.headers(), timeout=5, stream=True
    ) as response:
        read = 0
        for chunk in response.iter_content(1 << 20):
            read += len(chunk)
            if read > 5 << 20:
                break
    assert read > 5 << 20


def test_a_huge_body_with_an_end(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="huge", size=1 << 20)
    assert len(BitoProClient(sandbox).call("GET", "/orders/open").json()["data"]) == 1 << 20
