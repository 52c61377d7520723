"""
Limits the total time of a request made with ``requests``.

A socket's timeout starts anew with every byte, so a venue that sends one byte per second would never time out.
Here each read may only take what is left of the request's time.
"""

from __future__ import annotations

import http.client
import io
import math
import re
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from airflow_provider_exchange.driver.connecting import connect, time_left
from airflow_provider_exchange.protocol.messages import LONGEST_LINE, MOST_HEADERS

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator

    import requests

    from airflow_provider_exchange.driver.route import Proxy, Route

MOST_CONNECTIONS = 32
"""How many connections to a host are kept: more than there are cancels under way at the same time."""
LONGEST_WAIT = 3600.0
"""Seconds; the platform limits how long a socket's timeout may be."""
INTERIM = re.compile(rb"HTTP/1\.\d\s+1(?!01)\d\d\b")
"""The first line of an answer that another one follows. Nobody asks for 101, which ends HTTP on the connection."""
HEADER = re.compile(rb"([\w!#$%&'*+.^`|~-]+:|[ \t])[^\0\r\n]*\r?\n")
"""A line of a header, or one that continues it."""
FRAMING = frozenset({b"connection", b"content-length", b"keep-alive", b"proxy-connection", b"transfer-encoding"})
"""The headers that say where a body ends, and whether the connection stays open."""

_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)
"""Monotonic time at which the current request must end."""


@contextmanager
def until(ends_at: float) -> Iterator[None]:
    """End every read inside this block at a monotonic time in seconds."""
    token = _ends_at.set(ends_at)
    try:
        yield
    finally:
        _ends_at.reset(token)


def _limit(sock: socket.socket, ends_at: float) -> None:
    """Give a socket's next step what is left of the time."""
    sock.settimeout(min(time_left(ends_at), LONGEST_WAIT))


class _PunctualStream(io.RawIOBase):
    """Reads from a socket until the request's deadline."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._ends_at = ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _limit(self._sock, self._ends_at)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _PunctualSocket:
    """The part of a socket that ``http.client`` reads a response from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PunctualStream(self._sock, _ends_at.get()))


class _PunctualResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_PunctualSocket(sock), *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        """
        Read status and headers.

        ``http.client`` takes every interim answer but 100 for the final one, and refuses more than 100 headers. So
        the head is read here, and it only sees the headers that say how the body is framed.
        """
        if self.headers is not None:
            return
        stream = self.fp
        status, headers = _head(stream)
        while INTERIM.match(status):
            status, headers = _head(stream)
        framing = [b"%s:%s\r\n" % header for header in headers if header[0].lower() in FRAMING]
        self.fp = io.BytesIO(b"".join([status, *framing, b"\r\n"]))
        try:
            super().begin()
        finally:
            self.fp = stream
        # What http.client makes headers with is a parser of e-mails, which takes several times as long.
        self.headers = self.msg = http.client.HTTPMessage()
        for name, value in headers:
            self.headers[name.decode()] = value.decode("iso-8859-1")


def _head(stream: io.BufferedReader) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Read the head of an answer: its first line, and the names and values of its headers."""
    status = stream.readline(LONGEST_LINE + 1)
    headers: list[tuple[bytes, list[bytes]]] = []
    if not status:
        raise http.client.RemoteDisconnected("no answer")
    if not status.startswith(b"HTTP/"):
        return status, []  # http.client says what is wrong with it
    for _ in range(MOST_HEADERS + 1):
        line = stream.readline(LONGEST_LINE + 1)
        if line in (b"\r\n", b"\n"):
            return status, [(name, b" ".join(parts).strip()) for name, parts in headers]
        if not line:
            raise http.client.RemoteDisconnected("the head of the answer is cut off")
        if len(line) > LONGEST_LINE:
            raise http.client.LineTooLong("header line")
        if not HEADER.fullmatch(line):  # it may have been the one that says where the body ends
            raise http.client.HTTPException("malformed header")
        if line[:1] not in b" \t":
            name, _, value = line.partition(b":")
            headers.append((name, [value.strip()]))
        elif headers:  # else it continues nothing
            headers[-1][1].append(line.strip())
    raise http.client.HTTPException(f"got more than {MOST_HEADERS} headers")


class _Punctual(HTTPConnection):
    """Connects, sends and reads within the time of the request."""

    response_class = _PunctualResponse

    def _new_conn(self) -> socket.socket:
        sock = connect(self._dns_host, self.port, time.monotonic() + self._time_left(), self.socket_options or ())
        sock.settimeout(self._time_left())
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.timeout = self._time_left()
        super().request(*args, **kwargs)

    def _time_left(self) -> float:
        return min(time_left(_ends_at.get()), LONGEST_WAIT if self.timeout is None else self.timeout)


class _ProxysSocket:
    """
    The TLS socket to a proxy, inside which the TLS of the venue runs.

    ``urllib3`` reads from it in a loop until it has a whole record, so each of these reads is limited.
    """

    _sock: ssl.SSLSocket

    def __init__(self, sock: ssl.SSLSocket) -> None:
        vars(self)["_sock"] = sock

    def recv(self, *args: Any) -> bytes:
        _limit(self._sock, _ends_at.get())
        return self._sock.recv(*args)

    def recv_into(self, *args: Any) -> int:
        _limit(self._sock, _ends_at.get())
        return self._sock.recv_into(*args)

    def sendall(self, *args: Any) -> None:
        _limit(self._sock, _ends_at.get())
        self._sock.sendall(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set it on the socket itself: ``urllib3`` counts there who still reads from it."""
        setattr(self._sock, name, value)


class _HTTPSConnection(_Punctual, HTTPSConnection):
    def _connect_tls_proxy(self, hostname: str, sock: socket.socket) -> ssl.SSLSocket:
        return cast("ssl.SSLSocket", _ProxysSocket(super()._connect_tls_proxy(hostname, sock)))


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Punctual


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class PunctualAdapter(HTTPAdapter):
    """
    A transport adapter that enforces the deadline set by :func:`until`.

    :param route: Whose certificates it trusts, and through which proxy it goes to which host.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxies: dict[str, Proxy] = {}
        super().__init__(pool_maxsize=MOST_CONNECTIONS)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request on the route's way to its host."""
        proxy = self._route.proxy_to(str(request.url))
        if proxy:
            self._proxies[proxy.url] = proxy
        return super().send(request, *args, **{**kwargs, "proxies": {"all": proxy.url} if proxy else {}})

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use connections with a deadline for direct requests."""
        super().init_poolmanager(*args, ssl_context=self._route.trust, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use connections with a deadline for requests through a proxy."""
        trust = self._route.trust
        manager = super().proxy_manager_for(*args, ssl_context=trust, proxy_ssl_context=trust, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Return what a proxy is told with each connection."""
        return dict(self._proxies[proxy].headers)

    def cert_verify(self, conn: Any, *_args: Any) -> None:
        """Trust the route's certificates alone; ``requests`` would add its own."""
        conn.cert_reqs = "CERT_REQUIRED"
