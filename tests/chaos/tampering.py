"""What someone who may write into Airflow's database leaves there: other orders as live, the right ones as gone."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.operations.earlier import Told
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.tasks.attempts import KEY, about

if TYPE_CHECKING:
    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from tests.chaos.deferral import Operator
    from tests.chaos.witness import Evidence

__all__ = ["Tamperer"]


class Tamperer:
    """
    Writes into what is stored of a run.

    :param evidence: of the run, with the orders that were placed before it.
    """

    def __init__(self, evidence: Evidence, operator: Operator, hook: ExchangeHook) -> None:
        self._evidence = evidence
        self._operator = operator
        self._account = hook.exchange.account

    def context(self) -> dict[str, Any]:
        """What Airflow gives a retry whose record was written by someone else."""
        context: dict[str, Any] = {"ti": SimpleNamespace(try_number=2, xcom_push=self._note)}
        if isinstance(self._operator, CancelAllOrdersOperator):
            chosen = Selectors.of(self._operator).as_dict()
            record = {
                "about": about({"exchange_conn_id": self._operator.exchange_conn_id, **chosen}),
                "attempt": 1,
                "is_incomplete": False,
                "ledger": self.ledger(),
            }
            context["task_state_store"] = SimpleNamespace(
                get={KEY: json.loads(json.dumps(record))}.get, set=self._note, delete=self._note
            )
        return context

    def ledger(self) -> dict[str, Any]:
        """Orders that were named, or else every other one, are told as gone, and all others as live."""
        gone = self._evidence.named or list(self._evidence.orders)[::2]
        return {
            "account": self._account,
            "rounds": 1,
            "entries": [
                Told(OrderRef(order_id, order.symbol), ended=order_id in gone).dump()
                for order_id, order in self._evidence.orders.items()
            ],
            "undecided": [],
        }

    def event(self) -> dict[str, Any]:
        """What a trigger says that has seen nothing."""
        return {"status": "reached", "orders": []}

    def _note(self, *args: Any, **kwargs: Any) -> None:
        self._evidence.records.append(repr((args, kwargs)))
