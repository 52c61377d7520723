"""
One pace for all workers that use the same account, kept in Redis by the script in ``pace.lua``.

A request counts there from its start until its answer, and then for the length of the window, so that at the venue
no window holds more than its limit, wherever between the two the venue counts it. Who has to wait has a place in a
queue.

Each worker also keeps its own pace, as without Redis. That is what holds while Redis gives no answer.
"""

from __future__ import annotations

import json
import logging
import math
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from airflow_provider_exchange.driver.clock import LONGEST_RETRY_AFTER
from airflow_provider_exchange.driver.pacing import TOTAL
from airflow_provider_exchange.driver.turn import Turn
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.driver.clock import SystemClock
    from airflow_provider_exchange.driver.pace_line import Line
    from airflow_provider_exchange.driver.pacing import Pacer

STAMPS = {"name": "stamps", "n": 1, "w": 0, "weight": 1, "lease": 1000}
"""
The limit of a venue whose timestamps have to grow: one request at a time, as requests may overtake each other.

One that takes longer than a second does not hold up the cancels of others.
"""
ON_TOP = 1.0
"""Seconds that may pass between a start and its request, on top of the time that the request may take."""
WINDOWS = 3
"""For so many windows a turn is waited for. Longer queues are beyond the limits, or not true."""
WORTH_TELLING = 2.0
"""Seconds of a hold from which on it is told of."""
LARGEST = 2**53
"""Of the numbers that the script can return."""
MOST_UNTOLD = 3000
"""Requests to be told to Redis when it is back."""

log = SideLog(logging.getLogger(__name__))


class Reply(NamedTuple):
    """
    What the script says to a request that would start; times are in ms.

    :param wait: Until it has to ask again; 0 if it has started.
    :param hold: For how long the venue wants no request from anybody.
    :param is_refused: Whether nothing is to be counted apart from the total.
    :param now: Redis' clock, since 1970.
    :param timestamp: For the request that has started, where the venue wants them to grow.
    """

    wait: int
    hold: int
    is_refused: int
    now: int
    timestamp: int


class SharedPace:
    """
    The pace of one account.

    :param name: The Airflow connection of the Redis, for messages.
    :param line: Returns the line to it, or None as long as there is none.
    :param account: What tells accounts apart.
    :param stamps: Whether the venue wants timestamps that grow over all workers.
    :param lease: Seconds after which a request that was started has ended in any case.
    """

    def __init__(
        self, name: str, line: Callable[[], Line | None], account: str, lease: float, *, stamps: bool
    ) -> None:
        self._name = name
        self._line = line
        self._lease = _ms(lease + ON_TOP)
        self._prefix = f"exchange-pace:{{{account}}}:"
        self.stamps = stamps
        self._is_told = False
        self._told_until = -math.inf
        self._untold: deque[tuple[float, str, list[dict[str, Any]]]] = deque(maxlen=MOST_UNTOLD)
        """Requests of which Redis does not know that they were answered, and when they were."""

    def turn(self, pacer: Pacer, clock: SystemClock, endpoint: str, weight: int) -> SharedTurn:
        """Return the turn of a request; see :class:`.Turn` for the arguments."""
        return SharedTurn(self, pacer, clock, endpoint, weight)

    def limits(self, pacer: Pacer, endpoint: str, weight: int) -> list[dict[str, Any]]:
        """Return the limits that a request counts against, as the script takes them."""
        limits = [
            {
                "name": name,
                "n": limit.requests,
                "w": _ms(limit.seconds),
                "weight": min(weight, limit.requests),
                "lease": self._lease,
                **({"apart": True} if is_aside else {}),
            }
            for name, limit, is_aside in pacer.limits_of(endpoint)
        ]
        return [*limits, STAMPS] if self.stamps else limits

    def ask(self, turn: str, limits: list[dict[str, Any]], now: float) -> Reply | None:
        """Start a request or find out when to ask again; None if there is no shared pace at present."""
        line = self._line()
        if line is None:
            return None
        if line.trouble is None:
            self._catch_up(line, now)
        answer = line.ask(self._keys(limits), ["ask", turn, json.dumps(limits), "1" if self.stamps else "0"])
        self._tell(line.trouble)
        if not isinstance(answer, list) or len(answer) != len(Reply._fields):
            return None
        if not all(type(each) is int and 0 <= each <= LARGEST for each in answer):
            return None
        return Reply(*answer)

    def hold(self, seconds: float) -> None:
        """Let no worker send anything for some seconds."""
        self.send("hold", "", [], _ms(seconds))

    def refused(self, pacer: Pacer) -> None:
        """Keep all requests of all workers within the total."""
        self.send("refused", "", self.limits(pacer, TOTAL, 1), 0)

    def answered(self, turn: str, limits: list[dict[str, Any]], now: float) -> None:
        """Let a request count from now on for the length of its windows."""
        if not self.send("done", turn, limits, 0):
            self._untold.append((now, turn, limits))

    def send(self, action: str, turn: str, limits: list[dict[str, Any]], *numbers: int) -> bool:
        """Let the script do something without waiting for it; return whether it was sent."""
        line = self._line()
        arguments = [action, turn, json.dumps(limits), *map(str, numbers)]
        return line is not None and line.tell(self._keys(limits), arguments)

    def tell_of_hold(self, seconds: float, now: float) -> None:
        """Say that nothing is sent for some seconds, and why: the 429 may be in the log of another worker alone."""
        if seconds >= WORTH_TELLING and now + seconds > self._told_until + WORTH_TELLING:
            self._told_until = now + seconds
            log.warning(
                "Nothing is sent for another %.0f s: a worker that shares the pace of connection %r was refused "
                "with a 429, and has to wait so long. What holds all is the field 'hold' of the key %s in Redis",
                seconds,
                self._name,
                f"{self._prefix}state",
            )

    def _catch_up(self, line: Line, now: float) -> None:
        """Tell of the requests that were answered while Redis was away."""
        while self._untold:
            answered, turn, limits = self._untold.popleft()
            age = _ms(now - answered) - 1
            if any(limit["w"] > age for limit in limits):
                line.tell(self._keys(limits), ["done", turn, json.dumps(limits), str(max(0, age))])

    def _keys(self, limits: list[dict[str, Any]]) -> list[str]:
        parts = ["state", "waiting", "stamps", "aside"]
        parts += [f"{limit['name']}:{what}" for limit in limits for what in ("answered", "under-way")]
        return [self._prefix + part for part in parts]

    def _tell(self, trouble: str | None) -> None:
        if trouble is not None and not self._is_told:
            self._is_told = True
            log.warning(
                "No shared pace from connection %r (%s). This worker keeps the pace by itself, and looks in the "
                "background whether the shared one is back; no order has to wait for it",
                self._name,
                trouble,
            )


