"""
Does the same at several accounts at once, so that none of them waits for another.

Connections are looked up one after the other, by the thread that asks: the line to Airflow's supervisor carries one
question at a time, and a session of Airflow's database belongs to one thread. What goes to the venues goes side by
side, each account with a hook, a time and a failure of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import (
    ConnectionConfigError,
    ExchangeError,
    ExchangeUnavailableError,
    SeveralAccountsError,
)
from airflow_provider_exchange.exchanges.arguments import kind_of
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.one_line import one_line, sentences

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping

    from airflow_provider_exchange.models.reports import CancelReport

T = TypeVar("T")

LONGEST_REASON = 500
"""How many characters of each account's failure a message has."""


def check_conn_ids(conn_ids: Any, field: str = "exchange_conn_id") -> dict[str, Any]:
    """
    Return several connections by what messages call each: its id, or its place in the list if it has none.

    Whether each can be used is not checked: one that cannot keeps no other from being used.

    :param field: The argument's name, for messages.
    :raises ConnectionConfigError: when they are no list, or an empty one, or one is named twice: which of its two
        runs cancelled an order could not be told.
    """
    if not isinstance(conn_ids, Sequence) or isinstance(conn_ids, str | bytes):
        raise ConnectionConfigError(f"{field} is {kind_of(conn_ids)}; name a connection, or list several")
    if not conn_ids:
        raise ConnectionConfigError(f"{field} is an empty list; name at least one connection")
    named: dict[str, Any] = {}
    for index, conn_id in enumerate(conn_ids):
        is_text = isinstance(conn_id, str) and conn_id.strip()
        name = conn_id if is_text else f"{field}[{index}]"
        if name in named:
            raise ConnectionConfigError(f"{field} names {one_line(name)} more than once; nothing was sent")
        named[name] = conn_id
    return named


