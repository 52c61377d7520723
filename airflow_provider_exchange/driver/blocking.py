"""Runs plans with ``requests``, for tasks."""

from __future__ import annotations

import http.client
import logging
import re
import time
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from queue import Empty, SimpleQueue
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from airflow_provider_exchange.driver.causes import failed, unanswered
from airflow_provider_exchange.driver.effects import Fork, Send, Sleep, in_order
from airflow_provider_exchange.driver.punctual import PunctualAdapter, until
from airflow_provider_exchange.driver.route import direct_route
from airflow_provider_exchange.errors import ExchangeError, Stopped, UnreadableResponseError
from airflow_provider_exchange.protocol.messages import LARGEST_BODY, SESSION_HEADERS, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.driver.effects import Effect, Plan
    from airflow_provider_exchange.driver.route import Route

T = TypeVar("T")

CHUNK = 64 * 1024
QUERY = re.compile(r"\?[^\s\"']+")


class Transport:
    """
    Runs plans on one HTTP session.

    :param session: From :func:`new_session`.
    """

    def __init__(self, session: RoutedSession) -> None:
        self.session = session
        self._is_stopped = False
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._steps = RLock()

    def run(self, plan: Plan[T]) -> T:
        """Run a plan from :meth:`Planner.plan`; raise ``Stopped`` as soon as :meth:`stop` is called."""
        try:
            effect = self._advance(partial(next, plan))
            while True:
                try:
                    answer = self._fork(effect.plans) if isinstance(effect, Fork) else self._perform(effect)
                except ExchangeError as error:
                    resume = partial(plan.throw, error)
                else:
                    resume = partial(plan.send, answer)
                effect = self._advance(resume)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            with self._steps:
                plan.close()

    def _advance(self, resume: Callable[[], Effect]) -> Effect:
        """Take a plan one step further: never two at a time, as they share limits and clocks."""
        with self._steps:
            return resume()

    def _fork(self, plans: Sequence[Plan[Any]]) -> list[Any]:
        """Run several plans at the same time, each in a thread; return what they ended with."""
        ended: SimpleQueue[tuple[int, Any]] = SimpleQueue()

        def run(number: int, plan: Plan[Any]) -> None:
            ended.put((number, self._end_of(plan)))

        try:
            for number, plan in enumerate(plans):
                # A request that hangs must not keep the process from ending.
                thread = Thread(target=copy_context().run, args=(run, number, plan), daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # no more threads
                    run(number, plan)
            ends = dict(ended.get() for _ in plans)
        except BaseException:
            self.stop()  # an interrupt, such as Airflow's time-out, is raised here and in no other thread
            raise
        return in_order([ends[number] for number in range(len(plans))])

    def _end_of(self, plan: Plan[Any]) -> Any:
        """Return a plan's result, or the exception that it raises."""
        try:
            return self.run(plan)
        except BaseException as error:  # noqa: BLE001  (whatever it is, it is raised where the plans were forked)
            return error

    def stop(self) -> None:
        """Stop a running plan at once. May be called from a signal handler or another thread."""
        self._is_stopped = True
        # A handler may interrupt the very wait that it ends. An Event would then wait for its own thread's lock.
        self._wakes.put(None)

    def _perform(self, effect: Send | Sleep) -> Response | None:
        if isinstance(effect, Sleep) and not self._is_stopped:
            with suppress(Empty):
                self._wakes.get(timeout=max(0.0, effect.seconds))
        if self._is_stopped:
            self._wakes.put(None)  # for whichever other thread waits
            raise Stopped
        return send(self.session, effect.request, effect.timeout) if isinstance(effect, Send) else None


class RoutedSession(requests.Session):
    """
    An HTTP session that knows its way to the venue.

    :param route: The way.
    """

    def __init__(self, route: Route) -> None:
        super().__init__()
        self.route = route
        for prefix in ("https://", "http://"):
            self.mount(prefix, PunctualAdapter(route))


def new_session(route: Route | None = None) -> RoutedSession:
    """
    Return a session that never resends a request, keeps no cookies, and limits the total time of a request.

    :param route: The way to the venue; None for the one without a proxy.
    """
    session = RoutedSession(route or direct_route())
    session.trust_env = False
    # Nothing is followed, but requests would read the whole body of a redirect to be ready for it.
    session.get_redirect_target = lambda _answer: None  # type: ignore[assignment, method-assign]
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers = CaseInsensitiveDict(SESSION_HEADERS)
    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(present, _HideSignatures) for present in logger.filters):
        logger.addFilter(_HideSignatures())
    return session


def send(session: RoutedSession, request: Request, timeout: float) -> Response:
    """
    Send a request unchanged and read the whole response.

    :param timeout: Seconds for connecting, sending and reading together.
    :raises ConnectionConfigError: when the environment's proxy for this host cannot be used; nothing was sent.
    :raises ExchangeUnavailableError: when no complete response came; the venue may still have acted on the request.
    :raises UnreadableResponseError: when the response is larger than ``LARGEST_BODY``.
    """
    final = _as_signed(request, session.headers)
    route = session.route
    ends_at = time.monotonic() + timeout
    try:
        with (
            until(ends_at),
            session.send(final, timeout=timeout, allow_redirects=False, stream=True) as answer,
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
        raise (unanswered(request.url, route, timeout) if late else failed(request.url, route, error)) from None


def _as_signed(request: Request, session_headers: Mapping[str, Any]) -> requests.PreparedRequest:
    """Build the request by hand: ``requests.Request.prepare`` may re-encode the URL or add credentials."""
    final = requests.PreparedRequest()
    final.method = request.method
    final.url = request.url
    final.headers = CaseInsensitiveDict({**session_headers, **request.headers})
    final.body = request.body
    if request.body is not None or request.method not in ("GET", "HEAD"):
        final.headers["Content-Length"] = str(len(request.body or b""))
    return final


def _read(answer: requests.Response) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise UnreadableResponseError(f"the response is larger than {LARGEST_BODY} bytes")
    return bytes(body)


class _HideSignatures(logging.Filter):
    """Keeps queries out of the URLs that urllib3 logs at DEBUG: keys and signatures have many names there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                QUERY.sub("?***", argument) if isinstance(argument, str) else argument for argument in record.args
            )
        return True
