"""
What a retried sweep knows of the attempt before: Airflow keeps a store for each task instance since 3.3.

It is there for the summary. Whatever it says is open is read again; what it says is gone was proved, and stays so.
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

__all__ = ["Attempts"]

log = logging.getLogger(__name__)

KEY = "orders"
LARGEST = 1000
"""More orders than this are not kept: the store is a row of Airflow's database."""


class Attempts:
    """
    The record of one task instance; one that keeps nothing where Airflow has no store.

    :param context: Airflow's.
    :param arguments: Which orders the task is about, as JSON. A record of other arguments is none.
    """

    def __init__(self, context: Any, arguments: Mapping[str, Any]) -> None:
        self._store = context.get("task_state_store")
        text = json.dumps(arguments, sort_keys=True, default=repr)
        self._about = sha256(text.encode()).hexdigest()

    def recall(self, exchange: Exchange) -> Ledger | None:
        """
        Return what an earlier attempt knew, or None.

        :param exchange: The account.
        """
        if self._store is None:
            return None
        try:
            kept = self._store.get(KEY)
            if not isinstance(kept, dict) or kept.get("about") != self._about:
                return None
            ledger = Ledger.load(exchange, kept["ledger"])
        except Exception as error:  # noqa: BLE001  (a record that cannot be had must not keep orders open)
            log.warning("The record of the attempt before cannot be read (%s)", type(error).__name__)
            return None
        log.info("%s: going on from an earlier attempt, which knew of %d orders", exchange.name, len(ledger))
        return ledger

    def keep(self, ledger: Ledger) -> None:
        """
        Put down what is known, for an attempt after this.

        :param ledger: It holds ids and states, no secrets.
        """
        if self._store is None or not 0 < len(ledger) <= LARGEST:
            return
        try:
            self._store.set(KEY, {"about": self._about, "ledger": json.loads(json.dumps(ledger.dump()))})
        except Exception as error:  # noqa: BLE001  (the error that ends the attempt matters more)
            log.warning("The record of this attempt cannot be kept (%s)", type(error).__name__)

    def forget(self) -> None:
        """Leave nothing for a run of the task that has nothing to do with this one."""
        if self._store is None:
            return
        try:
            self._store.delete(KEY)
        except Exception as error:  # noqa: BLE001  (the orders are gone; that is what counts)
            log.warning("The record of this attempt cannot be removed (%s)", type(error).__name__)