class SharedTurn(Turn):
    """
    The turn of a request among those of all workers.

    :param shared: The pace of the account.
    """

    def __init__(self, shared: SharedPace, pacer: Pacer, clock: SystemClock, endpoint: str, weight: int) -> None:
        super().__init__(pacer, clock, endpoint, weight)
        self._shared = shared
        self._id = uuid4().hex
        self._limits = shared.limits(pacer, endpoint, weight)
        self._has_asked = False
        self._waited = 0.0
        self._redis_ahead = 0
        """Redis' clock minus this machine's, in ms."""

    def wait(self) -> float:
        """Return the seconds until the request may start: 0 when it is counted as started."""
        seconds = super().wait()
        if seconds > 0:
            return seconds
        longest = max((limit["w"] for limit in self._limits), default=0) / 1000
        left = WINDOWS * longest + self._limits_lease() - self._waited
        if left <= 0:
            return 0.0
        now = self._clock.monotonic()
        self._has_asked = True  # an interrupt may come before the reply, which gives a place or a start
        reply = self._shared.ask(self._id, self._limits, now)
        if reply is None:
            return 0.0
        self._redis_ahead = reply.now - int(self._clock.wall() * 1000)
        if reply.is_refused:
            self._pacer.refused()
        if reply.hold:
            held = min(reply.hold / 1000, LONGEST_RETRY_AFTER)
            self._shared.tell_of_hold(held, now)
            self._pacer.hold(now + held)
            return held
        if reply.wait:
            seconds = min(reply.wait / 1000, left)
            self._waited += seconds
            return seconds
        self.timestamp = reply.timestamp or None
        return 0.0

    def done(self) -> None:
        """Count the request for the length of the windows, once it has been answered or has failed."""
        super().done()
        self._shared.answered(self._id, self._limits, self._clock.monotonic())

    def clock_is(self, ahead: int, refused: int) -> None:
        """
        Let all workers know the venue's clock, after it has refused a timestamp.

        :param ahead: The venue's clock minus this machine's, in ms.
        :param refused: The timestamp.
        """
        if self.timestamp == refused:
            self._shared.send("clock", self._id, self._limits, ahead - self._redis_ahead, refused)

    def __exit__(self, *_: object) -> None:
        if not self.has_begun and self._has_asked:
            self._shared.send("leave", self._id, self._limits, 0)

    def _limits_lease(self) -> float:
        return max((limit["lease"] for limit in self._limits), default=0) / 1000


def _ms(seconds: float) -> int:
    return math.ceil(min(seconds, LONGEST_RETRY_AFTER) * 1000)
