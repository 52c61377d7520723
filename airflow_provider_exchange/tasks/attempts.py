"""
Hands a cancel task's ledger on to its next retry, in the task state store of Airflow 3.3 and newer.

It only completes the summary of the retry. Orders recorded as open are read again; those recorded as gone had been
confirmed by the exchange.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.side_work import SideLog, SideWork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.exchanges.base import Exchange

log = SideLog(logging.getLogger(__name__))

KEY = "orders"
LARGEST = 1000
"""Larger ledgers are not stored: the store is a row of Airflow's database."""


class Attempts:
    """The record of one task instance, for one selection of orders. Does nothing where Airflow has no store."""

    def __init__(self, context: Any, arguments: Mapping[str, Any]) -> None:
        self._store = context.get("task_state_store")
        self._side_work = SideWork()
        try:
            text = json.dumps(arguments, sort_keys=True, default=repr)
        except (TypeError, ValueError):  # arguments that name nothing, and are refused later
            text = ""
        self._about = sha256(text.encode()).hexdigest()

    def recall(self, exchange: Exchange) -> Ledger | None:
        """Return what the previous attempt found out, or None."""
        if self._store is None:
            return None
        return self._side_work.attempt("read the record of the task's attempts", partial(self._load, exchange))

    def _load(self, exchange: Exchange) -> Ledger | None:
        kept = self._store.get(KEY)
        if not isinstance(kept, dict) or kept.get("about") != self._about:
            return None
        ledger = Ledger.load(exchange, kept["ledger"])
        log.info("%s: continuing a previous attempt with %d orders", exchange.name, len(ledger))
        return ledger

    def keep(self, ledger: Ledger) -> None:
        """Store the ledger for the next attempt. It contains ids and states, no secrets."""
        if self._store is not None and 0 < len(ledger) <= LARGEST:
            self._side_work.attempt("store the record of the task's attempts", partial(self._save, ledger))

    def _save(self, ledger: Ledger) -> None:
        self._store.set(KEY, {"about": self._about, "ledger": json.loads(json.dumps(ledger.dump()))})

    def forget(self) -> None:
        """Delete the record, so that a later run of the task starts anew."""
        if self._store is not None:
            self._side_work.attempt("delete the record of the task's attempts", lambda: self._store.delete(KEY))
