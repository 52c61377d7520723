"""Several accounts, each with an Airflow connection and a paper exchange where it is."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, VENUES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.sandbox.book import PaperOrder

LONGEST = 60
"""Seconds after which a test gives a venue up that it holds back, or waits for."""


@dataclass(frozen=True)
class Account:
    """One account with two orders of different markets."""

    conn_id: str
    venue: str
    sandbox: RunningSandbox
    orders: tuple[PaperOrder, PaperOrder]

    @property
    def ids(self) -> set[str]:
        return {order.order_id for order in self.orders}

    @property
    def live(self) -> set[str]:
        return {order.order_id for order in self.sandbox.live(self.venue)}


class Several:
    """Makes accounts, in a paper exchange of their own for each venue that is asked for again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self._monkeypatch = monkeypatch
        self._stack = stack
        self._taken: dict[str, int] = dict.fromkeys(VENUES, 0)
        self._sandboxes: list[RunningSandbox] = []

    def make(self, *venues: str) -> list[Account]:
        return [self._account(venue) for venue in venues]

    def lonely(self, venue: str, **changes: Any) -> Account:
        """An account whose paper exchange has no other, with some fields of its connection changed."""
        return self._at(self._stack.enter_context(running_sandbox()), f"lonely_{venue}", venue, **changes)

    def _account(self, venue: str) -> Account:
        number = self._taken[venue]
        self._taken[venue] += 1
        if number == len(self._sandboxes):
            self._sandboxes.append(self._stack.enter_context(running_sandbox()))
        return self._at(self._sandboxes[number], f"{venue}_{number}", venue)

    def _at(self, sandbox: RunningSandbox, conn_id: str, venue: str, **changes: Any) -> Account:
        self._monkeypatch.setenv(
            f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({**sandbox.connection(venue), **changes})
        )
        orders = sandbox.place(venue, SYMBOLS[venue]), sandbox.place(venue, OTHER_SYMBOLS[venue])
        return Account(conn_id, venue, sandbox, orders)


def hold_back(
    account: Account, until: threading.Event | Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> list[bool]:
    """
    Let an account's venue, which must be alone, answer nothing until something has happened.

    :return: A list that takes, for each answer that was held back, whether that happened in time.
    """
    happened: list[bool] = []
    fire = account.sandbox.exchange.faults.fire
    waiting = threading.Event()

    def hold(*arguments: Any, **details: Any) -> Any:
        if isinstance(until, threading.Event):
            happened.append(until.wait(LONGEST))
        else:
            happened.append(any(until() or waiting.wait(0.01) for _ in range(LONGEST * 100)))
        return fire(*arguments, **details)

    monkeypatch.setattr(account.sandbox.exchange.faults, "fire", hold)
    return happened


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> Iterator[Several]:
    with ExitStack() as stack:
        yield Several(monkeypatch, stack)
        for thread in threading.enumerate():
            if thread.name.startswith("at "):  # it may still wait for an answer that nobody needs
                thread.join(LONGEST)
