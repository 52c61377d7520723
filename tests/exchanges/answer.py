"""A recorded answer of a venue, and what the adapter has to make of it."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.http import HttpExchange
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState, Side
from airflow_provider_exchange.protocol.messages import Response
from tests.exchanges.records import container_of, has, put, rename

if TYPE_CHECKING:
    from tests.exchanges.evidence import Evidence
    from tests.exchanges.replay import Replay


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
        """The operation that gets it; ``any call`` and ``another call`` are none."""
        return str(self.document["answers"])

    @property
    def is_error(self) -> bool:
        return "error" in self.document.get("expect", {})

    @property
    def speaks_http(self) -> bool:
        """Whether its adapter composes and reads HTTP itself."""
        return issubclass(self.venue.kind, HttpExchange)

    @property
    def is_whole(self) -> bool:
        """Whether nothing more is asked after it."""
        return not self.document.get("expect", {}).get("and_more", False)

    @property
    def shows_orders(self) -> bool:
        """Whether orders are shown as the venue's records of them."""
        told = {"order", "orders"} & self.document.get("expect", {}).keys() != set() and bool(self.orders)
        return told and self.is_usual

    @property
    def is_usual(self) -> bool:
        """Whether the usual requests of its operation get it, and not one of another kind of orders."""
        return "to" not in self.document

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

    @property
    def record(self) -> dict[str, str | None]:
        """Where it has the names and the state of an order; without a state where all of them have the same one."""
        members: dict[str, str | None] = self.document.get("record", self.venue.facts["record"])
        return members

    @property
    def tells_states(self) -> bool:
        """Whether it tells the state of each order."""
        return "state" in self.record

    def records_in(self, body: Any) -> list[dict[str, Any]]:
        """Return the venue's records of orders that a body holds, at whatever depth."""
        paths = [path for path in self.record.values() if path is not None]
        inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
        found = [record for part in inner for record in self.records_in(part)]
        return [body, *found] if isinstance(body, dict) and all(has(body, path) for path in paths) else found

    @property
    def refs(self) -> list[OrderRef]:
        """The orders that were asked about."""
        return [OrderRef(**asked) for asked in self.document.get("asked", [])]

    @property
    def orders(self) -> list[Order]:
        """The orders that it shows, as it ought to be understood."""
        expect = self.document["expect"]
        shown = [expect["order"]] if "order" in expect else expect["orders"]
        return [expected_order(self.venue.exchange.name, fields) for fields in shown]

    def expected(self) -> Any:
        """Return what the adapter has to make of it."""
        match self.document["expect"]:
            case {"order": _}:
                return self.orders[0]
            case {"orders": _}:
                return self.orders
            case {"acknowledged": keys}:
                return frozenset(OrderKey(symbol, order_id) for symbol, order_id in keys)
            case {"markets": traded}:
                return dict.fromkeys(traded, True) | dict.fromkeys(self.document["expect"].get("closed", ()), False)
            case {"time": time}:
                return time
        return None

    def replays(self, response: Response | None = None) -> list[Replay]:
        """
        Return the operations that may get it: one, or for an error a read and a cancel.

        :param response: what they get instead.
        """
        told = self.response if response is None else response
        asked: dict[str, list[OrderRef]] = (
            {"list_open": [], "cancel_one": [self.venue.ref]}
            if self.answers == "any call"
            else {self.answers: self.refs}
        )
        to = self.document.get("to", ())
        also = self.document.get("also", {})
        return [
            self.venue.replay(name, refs, told, again=self.is_error, to=to, also=also)
            for name, refs in asked.items()
        ]

    def run(self, body: Any = None) -> Any:
        """
        Return the result of its operation.

        :param body: what it gets instead of the body that was recorded.
        """
        (replay,) = self.replays(None if body is None else self.with_body(body))
        return replay.run()

    def shown(self, body: Any) -> list[Order]:
        """
        Return the orders that its operation, a read, shows.

        :param body: what it gets instead of the body that was recorded.
        """
        result = self.run(body)
        return (
            [result] if isinstance(result, Order) else list(result.values() if isinstance(result, dict) else result)
        )

    def with_changed_order(self, member: str, value: Any) -> Any:
        """
        Return the body with a change in the first order that it shows.

        :param member: which one, by the name in the fact ``record``.
        :param value: what it is changed to; of a state that several fields tell, these fields.
        """
        body = deepcopy(self.document["body"])
        record = self.records_in(body)[0]
        path = self.record[member]
        if isinstance(value, dict) and value:
            for name, told in value.items():
                put(record, name, told)
        elif path is None:
            rename(container_of(body, record), 0, value if isinstance(value, str) else json.dumps(value))
        else:
            put(record, path, value)
        return body


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
