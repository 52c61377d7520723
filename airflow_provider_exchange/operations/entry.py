"""What is known of one order that is to be cancelled, by what reads show and cancels answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_exchange.models.orders import Moment, Order, OrderRef, OrderState
from airflow_provider_exchange.models.reports import CancelResult, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_exchange.errors import (
        ExchangeError,
        InvalidOrderRequest,
        PermanentError,
        PermissionDeniedError,
        RequestRefusedError,
    )

__all__ = ["GRACE", "Entry"]

GRACE = 3.0
"""Seconds that an order must be unknown to the venue before it counts as not found: a new one may lag behind."""
STUCK = 10.0
"""Seconds after which an order that is being cancelled, and still is not, is sent a cancel again."""
REFUSALS = 2
"""After this many refusals of a single cancel, with the order open for ``GRACE`` seconds, we stop trying."""


@dataclass(slots=True)
class Entry:
    """
    One order.

    :param ref: The reference that was given, completed with what the venue shows.
    :param order: The order as the venue last showed it.
    :param read: When the venue last showed it.
    :param sent: Whether one of our cancels may have reached the venue.
    :param sent_at: When the latest of them left, by this machine's clock.
    :param acknowledged: Whether the venue acknowledged one.
    :param outcome: What became of it; None until that is confirmed.
    :param refusal: Why a single cancel of this order was refused lately: by the venue, or as it cannot be made.
    :param tries: How many cancels were sent for it.
    :param misnamed: Why the reference means no single order, once it did not. That stays so: of two live orders
        with one client order id, the other may be the one that was meant, even when this one has ended.
    """

    ref: OrderRef
    order: Order | None = None
    read: Moment | None = None
    sent: bool = False
    sent_at: datetime | None = None
    acknowledged: bool = False
    outcome: Outcome | None = None
    refusal: PermanentError | None = None
    misnamed: InvalidOrderRequest | None = None
    tries: int = 0
    _hidden: PermissionDeniedError | RequestRefusedError | None = None
    _refusals: int = 0
    _refused_since: float | None = None
    _is_open_after_all: bool = False
    _ending_since: float | None = None
    _is_stuck: bool = False
    _missing_since: float | None = None
    _contradicted_since: float | None = None

    def show(self, order: Order, waited: float) -> None:
        """
        Record the order as a read returned it; see :attr:`Ledger.waited`.

        A list may lag behind: for ``GRACE`` seconds it does not overrule a read that showed the order ended,
        but the order no longer counts as gone. After that, the newest read counts.
        """
        if self.state.is_terminal and not order.state.is_terminal:
            if self._contradicted_since is None:
                self._contradicted_since = waited
            if waited - self._contradicted_since < GRACE:
                self.outcome = None
                return
        self._contradicted_since = self._hidden = None
        self._is_open_after_all = True
        if order.state is not OrderState.CANCELLING:
            self._ending_since = None
        elif self._ending_since is None:
            self._ending_since = waited
        self._is_stuck = self._ending_since is not None and waited - self._ending_since >= STUCK
        self.order = order
        if self.ref != (ref := order.ref):
            self.ref = ref
        self._missing_since = None
        self.outcome = Outcome(order.state.value) if order.state.is_terminal else None
        if self.outcome is Outcome.CANCELLED and not self.sent:
            self.outcome = Outcome.ALREADY_CANCELLED

    def hide(self, error: PermissionDeniedError | RequestRefusedError) -> None:
        """Record that the venue refuses to show the order by itself."""
        self._hidden = error

    def miss(self, waited: float) -> None:
        """Record that a direct read did not find the order; see :attr:`Ledger.waited`."""
        self._hidden = None
        if self._missing_since is None:
            self._missing_since = waited
        elif waited - self._missing_since >= GRACE:
            self.outcome = Outcome.NOT_FOUND

    def refuse(self, error: PermanentError, waited: float) -> None:
        """Record that a single cancel of this order was refused; see :attr:`Ledger.waited`."""
        self.refusal = error
        self._refusals += 1
        self._is_open_after_all = False
        if self._refused_since is None:
            self._refused_since = waited

    def hindrance(self, waited: float) -> ExchangeError | None:
        """
        Return why no further cancel is sent for this order; see :attr:`Ledger.waited`.

        Either it is not clear which order is meant, or the venue has answered a cancel but does not show the order,
        or it refuses the cancel: repeatedly and for some time, as its reads may be late.
        """
        if self.misnamed is not None:
            return self.misnamed
        if self._hidden is not None:
            return self._hidden if self.acknowledged or self._refusals >= REFUSALS else None
        if self._refused_since is None or self.state is not OrderState.OPEN or not self._is_open_after_all:
            return None
        return self.refusal if self._refusals >= REFUSALS and waited - self._refused_since >= GRACE else None

    @property
    def obstacle(self) -> ExchangeError | None:
        """Why the order cannot be read."""
        return self.misnamed or self._hidden

    @property
    def reason(self) -> str | None:
        """Why the order is not settled, as a sentence; None where nothing is known but that it is not."""
        if self.obstacle is not None:
            return f"Why one cannot be read: {self.obstacle.message}"
        if self.order is not None and self.state is OrderState.UNKNOWN:
            return f"One is shown in a state that is not known, {self.order.venue_state!r}, and so counts as open"
        return None if self.refusal is None else f"The venue refused to cancel one: {self.refusal.message}"

    @property
    def is_in_doubt(self) -> bool:
        """
        Whether reads contradict each other, or it is not clear what the reference means, or the venue refuses.

        It takes this process to settle that: what it has seen so far is not handed on.
        """
        is_refused = self._refused_since is not None and self.state is OrderState.OPEN
        disputed = (self.obstacle, self._missing_since, self._contradicted_since)
        return self.outcome is None and (is_refused or any(each is not None for each in disputed))

    @property
    def state(self) -> OrderState:
        """The last known state."""
        return OrderState.UNKNOWN if self.order is None else self.order.state

    @property
    def may_be_open(self) -> bool:
        """Whether a cancel makes sense: it is clear which order is meant, and it is still open."""
        is_ending = self.state is OrderState.CANCELLING and not self._is_stuck
        return self.misnamed is None and not is_ending and not self.state.is_terminal

    @property
    def is_known(self) -> bool:
        """Whether a read has shown the order, or looked for it without success."""
        return self.order is not None or self._missing_since is not None

    @property
    def named(self) -> OrderRef:
        """A reference with the last known state, for messages."""
        standing = None if self.order is None else self.order.standing
        return OrderRef(self.ref.order_id, self.ref.symbol, self.ref.client_order_id, self.state, standing)

    def result(self, exchange: str, *, dry_run: bool = False) -> CancelResult:
        """Return what became of the order."""
        return CancelResult(
            exchange=exchange,
            ref=self.ref,
            outcome=Outcome.NOT_SENT if dry_run else self.outcome or Outcome.UNKNOWN,
            state=self.state,
            filled_quantity=None if self.order is None else self.order.filled_quantity,
            confirmed=self.outcome is not None and not dry_run,
            order=self.order,
            cancel_sent_at=self.sent_at,
            read=self.read,
        )
