"""
The faults of a paper exchange: which rules are in force, what they have counted, and which fire on a request.

The random numbers come from a seed, so a run can be repeated.
"""

from __future__ import annotations

import itertools
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.fault_rules import GROUPS_OF_ROUTES, Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass
class Counted:
    """
    A rule in force.

    :param number: tells it from every other rule of these faults, also from those that are gone.
    :param seen: how many requests it counted.
    :param fired: on how many of them it fired.
    """

    rule: Fault
    number: int
    draw: random.Random = field(repr=False)
    seen: int = 0
    fired: int = 0
    ends_ms: float | None = None

    def fires(self, now_ms: int) -> bool:
        """Count a request that matches, and return whether the rule fires on it."""
        self.seen += 1
        if self.rule.most_times is not None and self.fired >= self.rule.most_times:
            return False
        if not (self._begins() if self.ends_ms is None else now_ms < self.ends_ms):
            return False
        self.fired += 1
        if self.ends_ms is None and self.rule.lasts_ms is not None:
            self.ends_ms = now_ms + self.rule.lasts_ms
        return True

    def is_spent(self, now_ms: int) -> bool:
        """Whether it will never fire again."""
        most = self.rule.most_times
        if (most is not None and self.fired >= most) or (self.ends_ms is not None and now_ms >= self.ends_ms):
            return True
        waits = self.ends_ms is None  # else it goes on by time, whatever the requests it names
        return waits and bool(self.rule.requests) and self.seen >= max(self.rule.requests)

    def _begins(self) -> bool:
        if self.rule.requests and self.seen not in self.rule.requests:
            return False
        return self.draw.random() < self.rule.probability


@dataclass(frozen=True)
class Behaviour:
    """The rules that fire on one request."""

    fired: tuple[Fault, ...] = field(default=())

    def first(self, *kinds: str) -> Fault | None:
        """Return the first fired rule of one of these kinds."""
        return next((rule for rule in self.fired if rule.kind in kinds), None)

    def every(self, kind: str) -> list[Fault]:
        """Return the fired rules of this kind."""
        return [rule for rule in self.fired if rule.kind == kind]

    def for_order(self, kind: str, order_id: str, symbol: str) -> Fault | None:
        """Return the first fired rule of this kind that applies to this order of this market."""
        return next((rule for rule in self.fired if rule.kind == kind and rule.concerns(order_id, symbol)), None)

    @property
    def lag(self) -> int:
        """How many reads old the book is that this request sees."""
        rule = self.first("stale_reads")
        return 0 if rule is None else 1 if rule.reads is None else rule.reads

    @property
    def skew_ms(self) -> int:
        """How far ahead the venue's clock is, for this request, in ms."""
        rule = self.first("skew")
        return 0 if rule is None else round(1000 * (rule.seconds or 0))


class Faults:
    """
    The current fault rules. Safe to change while the exchange runs.

    :param seed: for the random numbers.
    """

    def __init__(self, rules: Iterable[Fault] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self.seed = seed
        self._counted: list[Counted] = []
        self._numbers = itertools.count(1)
        self._drawn = 0
        self._routes: Mapping[str, Collection[str]] = {}
        for rule in rules:
            self.add(rule)

    def hold_to(self, routes: Mapping[str, Collection[str]]) -> None:
        """
        Refuse rules that could never fire, those so far and those to come.

        :param routes: of each venue.
        :raises ValueError: a rule names a venue or a route that is not there.
        """
        self._routes = routes
        for rule in self.rules:
            self._check(rule)

    def _check(self, rule: Fault) -> None:
        if not self._routes:
            return
        if rule.venue not in ("*", *self._routes):
            raise ValueError(f"a fault names the venue {rule.venue!r}; there are {', '.join(self._routes)}, and *")
        owners = self._routes if rule.venue == "*" else (rule.venue,)
        known = dict.fromkeys(name for owner in owners for name in self._routes[owner])
        if rule.route not in (*GROUPS_OF_ROUTES, *known):
            where = "" if rule.venue == "*" else f" of {rule.venue}"
            names = ", ".join((*known, *GROUPS_OF_ROUTES))
            raise ValueError(f"a fault names the route {rule.route!r}{where}; there are {names}")

    @property
    def rules(self) -> list[Fault]:
        """The rules, in the order they were added."""
        return [counted.rule for counted in self._counted]

    @property
    def counted(self) -> list[Counted]:
        """The rules with what they have counted, in the order they were added."""
        return list(self._counted)

    def add(self, rule: Fault | None = None, **rule_fields: Any) -> Fault:
        """Add a rule, given as an object or by its fields. It counts requests from now on."""
        made = Fault.read(rule_fields) if rule is None else rule
        self._check(made)
        with self._lock:
            draw = random.Random(f"{self.seed}/{self._drawn}")  # noqa: S311  not cryptography
            self._drawn += 1
            self._counted.append(Counted(made, next(self._numbers), draw))
        return made

    def remove(self, number: int) -> None:
        """Remove a rule, if it is still there; see :attr:`Counted.number`."""
        with self._lock:
            self._counted = [counted for counted in self._counted if counted.number != number]

    def replace(self, rules: Iterable[Fault], seed: int | None = None) -> None:
        """
        Replace all rules.

        :raises ValueError: a rule names a venue or a route that is not there. Nothing is changed then.
        """
        wanted = list(rules)
        for rule in wanted:
            self._check(rule)
        with self._lock:
            self._counted = []
            self._drawn = 0
            self.seed = self.seed if seed is None else seed
        for rule in wanted:
            self.add(rule)

    def clear(self) -> None:
        """Remove all rules."""
        self.replace(())

    def fire(self, venue: str, route: str, now_ms: int, *, mutating: bool, lists: bool = False) -> Behaviour:
        """
        Count this request and return the rules that fire on it; see :meth:`Fault.matches`.

        :param now_ms: the exchange's clock, in ms.
        """
        with self._lock:
            return Behaviour(
                tuple(
                    counted.rule
                    for counted in self._counted
                    if counted.rule.matches(venue, route, mutating=mutating, lists=lists) and counted.fires(now_ms)
                )
            )
