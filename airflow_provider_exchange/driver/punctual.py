"""
Limits the total time of a request made with ``requests``.

A socket's timeout starts anew with every byte, so a venue that sends one byte per second would never time out.
Here each read may only take what is left of the request's time.
"""

from __future__ import annotations

import http.client
import io
import math
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

LONGEST_WAIT = 3600.0
"""Seconds; the platform limits how long a socket's timeout may be."""

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


class _PunctualStream(io.RawIOBase):
    """Reads from a socket until the request's deadline."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._ends_at = ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, LONGEST_WAIT))
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


class _HTTPConnection(HTTPConnection):
    response_class = _PunctualResponse


class _HTTPSConnection(HTTPSConnection):
    response_class = _PunctualResponse


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class PunctualAdapter(HTTPAdapter):
    """A transport adapter that enforces the deadline set by :func:`until`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use connections with a deadline for direct requests."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use connections with a deadline for requests through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager
