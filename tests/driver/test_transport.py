"""What goes over the wire, and how long it may take."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.driver.blocking import RoutedSession, Transport, new_session, send
from airflow_provider_exchange.driver.effects import Plan, Send, Sleep
from airflow_provider_exchange.errors import ExchangeUnavailableError, Stopped
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import Account
from tests.driver.servers import answer, close, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


@pytest.fixture
def session() -> Iterator[RoutedSession]:
    with new_session() as made:
        yield made


def get(url: str) -> Request:
    return Request("GET", url, {"x-api-key": "k"})


def test_a_cookie_is_not_kept(session: RoutedSession) -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with serving(answer(head)) as (url, received):
        send(session, get(url), 5)
        send(session, get(url), 5)
    assert len(received) == 2
    assert b"ookie" not in received[1]


def test_a_cancel_is_never_sent_twice_by_the_transport(session: RoutedSession) -> None:
    with serving(close) as (url, received), pytest.raises(ExchangeUnavailableError):
        send(session, Request("DELETE", url, {}), 5)
    assert len(received) == 1


def test_one_connection_serves_many_requests() -> None:
    with running_sandbox() as sandbox:
        account = Account(sandbox, "bitopro")
        adapter = account.transport.session.get_adapter("http://")
        for _ in range(5):
            account.run(account.exchange.probe())
        (pool,) = adapter.poolmanager.pools._container.values()  # type: ignore[attr-defined]
        assert (pool.num_connections, pool.num_requests) == (1, 5)
        account.close()


def test_signed_urls_stay_out_of_debug_logs(caplog: pytest.LogCaptureFixture) -> None:
    with running_sandbox() as sandbox, caplog.at_level(logging.DEBUG):
        account = Account(sandbox, "nami")
        account.run(account.exchange.list_open())
        account.close()
    logged = caplog.text
    assert "/api/v4/spot/open" in logged
    assert "/api/v4/spot/open?*** " in logged
    assert "timestamp" not in logged
    assert "paper-nami" not in logged


def test_a_stop_ends_a_sleep_at_once() -> None:
    transport = Transport(new_session())

    def plan() -> Plan[None]:
        threading.Timer(0.05, transport.stop).start()
        yield Sleep(60)

    started = time.monotonic()
    with pytest.raises(Stopped):
        transport.run(plan())
    assert time.monotonic() - started < 30
    transport.session.close()


def test_a_signal_may_stop_a_pause_at_any_of_its_lines() -> None:
    """Airflow calls ``on_kill`` in a signal handler: on the thread that pauses, wherever it is."""
    command = [sys.executable, "-m", "tests.driver.stopped_by_signal"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"stopped at each of [1-9]\d* lines\n", ended.stdout)


def test_after_a_stop_no_pause_waits(session: RoutedSession) -> None:
    transport = Transport(session)
    transport.stop()

    def plan() -> Plan[None]:
        yield Sleep(10**6)

    for _ in range(3):
        with pytest.raises(Stopped):
            transport.run(plan())


def test_after_a_stop_nothing_is_sent(session: RoutedSession) -> None:
    transport = Transport(session)
    transport.stop()

    def plan() -> Plan[None]:
        yield Send(get("http://127.0.0.1:1/"), 5)

    with pytest.raises(Stopped):
        transport.run(plan())


def test_a_kept_connection_has_all_of_its_time_again(session: RoutedSession) -> None:
    """A request that takes long to send may not have to do with what the answer before it had left."""
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    def late_answer_then_slow_reader(connection: socket.socket, stopped: threading.Event) -> None:
        stopped.wait(0.5)
        connection.sendall(fine)
        stopped.wait(0.4)
        unread = len(body)
        while unread > 0:
            unread -= len(connection.recv(2**20))
        connection.sendall(fine)

    body = b"0" * 2**24
    with serving(late_answer_then_slow_reader) as (url, received):
        send(session, get(url), 0.7)
        assert send(session, Request("PUT", url, {}, body), 5).status == 200
    assert len(received) == 1, "one connection"
