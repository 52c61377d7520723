"""Servers that misbehave below HTTP."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def serving(behave: Behaviour, certificate: SSLContext | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """Accept connections on loopback, by TLS with a certificate; yield the base URL and what was received."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()
    received: list[bytes] = []
    workers: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if certificate is None:
                received.append(connection.recv(65536))
                behave(connection, stopped)
                return
            with certificate.wrap_socket(connection, server_side=True) as secured:
                received.append(secured.recv(65536))
                behave(secured, stopped)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            worker = threading.Thread(target=handle, args=(connection,))
            workers.append(worker)
            worker.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{listener.getsockname()[1]}", received
    finally:
        stopped.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for worker in workers:
            worker.join()


def hang(_connection: socket.socket, stopped: threading.Event) -> None:
    stopped.wait(60)


def drip(data: bytes, interval: float = 0.02) -> Behaviour:
    def behave(connection: socket.socket, stopped: threading.Event) -> None:
        for byte in data * 1000:
            if stopped.wait(interval):
                return
            connection.sendall(bytes([byte]))

    return behave


def drip_body(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    drip(b"x")(connection, stopped)


def endless_body(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while not stopped.is_set():
        connection.sendall(b"x" * 65536)


def answer(data: bytes) -> Behaviour:
    def behave(connection: socket.socket, _stopped: threading.Event) -> None:
        connection.sendall(data)

    return behave


def close(_connection: socket.socket, _stopped: threading.Event) -> None:
    return


def tunnel_to(port: int) -> Behaviour:
    """Return what a proxy does after ``CONNECT``: it leads to a port on loopback, whatever it was asked for."""

    def behave(connection: socket.socket, stopped: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port)) as beyond:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = {connection: beyond, beyond: connection}
            while not stopped.is_set():
                for ready in select.select(list(other), [], [], 0.05)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    other[ready].sendall(data)

    return behave


@contextmanager
def silent() -> Iterator[int]:
    """Yield a port on all of 127.0.0.0/8 that answers no attempt to connect: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        waiting = []
        try:
            for _ in range(3):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for each in waiting:
                each.close()
