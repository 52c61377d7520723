"""What the drivers make of the bytes of a server: both the same."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import ExchangeUnavailableError, UnreadableResponseError
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.protocol.messages import LARGEST_BODY, Request
from tests.driver.drivers import DRIVERS, blocking
from tests.driver.servers import answer, close, drip, drip_body, endless_body, hang, serving, silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.driver.drivers import Ask
    from tests.driver.servers import Behaviour

HEAD = b"HTTP/1.1 200 OK\r\n"
END = b"Content-Length: 5\r\n\r\nhello"
KEY = {"x-api-key": "k"}


@pytest.fixture(params=DRIVERS)
def ask(request: pytest.FixtureRequest) -> Ask:
    driver: Ask = request.param
    return driver


def encoded(how: str, body: bytes) -> bytes:
    return HEAD + f"Content-Encoding: {how}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def headers(count: int) -> bytes:
    return b"".join(b"X-%d: y\r\n" % number for number in range(count))


def without_head(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@dataclass
class Fine:
    """Bytes that are an answer."""

    data: bytes
    status: int = 200
    body: bytes = b"hello"
    headers: Mapping[str, Any] = field(default_factory=dict)


ANSWERS = {
    "plain": Fine(HEAD + END),
    "interim 100": Fine(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + END),
    "interim 103": Fine(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HEAD + END),
    "redirect": Fine(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n" + END, status=302),
    "several interim": Fine(
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n" * 5 + HEAD + END
    ),
    "interim before an error": Fine(b"HTTP/1.1 103 \r\n\r\nHTTP/1.1 503 Busy\r\n" + END, status=503),
    "upgrade": Fine(b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", status=101, body=b""),
    "120 headers": Fine(HEAD + headers(120) + END, headers={"x-119": "y"}),
    "200 headers": Fine(HEAD + headers(199) + END, headers={"x-198": "y", "content-length": "5"}),
    "long header": Fine(HEAD + b"X: " + b"y" * 65_000 + b"\r\n" + END, headers={"x": "y" * 65_000}),
    "100 headers of 10 kB": Fine(
        HEAD + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 10_000) for number in range(100)) + END,
        headers={"x-99": "y" * 10_000},
    ),
    "long reason": Fine(b"HTTP/1.1 200 " + b"y" * 60_000 + b"\r\n" + END),
    "no reason": Fine(b"HTTP/1.1 200\r\n" + END),
    "repeated header": Fine(HEAD + b"X: a\r\nx: b\r\nX: c, d\r\n" + END, headers={"x": "a, b, c, d"}),
    "folded header": Fine(HEAD + b"X: a\r\n b\r\n" + END, headers={"x": "a b"}),
    "folded framing": Fine(HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    "framing in the fold of another": Fine(HEAD + b"X: a\r\n Content-Length: 3\r\n" + END),
    "header beyond ASCII": Fine(HEAD + b"X: \xe9\r\n" + END, headers={"x": "é"}),
    "line feeds alone": Fine(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    "gzip": Fine(encoded("gzip", gzip.compress(b"hello"))),
    "gzip in two parts": Fine(encoded("gzip", gzip.compress(b"he") + gzip.compress(b"llo"))),
    "deflate": Fine(encoded("deflate", zlib.compress(b"hello"))),
    "deflate without its head": Fine(encoded("deflate", without_head(b"hello"))),
    "identity": Fine(encoded("identity", b"hello")),
    "chunks": Fine(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"),
    "chunks of gzip": Fine(
        HEAD
        + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(gzip.compress(b"hello")), gzip.compress(b"hello"))
    ),
    "until the end": Fine(HEAD + b"\r\nhello"),
    "HTTP 1.0": Fine(b"HTTP/1.0 200 OK\r\n\r\nhello"),
    "no content": Fine(b"HTTP/1.1 204 No Content\r\n\r\n", status=204, body=b""),
    "byte order mark": Fine(HEAD + b"Content-Length: 5\r\n\r\n\xef\xbb\xbf{}", body=b"\xef\xbb\xbf{}"),
    "unknown charset": Fine(HEAD + b"Content-Type: text/html; charset=nope\r\n" + END),
}

BROKEN = {
    "nothing": b"",
    "not HTTP": b"nonsense\r\n\r\n",
    "status below 100": b"HTTP/1.1 99 OK\r\n" + END,
    "cut in the first line": b"HTTP/1.1 200 OK",
    "cut in a header": HEAD + b"Date: x",
    "cut after a header": HEAD + b"Date: x\r\n",
    "cut in the body": HEAD + b"Content-Length: 50\r\n\r\nhello",
    "cut in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "cut after a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "cut after an interim answer": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad gzip": encoded("gzip", b"xyz"),
    "201 headers": HEAD + headers(200) + END,
    "1000 headers": HEAD + headers(1000) + END,
    "overlong header": HEAD + b"X: " + b"y" * 70_000 + b"\r\n" + END,
    "header without a colon": HEAD + b"nonsense\r\n" + END,
    "header without a name": HEAD + b": y\r\n" + END,
    "header with a NUL": HEAD + b"X: a\0b\r\n" + END,
    "two lengths": HEAD + b"Content-Length: 2\r\n" + END,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_read_whole(ask: Ask, name: str) -> None:
    row = ANSWERS[name]
    with serving(answer(row.data)) as (url, _):
        response = ask(Request("GET", url, KEY))
    assert (response.status, response.body) == (row.status, row.body)
    assert {key: response.headers.get(key) for key in row.headers} == row.headers


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_unavailability_and_tells_nothing(ask: Ask, name: str) -> None:
    with serving(answer(BROKEN[name])) as (url, received), pytest.raises(ExchangeUnavailableError) as caught:
        ask(Request("DELETE", f"{url}/?signature=abc", KEY))
    assert len(received) == 1, "the venue would see the same signature twice"
    assert "abc" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("odd", [b"Content-Type: multipart/mixed\r\n", b" X: continues nothing\r\n"])
def test_an_odd_header_puts_no_signed_url_into_the_log(
    ask: Ask, odd: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with serving(answer(HEAD + odd + END)) as (url, _):
        assert ask(Request("GET", f"{url}/?signature=abc", KEY)).body == b"hello"
    assert "signature=abc" not in caplog.text


def test_a_body_with_a_byte_order_mark_is_json(ask: Ask) -> None:
    with serving(answer(ANSWERS["byte order mark"].data)) as (url, _):
        assert decode_json(ask(Request("GET", url, KEY)).body) == {}


@pytest.mark.parametrize(
    "data",
    [
        endless_body,
        answer(encoded("gzip", gzip.compress(b"0" * (LARGEST_BODY + 1)))),
        answer(
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)
            + b"0" * (LARGEST_BODY + 1)
        ),
    ],
    ids=["endless", "compressed bomb", "redirect"],
)
def test_a_body_is_read_to_a_bound(ask: Ask, data: Behaviour) -> None:
    with serving(data) as (url, _), pytest.raises(UnreadableResponseError, match=str(LARGEST_BODY)):
        ask(Request("GET", url, KEY))


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
@pytest.mark.parametrize("body", [None, b"{}"])
def test_requests_are_the_same_byte_for_byte(method: str, body: bytes | None) -> None:
    seen = []
    for driver in DRIVERS:
        with serving(take_all) as (url, received):
            driver(Request(method, f"{url}/a%2Fb?b=%7Ec%2A&d=%2C+~", KEY, body))
        head, _, rest = received[0].partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        assert first == method.encode() + b" /a%2Fb?b=%7Ec%2A&d=%2C+~ HTTP/1.1"
        seen.append(sorted(line.lower() for line in lines if not line.startswith(b"Host: ")))
        assert rest in (b"", body or b"")
    assert seen[0] == seen[1]
    assert {b"cache-control: no-cache", b"accept-encoding: gzip, deflate", b"x-api-key: k"} <= set(seen[0])


def take_all(connection: socket.socket, _stopped: Any) -> None:
    connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")


def test_a_redirect_is_not_followed(ask: Ask) -> None:
    with serving(close) as (elsewhere, received):
        head = f"HTTP/1.1 307 Go\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n".encode()
        with serving(answer(head)) as (url, _):
            assert ask(Request("GET", url, KEY)).status == 307
    assert received == []


@pytest.mark.parametrize(
    "behave",
    [
        hang,
        drip(b"HTTP/1.1 200 OK\r\nX: "),
        drip(b"HTTP/1.1 200 "),
        drip(b"HTTP/1.1 103 \r\n\r\n", 0.001),
        drip_body,
    ],
    ids=["hang", "headers", "line", "interim", "body"],
)
def test_no_request_outlasts_its_timeout(ask: Ask, behave: Behaviour) -> None:
    started = time.monotonic()
    with (
        serving(behave) as (url, _),
        pytest.raises(ExchangeUnavailableError, match=r"no response from 127\.0\.0\.1:\d+ within 0\.3 s$"),
    ):
        ask(Request("GET", url, KEY), timeout=0.3)
    assert time.monotonic() - started < 20  # the servers would go on for a minute and more


def resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[tuple[str, int]]) -> None:
    """Let every name have these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place) for place in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)


