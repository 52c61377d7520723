"""
What is known of each venue beside its adapter, all of it data: ``tests/answers/<venue>.json`` and the folder of that
name.

``docs/adding-an-exchange.md`` tells what these files hold. The tests in this folder run over :data:`EVIDENCE`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.exchanges import EXCHANGES, load_exchange
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.models import Order, OrderKey, OrderRef, OrderState, Side
from airflow_provider_exchange.protocol.messages import Response
from tests.stepping import first_call

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.steps import Operation

FOLDER = Path(__file__).parents[1] / "answers"


class Evidence:
    """
    One venue.

    :param kind: its adapter.
    :param folder: its recorded answers; the file of the same name beside it holds the facts.
    """

    def __init__(self, kind: type[Exchange], folder: Path) -> None:
        self.kind = kind
        self.name = kind.name
        self.folder = folder
        self.facts: dict[str, Any] = json.loads(folder.with_suffix(".json").read_text())

    @cached_property
    def exchange(self) -> HttpExchange:
        """The adapter, made from the sample connection."""
        made = self.kind.from_settings(ConnectionSettings("sample", self.name, **self.facts["connection"]))
        assert isinstance(made, HttpExchange)
        return made

    @property
    def ref(self) -> OrderRef:
        """An order that the venue may well have."""
        return OrderRef(**self.facts["order"])

    @property
    def symbols(self) -> list[str]:
        """Markets in canonical spelling, each once."""
        return list(dict.fromkeys(canonical for _, canonical in self.facts["symbols"]["good"]))

    def refs(self, count: int) -> list[OrderRef]:
        """Return references to as many orders of one market."""
        return [OrderRef(self.facts["numbered"].format(n), self.symbols[0]) for n in range(1, count + 1)]

    @cached_property
    def answers(self) -> list[Answer]:
        """Every recorded answer."""
        return [
            Answer(self, path.stem, json.loads(path.read_text())) for path in sorted(self.folder.glob("*.json"))
        ]

    def single_cancel(self, ref: OrderRef | None = None, **options: Any) -> HttpCall[Any]:
        """Return the call that cancels one order."""
        cancellation = self.exchange.cancel_one(ref or self.ref, options)
        assert cancellation is not None
        return first_call(cancellation.operation)


@dataclass(frozen=True)
class Answer:
    """
    One recorded answer.

    :param venue: whose it is.
    :param name: of its file.
    :param document: what the file says.
    """

    venue: Evidence
    name: str
    document: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.venue.name}/{self.name}"

    @property
    def answers(self) -> str:
        """The operation whose first call gets it; ``any call`` and ``another call`` are none."""
        return str(self.document["answers"])

    @property
    def is_error(self) -> bool:
        return "error" in self.document.get("expect", {})

    @property
    def shows_orders(self) -> bool:
        """Whether orders are shown as the venue's records of them."""
        return {"order", "orders"} & self.document.get("expect", {}).keys() != set() and bool(self.orders)

    @property
    def response(self) -> Response:
        return self.with_body(self.document["body"])

    def with_body(self, body: Any) -> Response:
        """Return the answer with another body."""
        headers = {key.lower(): value for key, value in self.document["headers"].items()}
        return Response(self.document["status"], headers, json.dumps(body).encode())

    def records_in(self, body: Any) -> list[dict[str, Any]]:
        """Return the venue's records of orders that a body holds, at whatever depth."""
        names = self.venue.facts["record"].values()
        inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
        found = [record for part in inner for record in self.records_in(part)]
        return [body, *found] if isinstance(body, dict) and all(name in body for name in names) else found

    @property
    def refs(self) -> list[OrderRef]:
        """The orders that were asked about."""
        return [OrderRef(**asked) for asked in self.document.get("asked", [])]

    @property
    def orders(self) -> list[Order]:
        """The orders that it shows, as it ought to be understood."""
        expect = self.document["expect"]
        shown = [expect["order"]] if "order" in expect else expect["orders"]
        return [expected_order(self.venue.name, fields) for fields in shown]

    def expected(self) -> Any:
        """Return what the call has to make of it."""
        match self.document["expect"]:
            case {"order": _}:
                return self.orders[0]
            case {"orders": _}:
                return self.orders
            case {"acknowledged": keys}:
                return frozenset(OrderKey(symbol, order_id) for symbol, order_id in keys)
            case {"markets": markets}:
                return frozenset(markets)
            case {"time": time}:
                return time
        return None

    def operation(self) -> Operation[Any]:
        """Return the operation whose first call gets it."""
        exchange, refs = self.venue.exchange, self.refs
        match self.answers:
            case "read_order":
                return exchange.read_order(*refs)
            case "read_ended":
                return exchange.read_ended(refs, None)
            case "cancel_one":
                cancellation = exchange.cancel_one(*refs, {})
                assert cancellation is not None
                return cancellation.operation
            case "cancel_several":
                (cancellation,) = exchange.cancel_several(refs, {})
                return cancellation.operation
        operation: Operation[Any] = getattr(exchange, self.answers)()
        return operation

    def calls(self) -> list[HttpCall[Any]]:
        """Return the calls that may get it: one, or for an error a read and a cancel."""
        if self.answers == "any call":
            return [first_call(self.venue.exchange.list_open()), self.venue.single_cancel()]
        return [first_call(self.operation())]


def expected_order(exchange: str, fields: dict[str, Any]) -> Order:
    """Return the order that a file describes."""
    amounts = {
        name: None if fields[name] is None else Decimal(fields[name])
        for name in ("quantity", "filled_quantity", "price")
    }
    told = {
        "state": OrderState(fields["state"]),
        "side": None if fields["side"] is None else Side(fields["side"]),
        "created_at": None if fields["created_at"] is None else datetime.fromisoformat(fields["created_at"]),
    }
    return Order(exchange=exchange, **{**fields, **amounts, **told})


EVIDENCE: dict[str, Evidence] = {name: Evidence(load_exchange(name), FOLDER / name) for name in EXCHANGES}
"""Every venue: those of the registry, and the made-up one that only the tests have."""

ANSWERS: list[Answer] = [answer for venue in EVIDENCE.values() for answer in venue.answers]

each_venue = pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)


def each_answer(*answers: str, **traits: bool) -> pytest.MarkDecorator:
    """
    Run a test over recorded answers.

    :param answers: only those of these operations; all when empty.
    :param traits: properties of :class:`Answer` that they have or lack.
    """
    chosen = [
        answer
        for answer in ANSWERS
        if (not answers or answer.answers in answers)
        and all(getattr(answer, name) == value for name, value in traits.items())
    ]
    return pytest.mark.parametrize("answer", chosen, ids=str)
