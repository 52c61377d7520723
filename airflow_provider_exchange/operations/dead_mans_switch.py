"""
Arms and disarms the dead man's switch of an account, and believes what the venue tells of it only if it fits.

Starting the countdown anew is safe as often as one likes, so a lost answer is followed by another request. What the
venue tells is held against the venue's own clock, never against this machine's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    NoResultError,
    PermissionDeniedError,
    RequestRefusedError,
    TransientError,
    UnreadableResponseError,
)
from airflow_provider_exchange.operations.switch_state import RanOut, SwitchState, cover_of, written
from airflow_provider_exchange.protocol.steps import DeadlineReached, Pause, briefly

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.dead_mans_switch import DeadMansSwitch, Told
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["failed_to_set", "look_back", "set_switch", "switch_of", "time_to_set"]

TOLERANCE = timedelta(seconds=2)
"""
How far apart two times of a venue may be that belong together: some tell whole seconds, rounded up or down. It is
less than the shortest countdown.
"""
CLOCK_PATIENCE = 2.0
"""Seconds for which the venue's clock is waited for, before the request and after it."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 8.0
LONGEST_SET = 30.0
LOOK_BACK = 10.0
"""Seconds that each of the lists may take that tell what an ended countdown has done."""
REFUSALS = (AuthenticationError, PermissionDeniedError, RequestRefusedError)
"""One of them may come from one bad server of many; the second in one run is believed."""


def switch_of(exchange: Exchange, countdown: int) -> DeadMansSwitch:
    """
    Return an account's switch.

    :param countdown: In seconds; 0 to disarm.
    :raises InvalidOrderRequest: when the venue has none that can be armed, or none that takes such a countdown.
    """
    switch = exchange.dead_mans_switch
    if switch is None:
        raise InvalidOrderRequest(
            f"no dead man's switch can be armed: {exchange.title} {exchange.no_dead_mans_switch}. Nothing was sent",
            exchange=exchange.name,
        )
    if countdown and not switch.shortest <= countdown <= switch.longest:
        raise InvalidOrderRequest(
            f"countdown is {countdown} s; {exchange.title} takes {switch.shortest} to {switch.longest} s. Nothing "
            "was sent",
            exchange=exchange.name,
        )
    return switch


def time_to_set(countdown: int) -> float:
    """Return for how many seconds a switch is tried to be set; an earlier countdown goes on meanwhile."""
    return min(LONGEST_SET, countdown / 2) if countdown else LONGEST_SET


# -- setting it


def set_switch(exchange: Exchange, countdown: int) -> Operation[SwitchState]:
    """
    Start the countdown of an account anew, or end it, and return what the venue confirms.

    :param countdown: In seconds; 0 to disarm.
    :raises ExchangeError: when the venue refuses it twice, or has confirmed nothing that fits when the time is up.
    """
    switch = switch_of(exchange, countdown)
    trouble: ExchangeError | None = None
    refusals = 0
    pause = FIRST_PAUSE
    try:
        while True:
            try:
                return (yield from _set_once(exchange, switch, countdown))
            except REFUSALS as error:
                refusals += 1
                if refusals > 1:
                    raise
                trouble = error
            except TransientError as error:
                trouble = error
            yield Pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
    except DeadlineReached as cut:
        raise trouble or cut.trouble or NoResultError("there was no time to set the switch") from None


def _set_once(exchange: Exchange, switch: DeadMansSwitch, countdown: int) -> Operation[SwitchState]:
    before = yield from _clock(exchange)
    told = yield from switch.set(countdown)
    after = yield from _clock(exchange)
    if not told:
        raise NoResultError("no countdown reaches what the connection covers")
    for each in told:
        if not countdown:
            _check_disarmed(each)
        elif each.now is not None:
            _check_armed(each, countdown, each.now, each.now)
    if before is None or after is None:  # then the answer may be as old as one likes
        raise ExchangeUnavailableError("the venue's clock could not be read before and after the request")
    for each in told:
        if each.now is not None:
            _check_clock(each.now, before, after)
        elif countdown:
            _check_armed(each, countdown, before, after)
    triggers = [each.trigger for each in told if each.trigger is not None]
    return SwitchState(
        exchange.name,
        exchange.conn_id,
        exchange.account,
        countdown,
        min(triggers, default=None),
        min(each.now or after for each in told),
        switch.reaches,
        switch.spares,
    )


