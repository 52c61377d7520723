"""
What is known of each venue beside its adapter, all of it data: ``tests/answers/<venue>.json`` and the folder beside
that file.

``docs/adding-an-exchange.md`` tells what these files hold. The tests in this folder run over :data:`EVIDENCE`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.get_provider_info import VENUES, Venue
from airflow_provider_exchange.models import Order, OrderKey, OrderRef, OrderState, Side
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.sandbox.venues import VENUES as PAPER_VENUES
from tests.fourth_venue import entries
from tests.stepping import first_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.venue import AnyVenue

TESTS = Path(__file__).parents[1]


class Evidence:
    """
    One venue.

    :param folder: where its evidence is: the facts are ``answers/<name>.json``, the recorded answers are in
        ``answers/<name>``, the signatures are ``vectors/<name>.json``.
    :param path: the import path of its adapter.
    :param declared: what Airflow is told of it.
    :param paper: the venue at the paper exchange.
    """

    def __init__(self, folder: Path, path: str, declared: Venue, paper: type[AnyVenue]) -> None:
        self.path = path
        self.declared = declared
        self.paper = paper
        self.kind: type[Exchange] = resolve_name(path)
        self.name = self.kind.name
        self.folder = folder / "answers" / self.name
        self.facts: dict[str, Any] = json.loads(self.folder.with_suffix(".json").read_text())
        self.vectors: dict[str, Any] = json.loads((folder / "vectors" / f"{self.name}.json").read_text())

    def register(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Enter the venue into the package's registries for one test; those of the package are there already."""
        monkeypatch.setitem(EXCHANGES, self.name, self.path)
        monkeypatch.setitem(VENUES, self.name, self.declared)

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
    def is_whole(self) -> bool:
        """Whether nothing more is asked after it."""
        return not self.document.get("expect", {}).get("and_more", False)

    @property
    def shows_orders(self) -> bool:
        """Whether orders are shown as the venue's records of them."""
        return {"order", "orders"} & self.document.get("expect", {}).keys() != set() and bool(self.orders)

    @property
    def has_words_for_states(self) -> bool:
        """Whether the venue's states are texts, and not numbers."""
        return isinstance(self.venue.facts["states"][0][0], str)

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
        return operation_of(self.venue.exchange, self.answers, self.refs)

    def calls(self) -> list[HttpCall[Any]]:
        """Return the calls that may get it: one, or for an error a read and a cancel."""
        if self.answers == "any call":
            return [first_call(self.venue.exchange.list_open()), self.venue.single_cancel()]
        return [first_call(self.operation())]


def operation_of(exchange: Exchange, name: str, refs: Sequence[OrderRef], **options: Any) -> Operation[Any]:
    """
    Return an operation by its name.

    :param exchange: whose it is.
    :param name: of the method.
    :param refs: the orders that it is about.
    :param options: those of a cancel.
    """
    match name:
        case "read_order":
            (ref,) = refs
            return exchange.read_order(ref)
        case "read_ended":
            return exchange.read_ended(refs, None)
        case "cancel_one":
            (ref,) = refs
            cancellation = exchange.cancel_one(ref, options)
            assert cancellation is not None
            return cancellation.operation
        case "cancel_several":
            (cancellation,) = exchange.cancel_several(refs, options)
            return cancellation.operation
    operation: Operation[Any] = getattr(exchange, name)()
    return operation


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


PAPER = {paper.name: paper for paper in PAPER_VENUES}

EVIDENCE: dict[str, Evidence] = {
    name: Evidence(TESTS, path, VENUES[name], PAPER[name]) for name, path in EXCHANGES.items()
} | {
    entries.PAPER_VENUE.name: Evidence(
        TESTS / "fourth_venue", entries.EXCHANGE, entries.PROVIDER_INFO, entries.PAPER_VENUE
    )
}
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
