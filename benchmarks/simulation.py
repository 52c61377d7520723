"""Sweeps of many accounts on a clock that nobody waits for: plans and venues are real, time and network are not."""

from __future__ import annotations

import heapq
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from airflow_provider_exchange.driver.clock import SystemClock
from airflow_provider_exchange.driver.effects import Fork, Send, Sleep, in_order
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.exchange import PaperExchange
from airflow_provider_exchange.sandbox.limits import Limits
from airflow_provider_exchange.sandbox.venues import VENUES
from benchmarks.paper import MARKET_TYPES, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.driver.pacing import Pacer
    from airflow_provider_exchange.protocol.messages import Request

__all__ = ["SimulatedClock", "Simulation", "Swept"]

NOON = 1_767_268_800.0
"""Seconds since 1970 at which each simulation begins."""
HOST = "http://127.0.0.1:1"
"""Of the venues. Nothing is sent there."""
LONGEST = 10 * 86_400.0


class SimulatedClock(SystemClock):
    """A clock that only the simulation moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """Return the simulation's seconds."""
        return self.seconds

    def wall(self) -> float:
        """Return a time of day, in seconds since 1970."""
        return NOON + self.seconds


@dataclass
class Swept:
    """
    What the sweeps of some accounts came to. Seconds are simulated but for those of CPU.

    :param emptied: when the last order was cancelled.
    :param proved: when the last account was proved flat.
    :param requests: how many there were.
    :param refused: how many of them broke a limit of the venue.
    :param cpu: seconds of CPU that were ours, measured; what the paper venues took is left out.
    """

    emptied: float = 0.0
    proved: float = 0.0
    requests: int = 0
    refused: int = 0
    cpu: float = 0.0


class _Account:
    """One account: a venue that holds its book and limits, and the plan of its sweep."""

    def __init__(self, venue: str, orders: int, clock: SimulatedClock, pacer: Pacer | None) -> None:
        (kind,) = (each for each in VENUES if each.name == venue)
        self.paper = PaperExchange(venues=[kind], rate_limits=True)
        self.paper.clock = clock.wall
        self.paper.limits = Limits({venue: kind.limits}, clock.monotonic)
        for _ in range(orders):
            self.paper.place(venue, SYMBOLS[venue])
        self.book = self.paper.books[venue]
        fields = Accounts([kind]).connection(venue, HOST)
        if venue in MARKET_TYPES:
            fields = {**fields, "extra": {**fields.get("extra", {}), "default_type": MARKET_TYPES[venue]}}
        settings = ConnectionSettings("simulated", **fields)
        exchange = load_exchange(settings.conn_type).from_settings(settings)
        planner = Planner(exchange.name, exchange.limits, settings.request_timeout, clock=clock)
        planner._pacer = pacer or planner._pacer  # noqa: SLF001
        self.pacer = planner._pacer  # noqa: SLF001
        work = Cancelling(exchange, Selectors().check(exchange), {})
        self.plan: Plan[Any] = planner.plan(work.run(2), LONGEST)

    def answer(self, request: Request) -> Response:
        """Return what the venue answers when a request arrives now."""
        url = urlsplit(request.url)
        target = f"{url.path}?{url.query}" if url.query else url.path
        visit = self.paper.arrive(request.method, target, request.headers, request.body or b"", HOST)
        if visit is None:
            raise RuntimeError(f"no venue has {url.path}")
        answer = self.paper.answer(visit)
        headers = {**answer.headers, "date": formatdate(self.paper.clock(), usegmt=True)}
        lower = {name.lower(): value for name, value in headers.items()}
        return Response(answer.status, lower, answer.encoded())


class _Due(NamedTuple):
    at: float
    number: int
    go_on: Callable[[], None]


@dataclass
class Simulation:
    """
    Sweeps accounts with a key each, as tasks do that have a number of slots.

    :param venue: of all accounts.
    :param orders: open in each account.
    :param latency: seconds from a request to its answer.
    :param start: seconds that Airflow needs to begin a task in a free slot.
    :param shares_limits: whether the venue counts the requests of all accounts together, as of one address, and all
        share one pace.
    """

    venue: str
    orders: int
    latency: float = 0.05
    start: float = 0.0
    shares_limits: bool = False
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    _due: list[_Due] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)
    _swept: Swept = field(default_factory=Swept)

    def run(self, accounts: int, slots: int) -> Swept:
        """
        Sweep them all.

        :param accounts: how many.
        :param slots: how many of them may be swept at the same time.
        """
        waiting = deque(range(accounts))
        pacer: list[Pacer] = []

        def begin() -> None:
            if waiting:
                waiting.popleft()
                self._after(self.start, sweep)

        def sweep() -> None:
            account = _Account(self.venue, self.orders, self.clock, pacer[0] if pacer else None)
            if self.shares_limits and not pacer:
                pacer.append(account.pacer)
            self._step(account, account.plan, partial(next, account.plan), partial(ended, account))

        def ended(account: _Account, end: Any) -> None:
            if isinstance(end, BaseException):
                raise end
            if account.book.live():
                raise RuntimeError("a sweep has left orders behind")
            self._swept.proved = self.clock.seconds
            begin()

        for _ in range(slots):
            begin()
        while self._due:
            due = heapq.heappop(self._due)
            self.clock.seconds = due.at
            due.go_on()
        return self._swept

    def _after(self, seconds: float, go_on: Callable[[], None]) -> None:
        heapq.heappush(self._due, _Due(self.clock.seconds + max(0.0, seconds), next(self._numbers), go_on))

    def _step(
        self, account: _Account, plan: Plan[Any], resume: Callable[[], Any], ended: Callable[[Any], None]
    ) -> None:
        """Take a plan on to its next effect, and see to it that it goes on when that is done."""
        began = time.thread_time()
        try:
            effect = resume()
        except StopIteration as done:
            ended(done.value)
            return
        except Exception as error:  # noqa: BLE001  (it is handed to whoever has forked the plan)
            ended(error)
            return
        finally:
            self._swept.cpu += time.thread_time() - began
        match effect:
            case Sleep(seconds):
                self._after(seconds, lambda: self._step(account, plan, partial(plan.send, None), ended))
            case Send(request, _):
                self._swept.requests += 1
                self._after(self.latency, lambda: self._arrive(account, plan, request, ended))
            case Fork(plans):
                self._fork(account, plan, list(plans), ended)

    def _arrive(self, account: _Account, plan: Plan[Any], request: Request, ended: Callable[[Any], None]) -> None:
        response = account.answer(request)
        self._swept.refused += response.status == 429
        if account.paper.log[-1].mutating:
            self._swept.emptied = self.clock.seconds
        account.paper.log.clear()
        self._step(account, plan, partial(plan.send, response), ended)

    def _fork(
        self, account: _Account, plan: Plan[Any], parts: list[Plan[Any]], ended: Callable[[Any], None]
    ) -> None:
        ends: dict[int, Any] = {}

        def part_ended(number: int, end: Any) -> None:
            ends[number] = end
            if len(ends) == len(parts):
                in_place = [ends[each] for each in range(len(parts))]
                self._step(account, plan, lambda: plan.send(in_order(in_place)), ended)

        for number, part in enumerate(parts):
            self._step(account, part, partial(next, part), partial(part_ended, number))