class SideBySide(Generic[T]):
    """
    Work at several accounts, each in a thread of its own, in a ``with`` block whose end stops what is not done.

    :param work: What to do with the id and the hook of each connection. The hook is closed afterwards.
    """

    def __init__(self, work: Callable[[str, ExchangeHook], T]) -> None:
        self._work = work
        self.names: list[str] = []
        """The connections, in the order in which they were given."""
        self._ended: SimpleQueue[tuple[str, T | Exception]] = SimpleQueue()
        self.hooks: dict[str, ExchangeHook] = {}
        """By connection; one that cannot be used has none."""
        self.results: dict[str, T] = {}
        """By connection, where the work has succeeded."""
        self.errors: dict[str, Exception] = {}
        """By connection, where the work has failed, or the connection cannot be used."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, conn_ids: Mapping[str, Any]) -> None:
        """
        Begin with each account as soon as its connection is found; one that cannot be used holds up no other.

        :param conn_ids: From :func:`check_conn_ids`.
        """
        for name, conn_id in conn_ids.items():
            try:
                hook = ExchangeHook.for_connection(conn_id)
                _ = hook.planner  # by this thread, as Airflow is told which secrets to mask
            except Exception as error:  # noqa: BLE001  (whatever one does, the others come next)
                self.fail(name, error)
            else:
                self.start_with(name, hook)

    def fail(self, name: str, error: Exception) -> None:
        """Take note of an account that cannot be worked at; it is done, as those are that failed."""
        self.names.append(name)
        self._ended.put((name, error))

    def start_with(self, name: str, hook: ExchangeHook) -> None:
        """Begin with the account of a hook that is at hand."""
        self.names.append(name)
        self.hooks[name] = hook
        # A thread that hangs must not keep the process from ending.
        thread = Thread(target=copy_context().run, args=(self._run, name, hook), name=f"at {name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads
            self._run(name, hook)

    @property
    def running(self) -> list[str]:
        """The connections whose accounts are not done."""
        return [each for each in self.names if each not in self.results and each not in self.errors]

    def done(self, within: float | None = None) -> Iterator[str]:
        """
        Yield each connection as its account is done, and end when all are, or earlier.

        :param within: Seconds after which it ends; None to wait for all.
        """
        ends_at = None if within is None else time.monotonic() + within
        while self.running:
            left = None if ends_at is None else max(0.0, ends_at - time.monotonic())
            try:
                name, end = self._ended.get(timeout=left)
            except Empty:
                return
            if isinstance(end, Exception):
                self.errors[name] = end
            else:
                self.results[name] = end
            yield name

    def stop(self) -> None:
        """Let the accounts that are not done send nothing more."""
        for name in self.running:
            if name in self.hooks:
                self.hooks[name].stop()

    def _run(self, name: str, hook: ExchangeHook) -> None:
        end: T | Exception
        try:
            with closing(hook):
                end = self._work(name, hook)
        except Exception as error:  # noqa: BLE001  (whatever one account does, the others go on)
            end = error
        except BaseException:  # noqa: BLE001  (of which nobody would hear in a thread)
            end = _interrupted()
        self._ended.put((name, end))


def sweep_each(
    conn_ids: Any,
    sweep: Callable[[str, ExchangeHook], CancelReport],
    on_failure: Callable[[str, Exception], object],
) -> dict[str, CancelReport]:
    """
    Sweep several accounts, and return their reports by connection.

    :param conn_ids: A list of connections.
    :param sweep: Sweeps the account of one.
    :param on_failure: Called with a connection and what went wrong, as soon as that is known.
    :raises ConnectionConfigError: from :func:`check_conn_ids`; nothing was sent.
    :raises SeveralAccountsError: when an account is not proved flat, once all others are done, too.
    """
    named = check_conn_ids(conn_ids)
    with SideBySide(sweep) as work:
        work.start(named)
        for name in work.done():
            if name in work.errors:
                on_failure(name, work.errors[name])
    return _all_proved(named, work.results, work.errors)


async def asweep_each(
    conn_ids: Any,
    sweep: Callable[[str, ExchangeHook], Awaitable[CancelReport]],
    on_failure: Callable[[str, Exception], object],
) -> dict[str, CancelReport]:
    """Sweep several accounts like :func:`sweep_each`, on an event loop."""
    named = check_conn_ids(conn_ids)
    reports: dict[str, CancelReport] = {}
    errors: dict[str, Exception] = {}

    def fail(name: str, error: Exception) -> None:
        errors[name] = error
        on_failure(name, error)

    async def run(name: str, hook: ExchangeHook) -> None:
        try:
            reports[name] = await sweep(name, hook)
        except Exception as error:  # noqa: BLE001  (whatever one account does, the others go on)
            fail(name, error)

    async with asyncio.TaskGroup() as group:
        for name, conn_id in named.items():
            try:
                hook = await ExchangeHook.afor_connection(conn_id)
            except Exception as error:  # noqa: BLE001  (as above)
                fail(name, error)
            else:
                group.create_task(run(name, hook))
    return _all_proved(named, reports, errors)


def _interrupted() -> ExchangeError:
    return ExchangeUnavailableError("the sweep was interrupted")


def reason(name: str, error: Exception) -> str:
    """Return why an account failed, without what errors of other packages may tell of a connection."""
    if isinstance(error, ExchangeError):
        return str(error)
    if isinstance(error, AirflowNotFoundException):
        return f"there is no connection {one_line(name)!r}"
    return f"an unexpected {type(error).__name__}"


def _all_proved(
    names: Collection[str], reports: Mapping[str, CancelReport], errors: Mapping[str, Exception]
) -> dict[str, CancelReport]:
    in_order = {name: reports[name] for name in names if name in reports}
    # Whatever has become of the others, none of them is proved flat.
    failed = {name: errors.get(name) or _interrupted() for name in names if name not in reports}
    if not failed:
        return in_order
    reasons = (f"{name}: {reason(name, error)[:LONGEST_REASON]}" for name, error in failed.items())
    known = (ExchangeError, AirflowNotFoundException)
    unexpected = (error for error in failed.values() if not isinstance(error, known))
    raise SeveralAccountsError(
        sentences(
            f"{len(failed)} of {len(names)} accounts are not proved flat, and their orders may still be open: "
            f"{', '.join(failed)}",
            *reasons,
        ),
        reports=in_order,
        errors=failed,
        orders=[ref for error in failed.values() if isinstance(error, ExchangeError) for ref in error.orders],
    ) from next(unexpected, None)
