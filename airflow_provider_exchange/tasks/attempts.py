"""
Hands a cancel task's ledger on to its next retry, in the task state store of Airflow 3.3 and newer.

It only completes the summary of the retry. Orders recorded as open are read again; those recorded as gone had been
confirmed by the exchange.
"""

from __future__ import annotations

import json
import logging
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.exchanges.base import Exchange

log = logging.getLogger(__name__)

KEY = "orders"
LARGEST = 1000
"""Larger ledgers are not stored: the store is a row of Airflow's database."""


class Attempts:
    """The record of one task instance, for one selection of orders. Does nothing where Airflow has no store."""

    def __init__(self, context: Any, arguments: Mapping[str, Any]) -> None:
        self._store = context.get("task_state_store")
        text = json.dumps(arguments, sort_keys=True, default=repr)
        self._about = sha256(text.encode()).hexdigest()

    def recall(self, exchange: Exchange) -> Ledger | None:
        """Return what the attempt before found out, or None."""
        if self._store is None:
            return None
        try:
            kept = self._store.get(KEY)
            if not isinstance(kept, dict) or kept.get("about") != self._about:
                return None
            ledger = Ledger.load(exchange, kept["ledger"])
        except Exception as error:  # noqa: BLE001  (cancelling orders matters more)
            log.warning("Cannot read the record of the previous attempt (%s); starting anew", type(error).__name__)
            return None
        log.info("%s: continuing a previous attempt with %d orders", exchange.name, len(ledger))
        return ledger

    def keep(self, ledger: Ledger) -> None:
        """Store the ledger for the next attempt. It contains ids and states, no secrets."""
        if self._store is None or not 0 < len(ledger) <= LARGEST:
            return
        try:
            self._store.set(KEY, {"about": self._about, "ledger": json.loads(json.dumps(ledger.dump()))})
        except Exception as error:  # noqa: BLE001  (the error that ends the attempt matters more)
            log.warning("Cannot store the record of this attempt (%s)", type(error).__name__)

    def forget(self) -> None:
        """Delete the record, so that a later run of the task starts anew."""
        if self._store is None:
            return
        try:
            self._store.delete(KEY)
        except Exception as error:  # noqa: BLE001  (the orders are gone; that is what counts)
            log.warning("Cannot delete the record of this attempt (%s)", type(error).__name__)
