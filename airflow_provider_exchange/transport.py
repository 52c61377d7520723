"""The blocking driver: sends and sleeps for a task, over ``requests``."""

from __future__ import annotations

import http.client
import logging
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from airflow_provider_exchange.errors import ExchangeError, ExchangeUnavailableError, UnreadableResponseError
from airflow_provider_exchange.messages import LARGEST_BODY, Request, Response
from airflow_provider_exchange.plan import Send, Sleep
from airflow_provider_exchange.steps import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.plan import Plan

__all__ = ["Transport", "new_session", "send"]

T = TypeVar("T")

CHUNK = 64 * 1024
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
    session.auth = lambda prepared: prepared  # else requests would look for other credentials in a netrc file
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
    prepared = requests.Request(request.method, request.url, dict(request.headers), data=request.body)
    final = session.prepare_request(prepared)
    final.url = request.url  # as signed; preparing may have re-encoded it
    ends_at = time.monotonic() + timeout
    try:
        settings = session.merge_environment_settings(final.url, {}, stream=True, verify=None, cert=None)
        with (
            _bounded(timeout),
            session.send(final, timeout=timeout, allow_redirects=False, **settings) as answer,
        ):
            body = _read(answer, ends_at)
            if time.monotonic() >= ends_at:
                raise TimeoutError  # a socket that was cut looks like an answer that ended
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


def _read(answer: requests.Response, ends_at: float) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise UnreadableResponseError(f"the answer is larger than {LARGEST_BODY} bytes")
        if time.monotonic() >= ends_at:
            break
    return bytes(body)


class _Cut:
    """Shuts down the socket of a request that takes too long; a socket's own timeout restarts with every byte."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None

    def __call__(self) -> None:
        if self.socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


_cut: ContextVar[_Cut | None] = ContextVar("cut", default=None)


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    cut = _Cut()
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    token = _cut.set(cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _cut.reset(token)


class _ShowsSocket:
    """A connection that tells the request in flight which socket it uses."""

    sock: socket.socket | None

    def getresponse(self) -> Any:
        cut = _cut.get()
        if cut is not None:
            cut.socket = self.sock
        return super().getresponse()  # type: ignore[misc]


class _HTTPConnection(_ShowsSocket, HTTPConnection):
    pass


class _HTTPSConnection(_ShowsSocket, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _PunctualAdapter(HTTPAdapter):
    """An adapter whose connections can be cut."""

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
