"""
The line to a Redis that keeps the pace of several workers. It never holds a request up for long.

Nothing can end a call that hangs, such as the look-up of a name, so a thread of the line's own puts the questions.
Who asks waits a moment for the answer. While Redis gives none, nobody asks: the thread looks whether it is back.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.resources import files
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPT = files(__package__).joinpath("pace.lua").read_text()
PATIENCE = 0.15
"""Seconds that an answer is waited for."""
AT_MOST = 0.2
"""Seconds that may be lost by waiting in vain within :data:`A_WHILE`; then nobody asks until that is over."""
A_WHILE = 60.0
SOCKET = 0.07
"""Seconds for connecting, and for each answer: two fit into what is waited."""
LOOK_AGAIN = 2.0
"""Seconds after which the thread looks whether Redis is back, doubled with each time up to :data:`A_WHILE`."""
PIECE = 6
"""So many characters of a secret in a row are not told."""
TOLD = 200
"""How many characters of what went wrong are told."""
PROBE = (["exchange-pace:{probe}"], ["probe", "", "[]", "0"])
"""Asks whether the script can be run, and can write."""

Ask = Callable[[Sequence[str], Sequence[str]], Any]
"""Runs the script with keys and arguments."""


class LostError(OSError):
    """No answer came; the script may have run."""


class Question:
    """A question to the script, and the answer once it has come."""

    def __init__(self, keys: Sequence[str], arguments: Sequence[str]) -> None:
        self.keys = keys
        self.arguments = arguments
        self.answer: Any = None
        self.is_over = Event()


class Line:
    """
    A line to one Redis, shared by all that has the pace of its accounts from there in this process.

    :param connect: Returns what runs the script. It is called in the line's thread, and again after each trouble.
    :param secrets: Texts that must not be told of what went wrong.
    """

    def __init__(self, connect: Callable[[], Ask], secrets: Sequence[str] = ()) -> None:
        self._connect = connect
        self._secrets = [secret for secret in secrets if secret]
        self._questions: SimpleQueue[Question] = SimpleQueue()
        self._lost: deque[tuple[float, float]] = deque(maxlen=9)
        """When time was lost by waiting in vain, and how many seconds."""
        self._outages: deque[float] = deque()
        self.trouble: str | None = None
        """Why nobody asks at present; None while Redis answers."""

    def ask(self, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        """Return the script's answer, or None if there is none within a moment."""
        began = time.monotonic()
        patience = self._patience(began)
        if self.trouble is not None or patience <= 0 or not self._is_served:
            return None
        question = Question(keys, arguments)
        self._questions.put(question)
        if not question.is_over.wait(patience):
            self._fail(f"no answer within {PATIENCE:g} s")
        if question.answer is None:
            self._lose(began, time.monotonic())
        return question.answer

    def tell(self, keys: Sequence[str], arguments: Sequence[str]) -> bool:
        """Let the script run without waiting for its answer; return False if it cannot be at present."""
        if self.trouble is not None or not self._is_served:
            return False
        self._questions.put(Question(keys, arguments))
        return True

    def _lose(self, began: float, ended: float) -> None:
        """Take note of a wait in vain; those who wait at the same time lose the same time."""
        if not self._lost or began >= sum(self._lost[-1]):
            self._lost.append((began, ended - began))

    def _patience(self, now: float) -> float:
        lost = sum(seconds for at, seconds in self._lost if now - at < A_WHILE)
        return min(PATIENCE, AT_MOST - lost)

    @cached_property
    def _is_served(self) -> bool:
        """Whether there is a thread that puts the questions."""
        try:
            Thread(target=self._serve, name="the line to the pace of all workers", daemon=True).start()
        except RuntimeError:  # no more threads, or the process is ending
            return False
        return True

    def _serve(self) -> None:
        while True:
            question = self._questions.get()
            if self.trouble is None:
                self.put(question)
            question.is_over.set()
            if self.trouble is not None:
                self._until_back()

    def put(self, question: Question) -> None:
        """Put a question to Redis. It is put again, once, if the answer is lost: that does no harm."""
        try:
            try:
                question.answer = self._script(question.keys, question.arguments)
            except LostError:
                if self.trouble is not None:
                    raise
                self.__dict__.pop("_script", None)
                question.answer = self._script(question.keys, question.arguments)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it)
            self._fail(self._told(error))

    @cached_property
    def _script(self) -> Ask:
        return self._connect()

    def _until_back(self) -> None:
        while True:
            time.sleep(self._pause())
            self._put_aside()
            try:
                self.__dict__.pop("_script", None)
                self._script(*PROBE)
            except Exception as error:  # noqa: BLE001  (as above)
                self._outages.append(time.monotonic())
                self.trouble = self._told(error)
            else:
                self.trouble = None
                return

    def _pause(self) -> float:
        """Return the seconds until it is worth looking again: more, the more often it was not."""
        now = time.monotonic()
        while self._outages and now - self._outages[0] > 2 * A_WHILE:
            self._outages.popleft()
        return min(LOOK_AGAIN * 2.0 ** (len(self._outages) - 1), A_WHILE)

    def _put_aside(self) -> None:
        """Answer what was asked before the trouble was known: there is no answer."""
        try:
            while True:
                self._questions.get_nowait().is_over.set()
        except Empty:
            return

    def _fail(self, trouble: str) -> None:
        if self.trouble is None:
            self._outages.append(time.monotonic())
            self.trouble = trouble

    def _told(self, error: Exception) -> str:
        kind = "" if isinstance(error, LostError) else f"{type(error).__name__}: "
        text = str(error)
        if any(piece in text for secret in self._secrets for piece in _pieces(secret)):
            return type(error).__name__
        return one_line(f"{kind}{text}")[:TOLD]


def _pieces(secret: str) -> Iterator[str]:
    """Yield what of a secret must not be told: Redis quotes the first part of a long one, or escapes some of it."""
    for at in range(max(1, len(secret) - PIECE + 1)):
        yield secret[at : at + PIECE]


_lines: dict[tuple[Any, ...], Line] = {}


def line_to(options: Mapping[str, Any]) -> Line:
    """
    Return this process' line to a Redis.

    :param options: Arguments of ``redis.Redis``.
    """
    # A process that was forked has no thread of the one before it.
    key = (os.getpid(), *sorted((name, str(value)) for name, value in options.items()))
    secrets = [str(options.get("password") or "")]
    if key not in _lines:
        line = _lines.setdefault(key, Line(lambda: connected(options), secrets))
        line.tell(*PROBE)  # so that it is connected when the first question comes
    return _lines[key]


def connected(options: Mapping[str, Any]) -> Ask:
    """Return what runs the script at a Redis. Nothing is sent yet."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    bounds: dict[str, Any] = {
        "socket_timeout": SOCKET,
        "socket_connect_timeout": SOCKET,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # the one of every version
    }
    client = redis.Redis(**options, **bounds)
    script = client.register_script(SCRIPT)

    def ask(keys: Sequence[str], arguments: Sequence[str]) -> Any:
        try:
            return script(keys=list(keys), args=list(arguments))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            if isinstance(error, redis.AuthenticationError | redis.BusyLoadingError):
                raise
            raise LostError(str(error)) from None

    return ask
