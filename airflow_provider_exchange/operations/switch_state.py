"""What was said of a dead man's switch, in JSON for the next run and in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import name_orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order

__all__ = ["RanOut", "SwitchState", "cover_of", "told_in_words", "written"]


@dataclass(frozen=True, slots=True)
class SwitchState:
    """
    What a venue has said of the dead man's switch of an account.

    :param exchange: The venue.
    :param conn_id: The connection to the account.
    :param account: Tells accounts apart, without a secret.
    :param countdown: How many seconds it was set to; 0 when it was disarmed.
    :param trigger_time: When it cancels orders unless it is set anew before, by the venue's clock; None when it was
        disarmed.
    :param venue_time: When the venue said so, by the same clock.
    :param reaches: Which orders it cancels.
    :param does_not_reach: Which it does not.
    """

    exchange: str
    conn_id: str
    account: str
    countdown: int
    trigger_time: datetime | None
    venue_time: datetime
    reaches: str
    does_not_reach: str

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "exchange": self.exchange,
            "conn_id": self.conn_id,
            "account": self.account,
            "scope": "account",
            "armed": self.trigger_time is not None,
            "countdown": self.countdown,
            "trigger_time": None if self.trigger_time is None else written(self.trigger_time),
            "venue_time": written(self.venue_time),
            "reaches": self.reaches,
            "does_not_reach": self.does_not_reach,
        }

    @classmethod
    def load(cls, dumped: Any, exchange: Exchange) -> SwitchState | None:
        """
        Return what was dumped, or None for anything else, and for what was said of another account.

        It comes from Airflow's database and proves nothing; it is told as what the venue said then.
        """
        try:
            triggers = dumped["trigger_time"]
            state = cls(
                dumped["exchange"],
                dumped["conn_id"],
                dumped["account"],
                int(dumped["countdown"]),
                None if triggers is None else _moment(triggers),
                _moment(dumped["venue_time"]),
                str(dumped["reaches"]),
                str(dumped["does_not_reach"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        here = (exchange.name, exchange.conn_id, exchange.account)
        return state if (state.exchange, state.conn_id, state.account) == here else None


def written(time: datetime) -> str:
    """Return a time as text, to ms."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: Any) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time.astimezone(UTC)


def cover_of(last: SwitchState | None, conn_id: str, *, disarming: bool) -> str:
    """
    Return until when an account is covered when the switch could not be set, as a sentence.

    :param last: What the venue confirmed last, as far as is known.
    :param disarming: Whether it was to be disarmed.
    """
    is_armed = last is not None and last.trigger_time is not None
    if not is_armed and disarming:
        return f"The switch of {conn_id} may still be armed: then it cancels orders when its countdown ends"
    if last is None or last.trigger_time is None:
        return f"It is not known that any dead man's switch covers the account of {conn_id}"
    said = f"{written(last.trigger_time)} by the venue's clock, as the venue said at {written(last.venue_time)}"
    if disarming:
        return f"The switch of {conn_id} may still be armed until {said}: then it cancels {last.reaches}"
    return (
        f"The account of {conn_id} is covered at least until {said}, unless somebody has set the switch since. "
        f"Then it cancels {last.reaches}, and covers nothing that is placed later"
    )


def told_in_words(state: SwitchState) -> str:
    """Return a state as a sentence for the log."""
    switch, said = f"The dead man's switch of {state.conn_id}", written(state.venue_time)
    if state.trigger_time is None:
        return f"{switch} is disarmed, as the venue says at {said}"
    return (
        f"{switch} is armed: unless it is set anew before {written(state.trigger_time)} by the venue's clock "
        f"({state.countdown} s from {said}), the venue cancels {state.reaches}. It does not reach: "
        f"{state.does_not_reach}"
    )


@dataclass(frozen=True, slots=True)
class RanOut:
    """
    What can be read of a countdown whose end has passed.

    :param trigger_time: When it was to end, by the venue's clock, as far as is known: a task that was killed may
        have started it anew before it could tell.
    :param cancelled: The orders of which the venue says that the countdown has cancelled them; None where it does
        not say that of any, or could not be asked.
    :param still_open: Orders that were there at the end and are open; None if the list could not be read.
    """

    trigger_time: datetime
    cancelled: Sequence[Order] | None
    still_open: Sequence[Order] | None

    @property
    def cancelled_at(self) -> datetime | None:
        """When the venue cancelled the first of these orders, by its own clock."""
        times = [order.changed_at for order in self.cancelled or () if order.changed_at is not None]
        return min(times, default=None)

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "trigger_time": written(self.trigger_time),
            "cancelled_at": None if self.cancelled_at is None else written(self.cancelled_at),
            "cancelled": None if self.cancelled is None else [order.summary() for order in self.cancelled],
            "still_open": None if self.still_open is None else [order.summary() for order in self.still_open],
        }

    def in_words(self, conn_id: str) -> str:
        """Return it as a text for the log."""
        ended = f"The countdown of {conn_id} that was to end at {written(self.trigger_time)} has run out"
        if self.cancelled and self.cancelled_at is not None:
            names = name_orders(order.ref for order in self.cancelled)
            at = written(self.cancelled_at)
            became = f"{ended}: at {at} the venue has cancelled {len(self.cancelled)} orders: {names}"
        elif self.cancelled is None:
            became = (
                f"{ended}. The venue does not tell which orders it has cancelled for that. Unless somebody has set "
                "the switch in between, these are all that it reaches"
            )
        else:
            became = f"{ended}, unless it was started anew. The venue shows no order that it has cancelled for that"
        if not self.still_open:
            return became
        names = name_orders(order.ref for order in self.still_open)
        return f"{became}. Open since before then: {names}"
