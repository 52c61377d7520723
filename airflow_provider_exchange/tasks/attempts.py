"""
Hands on what a cancel task knows to its next retry, in the task state store of Airflow 3.3 and newer.

It only completes the summary of the retry; see :mod:`airflow_provider_exchange.operations.earlier`. So nothing
waits for it before the first cancels have been sent, and little afterwards.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timedelta
from hashlib import sha256
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.models.orders import how_many_orders
from airflow_provider_exchange.operations.earlier import Earlier, Records
from airflow_provider_exchange.side_work import SideLog, SideWork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.operations.ledger import Ledger

log = SideLog(logging.getLogger(__name__))

KEY = "orders"
LARGEST = 1000
"""Of a larger ledger only so many orders are stored: the store is a row of Airflow's database."""
PATIENCE = 2.0
"""Seconds that a task waits for the store, all its calls together."""
UNDER_WAY = 0.5
"""Seconds after which the first cancel has surely left, although the venue has not answered it yet."""


class Attempts(Records):
    """
    The record of one task instance, for one account and one selection of orders.

    Where Airflow has no store, all it knows is whether there was an earlier attempt.

    :param is_cut_off: Whether this attempt has sent cancels before, and has lost what it knew of them.
    """

    def __init__(
        self, context: Any, arguments: Mapping[str, Any], exchange: Exchange, *, is_cut_off: bool = False
    ) -> None:
        self._context = context
        self._store = context.get("task_state_store")
        self._exchange = exchange
        self._about = about(arguments)
        number = getattr(context.get("ti"), "try_number", 1)
        self._number = number if type(number) is int else 1
        self._goes_on = self._number > 1 or is_cut_off
        self._earlier = Earlier(is_incomplete=self._goes_on)
        self._calls: _Calls | None = None
        self._stored = 0
        """How many orders the ledger had when it was last stored."""

    def recall(self) -> Earlier:
        """Return what earlier attempts knew, as far as it can be had in time."""
        if (calls := self._begun()) is not None:
            calls.wait()
        if self._earlier.is_incomplete:
            # Nothing of Airflow's channel is used here, so a store that hangs does not matter.
            self._earlier.began_ago = SideWork().attempt(
                "tell when the task's run began", lambda: since_run_began(self._context), uses="the run"
            )
        return self._earlier

    def sending(self, ledger: Ledger) -> None:
        """
        Let the ledger be stored once the first cancel has left, as the task may be killed before its answer.

        Later it is stored again before the cancels of orders that have joined it.
        """
        if len(ledger) > self._stored:
            self._store_soon(ledger)

    def keep(self, ledger: Ledger) -> None:
        """Let the ledger be stored for the next attempt, without waiting for it."""
        self._store_soon(ledger)
        if self._calls is not None:
            self._calls.hurry()

    def forget(self) -> None:
        """Let the record be deleted, so that a later run of the task starts anew."""
        if (calls := self._begun()) is not None:
            calls.add("delete", lambda: self._store.delete(KEY))

    def end(self) -> None:
        """Wait for the calls that were begun, and give those up that take too long."""
        if self._calls is not None:
            self._calls.wait()
            self._calls.end()

    def _store_soon(self, ledger: Ledger) -> None:
        if (calls := self._begun()) is not None:
            self._stored = len(ledger)
            dumped = ledger.dump()  # now, as the ledger changes meanwhile
            calls.add("store", lambda: self._write(dumped))

    def _begun(self) -> _Calls | None:
        """Return the calls to the store, which begin with a look at the record; None without a store."""
        if self._calls is None and self._store is not None:
            self._calls = _Calls()
            self._calls.add("read", self._read)
        return self._calls

    def _read(self) -> None:
        kept = self._store.get(KEY)
        if not isinstance(kept, dict) or kept.get("about") != self._about:
            return
        written_by = kept.get("attempt")
        earlier = Earlier.load(self._exchange, kept.get("ledger"), earlier_attempt=written_by != self._number)
        is_complete = kept.get("is_incomplete") is False and written_by in (self._number - 1, self._number)
        earlier.is_incomplete = self._goes_on and (earlier.is_incomplete or not is_complete)
        self._earlier = earlier
        if earlier.orders:
            log.info(
                "%s: an earlier attempt has recorded %s", self._exchange.name, how_many_orders(len(earlier.orders))
            )

    def _write(self, ledger: dict[str, Any]) -> None:
        """Store a ledger, with the orders that only earlier attempts knew."""
        known = {_name(entry) for entry in ledger["entries"]}
        before = [told.dump() for told in self._earlier.orders.values()]
        entries = [*ledger["entries"], *(told for told in before if _name(told) not in known)]
        record = {
            "about": self._about,
            "attempt": self._number,
            "is_incomplete": self._earlier.is_incomplete or len(entries) > LARGEST,
            "ledger": {**ledger, "entries": entries[:LARGEST]},
        }
        self._store.set(KEY, record)


def about(arguments: Mapping[str, Any]) -> str:
    """Return a digest of what a task selects; a record of another selection does not count."""
    try:
        text = json.dumps(arguments, sort_keys=True, default=repr)
    except (TypeError, ValueError):  # arguments that name nothing, and are refused later
        text = ""
    return sha256(text.encode()).hexdigest()


def since_run_began(context: Any) -> timedelta | None:
    """
    Return how long ago the run began, and with it the task's first attempt at the earliest; None if not known.

    No task is told when its earlier attempts began. A run that is cleared begins anew, maybe later than they did.
    """
    run = context.get("dag_run")
    began = getattr(run, "start_date", None)
    if not isinstance(began, datetime) or getattr(run, "clear_number", None) != 0:
        return None
    return timedelta(seconds=max(0.0, time.time() - began.timestamp()))


class _Calls:
    """
    Makes calls one after the other on a thread, so that none holds up the task for long.

    None is made before the first cancel has left. A call that is given up may still occupy Airflow's only line to
    its supervisor, so no call is made beside it. Where no thread can be had, no call is made at all.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[str, Callable[[], object]] | None] = SimpleQueue()
        self._side_work = SideWork()
        self._may_begin = Event()
        self._patience = PATIENCE
        """Seconds for which calls are waited for from now on."""
        try:
            Thread(target=self._make, name="attempts", daemon=True).start()
        except RuntimeError as error:  # no more threads, or the process is ending
            self._patience = 0.0
            log.warning("Cannot keep a record of the task's attempts (%s); going on without it", error)

    def add(self, action: str, call: Callable[[], object]) -> None:
        """Make a call after those that were added before."""
        self._calls.put((action, call))

    def hurry(self) -> None:
        """Begin now, as the first cancel has left, or none will."""
        self._may_begin.set()

    def wait(self) -> None:
        """Wait for all calls, but in all no longer than ``PATIENCE``."""
        self.hurry()
        if not self._patience:
            return
        done = Event()
        self.add("wait for", done.set)
        began = time.monotonic()
        if done.wait(self._patience):
            self._patience = max(0.0, self._patience - (time.monotonic() - began))
        else:
            self._patience = 0.0
            log.warning("Airflow's store of the task's attempts takes too long; going on without it")

    def end(self) -> None:
        """Let the thread end after the calls that were added."""
        self._calls.put(None)

    def _make(self) -> None:
        self._may_begin.wait(UNDER_WAY)
        while (each := self._calls.get()) is not None:
            action, call = each
            self._side_work.attempt(f"{action} the record of the task's attempts", call)


def _name(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry[each] for each in ("order_id", "symbol", "client_order_id"))