def _clock(exchange: Exchange) -> Operation[datetime | None]:
    """Return the venue's time; None if it cannot be read, for which nothing waits long."""
    reading = exchange.server_time()
    if reading is None:
        return None
    try:
        return datetime.fromtimestamp((yield from briefly(reading, CLOCK_PATIENCE)) / 1000, UTC)
    except (ExchangeError, ValueError, OverflowError, OSError):  # or it tells a time that is none
        return None


def _check_armed(told: Told, countdown: int, before: datetime, after: datetime) -> None:
    """
    Raise an error unless an answer tells of the countdown that this very request has started.

    :param before: The venue's time before the request, or that of the answer.
    :param after: Its time after the answer, or that of the answer.
    """
    length = timedelta(seconds=countdown)
    if told.trigger is None:
        raise UnreadableResponseError("the response says that no countdown runs, although one was to be started")
    latest = after + length
    if not before + length - TOLERANCE <= told.trigger <= latest + TOLERANCE:
        raise UnreadableResponseError(
            f"the response says that the countdown ends at {written(told.trigger)} by the venue's clock, where "
            f"{written(latest)} was to be expected"
        )


def _check_disarmed(told: Told) -> None:
    if told.trigger is not None:
        raise UnreadableResponseError(
            f"the response says that a countdown still runs, until {written(told.trigger)} by the venue's clock"
        )


def _check_clock(now: datetime, before: datetime, after: datetime) -> None:
    """
    Raise an error for an answer that is not from the time of its request, by the venue's own clock.

    It may come from a cache, or from one server of many whose clock is wrong, which would fake a cover or hide one.
    """
    if not before - TOLERANCE <= now <= after + TOLERANCE:
        raise UnreadableResponseError(
            f"the response says that it is from {written(now)}, but around the request the venue's clock showed "
            f"{written(before)} and {written(after)}"
        )


def failed_to_set(error: ExchangeError, last: SwitchState | None, conn_id: str, countdown: int) -> ExchangeError:
    """
    Return an error that also says until when the account is covered.

    :param error: Why the switch could not be set.
    :param last: What the venue confirmed last, as far as is known.
    :param countdown: What it was to be set to, in seconds; 0 to disarm.
    """
    said = [cover_of(last, conn_id, disarming=not countdown)]
    if last is not None and 0 < countdown < last.countdown:
        said.append(f"If a request of this attempt has arrived, the countdown ends {countdown} s after it")
    return error.concerning(()).saying(*said)


def look_back(exchange: Exchange, last: SwitchState) -> Operation[RanOut]:
    """
    Read what a countdown has done that has ended.

    It only reads, and what cannot be read is left out.

    :param last: What the venue said of that countdown when it was started.
    """
    triggered = last.trigger_time or last.venue_time
    switch = exchange.dead_mans_switch
    reading = None if switch is None else switch.cancelled_since(last.venue_time)
    cancelled = None if reading is None else (yield from _or_nothing(reading))
    listed = yield from _or_nothing(exchange.list_open())
    if listed is None:
        return RanOut(triggered, cancelled, None)
    still_open = [order for order in listed if order.created_at is not None and order.created_at <= triggered]
    return RanOut(triggered, cancelled, still_open)


def _or_nothing(reading: Operation[list[Order]]) -> Operation[list[Order] | None]:
    """Return the orders that are read, or None if they cannot be."""
    try:
        return (yield from briefly(reading, LOOK_BACK))
    except ExchangeError:
        return None
