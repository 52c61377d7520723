"""What goes over the wire, and how long it may take."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.driver.blocking import Transport, new_session, send
from airflow_provider_exchange.driver.plan import Plan, Send, Sleep
from airflow_provider_exchange.errors import ExchangeUnavailableError, Stopped, UnreadableResponseError
from airflow_provider_exchange.protocol.messages import LARGEST_BODY, Request
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import Account
from tests.driver.servers import Behaviour, answer, close, drip, drip_body, endless_body, hang, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    import requests


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as made:
        yield made


def get(url: str) -> Request:
    return Request("GET", url, {"x-api-key": "k"})


@pytest.mark.parametrize(
    "behave",
    [hang, drip(b"HTTP/1.1 200 OK\r\nX: "), drip(b"H"), drip_body],
    ids=["hang", "headers", "line", "body"],
)
def test_no_request_outlasts_its_timeout(session: requests.Session, behave: Behaviour) -> None:
    with serving(behave) as (url, _):
        started = time.monotonic()
        with pytest.raises(ExchangeUnavailableError, match=r"no response within 0\.3 s"):
            send(session, get(url), 0.3)
        assert time.monotonic() - started < 30  # the servers would go on for a minute and more


def test_a_body_without_end_is_read_to_a_bound(session: requests.Session) -> None:
    with serving(endless_body) as (url, _), pytest.raises(UnreadableResponseError, match=str(LARGEST_BODY)):
        send(session, get(url), 30)


def test_a_compressed_bomb_is_read_to_a_bound(session: requests.Session) -> None:
    bomb = gzip.compress(b"0" * (LARGEST_BODY + 1))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with serving(answer(head + bomb)) as (url, _), pytest.raises(UnreadableResponseError):
        send(session, get(url), 30)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
    ids=["nothing", "nonsense", "short", "chunks", "gzip", "headers"],
)
def test_a_broken_answer_is_unavailability(session: requests.Session, data: bytes) -> None:
    with serving(answer(data)) as (url, _), pytest.raises(ExchangeUnavailableError) as caught:
        send(session, get(f"{url}/?signature=abc"), 5)
    assert "abc" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_nothing_listens(session: requests.Session) -> None:
    with pytest.raises(ExchangeUnavailableError, match="connection failed"):
        send(session, get("http://127.0.0.1:1/?signature=abc"), 5)


def test_a_redirect_is_not_followed(session: requests.Session) -> None:
    with serving(close) as (elsewhere, received):
        head = f"HTTP/1.1 307 Go\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n".encode()
        with serving(answer(head)) as (url, _):
            assert send(session, get(url), 5).status == 307
    assert received == []


def test_a_cookie_is_not_kept(session: requests.Session) -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with serving(answer(head)) as (url, received):
        send(session, get(url), 5)
        send(session, get(url), 5)
    assert len(received) == 2
    assert b"ookie" not in received[1]


def test_the_url_is_sent_as_it_was_signed(session: requests.Session) -> None:
    with serving(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (url, received):
        send(session, get(f"{url}/a?b=%7Ec%2A&d=%2C+~"), 5)
    assert received[0].startswith(b"GET /a?b=%7Ec%2A&d=%2C+~ HTTP/1.1\r\n")


def test_a_cancel_is_never_sent_twice_by_the_transport(session: requests.Session) -> None:
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
    assert "signature=***" in logged
    assert "paper-nami" not in logged


def test_netrc_adds_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with (
        new_session() as session,
        serving(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (url, received),
    ):
        send(session, get(url), 5)
    assert b"uthorization" not in received[0]


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


def test_after_a_stop_nothing_is_sent(session: requests.Session) -> None:
    transport = Transport(session)
    transport.stop()

    def plan() -> Plan[None]:
        yield Send(get("http://127.0.0.1:1/"), 5)

    with pytest.raises(Stopped):
        transport.run(plan())


def test_a_kept_connection_has_all_of_its_time_again(session: requests.Session) -> None:
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
