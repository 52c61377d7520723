"""Servers that misbehave below HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[tuple[str, list[bytes]]]:
    """Accept connections on loopback; yield the base URL and what was received."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()
    received: list[bytes] = []
    workers: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            received.append(connection.recv(65536))
            behave(connection, stopped)

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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
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