def test_the_time_limit_is_for_all_addresses_together(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent() as port:
        resolve_to(monkeypatch, [(f"127.0.0.{number}", port) for number in range(1, 21)])
        started = time.monotonic()
        with pytest.raises(ExchangeUnavailableError, match=rf"no response from venue\.example:{port} within 1 s$"):
            ask(Request("GET", f"http://venue.example:{port}/", KEY), timeout=1)
    assert time.monotonic() - started < 15  # one second for each would be twenty


def test_an_address_that_answers_is_found_behind_silent_ones(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent() as quiet, serving(answer(HEAD + END)) as (url, _):
        port = int(url.rpartition(":")[2])
        places = [("127.0.0.1", quiet), ("127.0.0.1", 1), ("127.0.0.2", quiet), ("127.0.0.1", port)]
        resolve_to(monkeypatch, places)
        assert ask(Request("GET", f"http://venue.example:{port}/", KEY)).body == b"hello"


def test_a_task_waits_no_longer_for_a_name_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: answered.wait(60) and [])
    try:
        with pytest.raises(ExchangeUnavailableError, match=r"no response from venue\.example within 0\.3 s$"):
            blocking(Request("GET", "http://venue.example/", KEY), timeout=0.3)
    finally:
        answered.set()


def test_nothing_listens(ask: Ask) -> None:
    with pytest.raises(ExchangeUnavailableError, match=r"the connection to 127\.0\.0\.1:1 was refused$") as caught:
        ask(Request("GET", "http://127.0.0.1:1/?signature=abc", KEY))
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("behave", "cause"),
    [(close, "it was closed before the answer"), (answer(b"SSH-2.0-OpenSSH_9.2\r\n"), "no TLS \\(.+\\)")],
    ids=["closed", "no TLS"],
)
def test_a_connection_that_fails_names_host_and_cause(ask: Ask, behave: Behaviour, cause: str) -> None:
    with serving(behave) as (url, _):
        place = url.removeprefix("http://")
        url = url if behave is close else url.replace("http:", "https:")
        with pytest.raises(ExchangeUnavailableError, match=rf"^the connection to {place} failed: {cause}$"):
            ask(Request("GET", f"{url}/?signature=abc", KEY))


def test_a_host_without_an_address_is_named(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    told = r"^the connection to venue\.example failed: the name cannot be looked up \(Name or service not known\)$"
    with pytest.raises(ExchangeUnavailableError, match=told):
        ask(Request("GET", "https://venue.example/?signature=abc", KEY))


def test_a_handshake_is_within_the_time_limit(ask: Ask) -> None:
    with serving(hang) as (url, _), pytest.raises(ExchangeUnavailableError, match="no response from 127"):
        ask(Request("GET", url.replace("http:", "https:"), KEY), timeout=0.3)
