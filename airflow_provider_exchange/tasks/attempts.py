"""
Hands a cancel task's ledger on to its next retry, in the task state store of Airflow 3.3 and newer.

It only completes the summary of the retry. Orders recorded as open are read again; those recorded as gone had been
confirmed by the exchange.
"""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange

log = logging.getLogger(__name__)

KEY = "orders"
LARGEST = 1000
"""Larger ledgers are not stored: the store is a row of Airflow's database."""


class Attempts:
    """The record of one task instance, for one selection of orders. Does nothing where Airflow has no store."""

    def __init__(self, context: Any, arguments: Mapping[str, Any]) -> None:
        self._store = context.get("task_state_store")
        try:
            text = json.dumps(arguments, sort_keys=True, default=repr)
        except (TypeError, ValueError):  # arguments that name nothing, and are refused later
            text = ""
        self._about = sha256(text.encode()).hexdigest()

    def recall(self, exchange: Exchange) -> Ledger | None:
        """Return what the previous attempt found out, or None."""
        if self._store is None:
            return None
        with _failures_logged("read"):
            kept = self._store.get(KEY)
            if isinstance(kept, dict) and kept.get("about") == self._about:
                ledger = Ledger.load(exchange, kept["ledger"])
                log.info("%s: continuing a previous attempt with %d orders", exchange.name, len(ledger))
                return ledger
        return None

    def keep(self, ledger: Ledger) -> None:
        """Store the ledger for the next attempt. It contains ids and states, no secrets."""
        if self._store is not None and 0 < len(ledger) <= LARGEST:
            with _failures_logged("store"):
                self._store.set(KEY, {"about": self._about, "ledger": json.loads(json.dumps(ledger.dump()))})

    def forget(self) -> None:
        """Delete the record, so that a later run of the task starts anew."""
        if self._store is not None:
            with _failures_logged("delete"):
                self._store.delete(KEY)


@contextmanager
def _failures_logged(action: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  (cancelling the orders matters more than the record)
        log.warning("Cannot %s the record of the task's attempts (%s)", action, type(error).__name__)
