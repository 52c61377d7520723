"""
Connects to a host that has several addresses, within one time limit for all of them.

``socket.create_connection`` waits the whole limit at each address before it turns to the next. Here a further one
is tried beside those that are silent, as ``aiohttp`` does it, too (RFC 8305).
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_START = 0.25
"""Seconds after which an address is silent, and the next one is tried beside it."""

Address = tuple[int, int, int, str, Any]


def connect(host: str, port: int, ends_at: float, options: Iterable[tuple[Any, ...]]) -> socket.socket:
    """
    Return a connection to the first address of a host that answers.

    :param ends_at: Monotonic time in seconds at which looking the host up and connecting to it must be done.
    :param options: Options of the socket.
    :raises OSError: when no address answers, ``TimeoutError`` at the end of the time.
    """
    addresses = look_up(host, port).result(time_left(ends_at))
    failure = OSError("the host has no address")
    with selectors.DefaultSelector() as waiting:
        try:
            while addresses or waiting.get_map():
                if addresses:
                    try:
                        waiting.register(_begin(addresses.pop(0), options), selectors.EVENT_WRITE)
                    except OSError as error:
                        failure = error
                        continue
                left = time_left(ends_at)
                for key, _ in waiting.select(min(left, HEAD_START) if addresses else left):
                    sock: Any = key.fileobj
                    waiting.unregister(sock)
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code == 0:
                        connected: socket.socket = sock
                        return connected
                    sock.close()
                    failure = OSError(code, os.strerror(code))
        finally:
            for key in waiting.get_map().values():
                key.fileobj.close()  # type: ignore[union-attr]
    raise failure


def _begin(address: Address, options: Iterable[tuple[Any, ...]]) -> socket.socket:
    """Return a socket that is about to be connected."""
    family, kind, protocol, _, place = address
    sock = socket.socket(family, kind, protocol)
    try:
        for option in options:
            sock.setsockopt(*option)
        sock.settimeout(0)
        with suppress(BlockingIOError):
            sock.connect(place)
    except BaseException:
        sock.close()
        raise
    return sock


def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> Future[list[Address]]:
    """Look a host up in a thread of its own: a name server that does not answer takes half a minute."""
    found: Future[list[Address]] = Future()
    found.set_running_or_notify_cancel()  # nobody can cancel it while the thread looks

    def work() -> None:
        try:
            found.set_result(list(socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)))
        except Exception as error:  # noqa: BLE001  (whoever waits has to know)
            found.set_exception(error)

    Thread(target=work, name="look-up", daemon=True).start()
    return found


def time_left(ends_at: float) -> float:
    """Return the seconds until a monotonic time; raise ``TimeoutError`` if there are none."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
