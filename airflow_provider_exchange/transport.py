"""The blocking driver: sends and sleeps for a task, over ``requests``."""

from __future__ import annotations

import http.client
import io
import logging
import math
import re
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    Stopped,
    UnreadableResponseError,
)
from airflow_provider_exchange.messages import LARGEST_BODY, Request, Response
from airflow_provider_exchange.plan import Send, Sleep

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

    from airflow_provider_exchange.plan import Plan

__all__ = ["Transport", "new_session", "send"]

T = TypeVar("T")

CHUNK = 64 * 1024
LONGEST_WAIT = 3600.0
"""Seconds; the platform bounds how long a socket may wait."""
SIGNED_QUERY = re.compile(r"(signature=)[^&\s]+")


class Transport:
    """
    Runs plans on one HTTP session.

    :param session: Kept alive between requests; see :func:`new_session`.
    """

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self._stopped = threading.Event()

    def run(self, plan: Plan[T]) -> T:
        """
        Run a plan to its end.

        :param plan: What :meth:`Planner.plan` returned.
        :raises Stopped: as soon as :meth:`stop` is called; nothing is sent any more.
        """
        try:
            effect = next(plan)
            while True:
                try:
                    answer = self._perform(effect)
                except ExchangeError as error:
                    effect = plan.throw(error)
                else:
                    effect = plan.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            plan.close()

    def stop(self) -> None:
        """Stop at once, from a signal handler or another thread."""
        self._stopped.set()

    def _perform(self, effect: Send | Sleep) -> Response | None:
        if isinstance(effect, Sleep):
            self._stopped.wait(effect.seconds)
        if self._stopped.is_set():
            raise Stopped
        return send(self.session, effect.request, effect.timeout) if isinstance(effect, Send) else None


def new_session(verify: bool | str = True, proxy: str | None = None, *, trust_env: bool = True) -> requests.Session:
    """
    Return a session that repeats nothing, keeps no cookies, and bounds the time of a request.

    :param verify: Whether to verify TLS certificates, or the path of a CA bundle.
    :param proxy: URL of a proxy for every request.
    :param trust_env: Whether proxies and CA bundles named in the environment hold.
    """
    session = requests.Session()
    session.verify = verify
    session.trust_env = trust_env
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers = CaseInsensitiveDict({"User-Agent": "airflow-provider-exchange"})
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    for prefix in ("https://", "http://"):
        session.mount(prefix, _PunctualAdapter())
    _hide_signatures_in_logs()
    return session


def send(session: requests.Session, request: Request, timeout: float) -> Response:
    """
    Send a request as it is and read the answer to its end.

    :param session: From :func:`new_session`.
    :param request: The final bytes.
    :param timeout: Seconds for all of it.
    :raises ExchangeUnavailableError: when no complete answer came; the request may have been acted upon.
    :raises UnreadableResponseError: when the answer is larger than any the venue documents.
    """
    final = _as_signed(request, session.headers)
    ends_at = time.monotonic() + timeout
    try:
        settings = session.merge_environment_settings(request.url, {}, stream=True, verify=None, cert=None)
        with (
            _until(ends_at),
            session.send(final, timeout=timeout, allow_redirects=False, **settings) as answer,
        ):
            body = _read(answer)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, headers, body)
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,
    ) as error:
        late = isinstance(error, requests.Timeout | TimeoutError) or time.monotonic() >= ends_at
        # The error's own text holds the signed URL.
        raise ExchangeUnavailableError(
            f"no answer within {timeout:.3g} s" if late else f"the connection failed ({type(error).__name__})"
        ) from None


def _as_signed(request: Request, headers: Mapping[str, Any]) -> requests.PreparedRequest:
    """
    Fill in what ``requests`` would prepare at length, and might re-encode or add credentials to.

    :param request: The final bytes.
    :param headers: To send beside its own.
    """
    final = requests.PreparedRequest()
    final.method = request.method
    final.url = request.url
    final.headers = CaseInsensitiveDict({**headers, **request.headers})
    final.body = request.body
    if request.body is not None or request.method not in ("GET", "HEAD"):
        final.headers["Content-Length"] = str(len(request.body or b""))
    final.prepare_cookies({})
    return final


def _read(answer: requests.Response) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise UnreadableResponseError(f"the answer is larger than {LARGEST_BODY} bytes")
    return bytes(body)


_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)
"""When the request in flight must be over; a socket's own timeout starts again with every byte."""


@contextmanager
def _until(ends_at: float) -> Iterator[None]:
    token = _ends_at.set(ends_at)
    try:
        yield
    finally:
        _ends_at.reset(token)


class _PunctualStream(io.RawIOBase):
    """The bytes from a socket, none of which is waited for beyond the end of its request."""

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
    """What ``http.client`` reads an answer from."""

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


class _PunctualAdapter(HTTPAdapter):
    """An adapter whose connections keep to the time of a request."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager


class _HideSignatures(logging.Filter):
    """Keeps signatures out of the URLs that urllib3 logs at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                SIGNED_QUERY.sub(r"\1***", argument) if isinstance(argument, str) else argument
                for argument in record.args
            )
        return True


def _hide_signatures_in_logs() -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(present, _HideSignatures) for present in logger.filters):
        logger.addFilter(_HideSignatures())
