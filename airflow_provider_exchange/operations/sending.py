"""Sends cancels, in batches or one by one, and notes in the ledger how the venue answers. No answer is a proof."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    PermanentError,
    PermissionDeniedError,
    name_orders,
)
from airflow_provider_exchange.operations.forecast import warn_if_too_many
from airflow_provider_exchange.protocol.steps import repeating, side_by_side, take_note
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
    from airflow_provider_exchange.models.orders import OrderKey, OrderRef
    from airflow_provider_exchange.operations.earlier import Records
    from airflow_provider_exchange.operations.entry import Entry
    from airflow_provider_exchange.operations.ledger import Ledger
    from airflow_provider_exchange.operations.progress import Progress
    from airflow_provider_exchange.protocol.steps import Operation

log = SideLog(logging.getLogger(__name__))

DENIED = (AuthenticationError, PermissionDeniedError)
"""Refusals that may hold for every order of a market."""
DENIALS = 3
"""After so many orders in a row that a market refuses, its others wait; one could be about its order only."""
LONGEST_ON_THE_WAY = 3.0
"""Seconds for which reads on the way to a cancel are repeated, before the cancels of other orders go on."""


class Sending:
    """
    The cancels of one run.

    :param options: The venue's own options, checked.
    :param records: Is told when cancels leave.
    """

    def __init__(
        self, exchange: Exchange, options: Options, ledger: Ledger, records: Records, progress: Progress
    ) -> None:
        self._exchange = exchange
        self._options = options
        self._ledger = ledger
        self._records = records
        self._progress = progress
        self._batches_work = True
        self._denials = DENIALS

    def send(self, entries: Mapping[OrderKey, Entry], *, batched: bool) -> Operation[None]:
        """
        Send a cancel for each of some orders; one that fails keeps no other from being sent.

        When a market refuses several in a row, the others of that market are not tried; they come first next time,
        when more are tried.

        :param batched: Whether several orders may share a request.
        """
        entries = dict(sorted(entries.items(), key=lambda item: item[1].tries))
        refs = [entry.ref for entry in entries.values()]
        sent = 0
        cancellations = self._cancellations(refs, batched=batched and self._batches_work and len(refs) > 1)
        yield from warn_if_too_many(self._exchange, cancellations)
        denials: dict[str | None, int] = defaultdict(int)
        most = self._exchange.side_by_side
        for start in range(0, len(cancellations), most):
            group = [
                cancellation
                for cancellation in cancellations[start : start + most]
                if cancellation.is_batch or denials[cancellation.orders[0].symbol] < self._denials
            ]
            ends = yield from self._send_at_once(group, entries)
            for cancellation, end in zip(group, ends, strict=True):
                market = cancellation.orders[0].symbol
                refusal = yield from self._take(cancellation, self._named(cancellation, entries), end)
                denials[market] = denials[market] + 1 if isinstance(refusal, DENIED) else 0
                sent += len(cancellation.orders)
            self._progress.sent(sent, len(refs))
        if any(denials.values()):
            self._denials *= 2
        if cancellations:
            self._records.keep(self._ledger)

    def _cancellations(self, refs: Sequence[OrderRef], *, batched: bool) -> list[Cancellation]:
        if batched:
            return self._exchange.cancel_several([ref for ref in refs if ref.order_id], self._options)
        singles = (self._exchange.cancel_one(ref, self._options) for ref in refs)
        return [single for single in singles if single is not None]

    def _named(self, cancellation: Cancellation, entries: Mapping[OrderKey, Entry]) -> dict[OrderKey, Entry]:
        return {key: entries[key] for key in map(self._exchange.key, cancellation.orders)}

    def _send_at_once(
        self, group: Sequence[Cancellation], entries: Mapping[OrderKey, Entry]
    ) -> Operation[list[frozenset[OrderKey] | ExchangeError]]:
        """Send some cancels, and return how each of them ended."""
        if not group:
            return []
        self._records.sending(self._ledger)
        now = yield from take_note()
        for cancellation in group:
            for entry in self._named(cancellation, entries).values():
                entry.sent = True
                entry.tries += 1
                entry.sent_at = now.ours
        operations = [repeating(cancellation.operation, LONGEST_ON_THE_WAY) for cancellation in group]
        if len(group) > 1:
            return (yield from side_by_side(operations))
        try:
            return [(yield from operations[0])]
        except ExchangeError as error:
            return [error]

    def _take(
        self,
        cancellation: Cancellation,
        entries: Mapping[OrderKey, Entry],
        end: frozenset[OrderKey] | ExchangeError,
    ) -> Operation[PermanentError | None]:
        """Note how a cancel ended. Return the error that refuses it, if it is for one order."""
        match end:
            case PermanentError() as error:
                if not cancellation.is_batch:
                    self._refuse(entries, error)
                    return error
                log.warning("A batch of %d cancels was refused; sending them one by one: %s", len(entries), error)
                # A key that lists orders is valid: the venue only refuses how a batch is signed.
                self._batches_work = not isinstance(error, AuthenticationError)
                yield from self.send(entries, batched=False)
            case ExchangeError() as error:
                log.warning(
                    "The cancel of %s failed; reading its state before cancelling again: %s",
                    name_orders((entry.ref for entry in entries.values()), most=3),
                    error,
                )
            case acknowledged:
                for key, entry in entries.items():
                    entry.acknowledged = entry.acknowledged or key in acknowledged
        return None

    def _refuse(self, entries: Mapping[OrderKey, Entry], error: PermanentError) -> None:
        for entry in entries.values():
            entry.refuse(error, self._ledger.waited)
