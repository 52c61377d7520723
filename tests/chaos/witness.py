"""What a run leaves behind, and whoever sees each request of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.accounts import asks_for_change

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.exchange import PaperExchange
    from tests.chaos.scenario import NewOrder, Scenario

__all__ = ["Evidence", "Witness"]


@dataclass
class Evidence:
    """
    What came of a run.

    :param book: Every order as the venue's own book holds it afterwards.
    :param orders: By order id, what was placed.
    :param placed_at: By order id, before which request it was placed; 0 for before the run.
    :param ids: The orders placed before the run, as the scenario counts them.
    :param touched: Orders that someone else cancelled.
    :param named: The ids that the task was given.
    :param seen: Orders that a whole list showed to the task.
    :param sent: Cancel requests that left, as text.
    :param listings: The numbers of the requests with which the lists of open orders began that were read to their
        end.
    :param undecidable: The ids, as they were shown, of the orders in the last of these lists that a fault makes
        undecidable.
    :param undecidable_before: Those of the last list but one.
    :param idle: Seconds from the last cancel, or else from the beginning, to the end.
    :param xcom: What the operator returned, if it did.
    :param error: What it raised.
    :param late: Seconds by which it ended after its deadline.
    :param records: Everything logged, and everything that Airflow stores of a task that is put down.
    :param signatures: What was signed, as it went over the wire.
    :param limits: The rate limits that the task kept to.
    :param deferrals: How often the task left the worker.
    :param restarts: How often its trigger was cancelled and made anew.
    :param trigger_sent: Requests of its trigger that were no reads.
    :param left_over: What a trigger left behind.
    """

    scenario: Scenario
    book: list[PaperOrder] = field(default_factory=list)
    orders: dict[str, NewOrder] = field(default_factory=dict)
    placed_at: dict[str, int] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    named: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    requests: int = 0
    listings: list[int] = field(default_factory=list)
    undecidable: list[str] = field(default_factory=list)
    undecidable_before: list[str] = field(default_factory=list)
    idle: float = 0.0
    xcom: Any = None
    error: BaseException | None = None
    late: float = 0.0
    records: list[str] = field(default_factory=list)
    signatures: set[str] = field(default_factory=set)
    credentials: dict[str, Any] = field(default_factory=dict)
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    deferrals: int = 0
    restarts: int = 0
    trigger_sent: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)


class Witness:
    """
    Lets others act before a request leaves, and notes what was asked for and what was shown.

    :param meanwhile: called with the number of each request before it leaves.
    :param exchange: where the requests go.
    """

    restart: Callable[[], object]
    """Ends the triggerer in which the task waits."""

    def __init__(self, evidence: Evidence, meanwhile: Callable[[int], None], exchange: PaperExchange) -> None:
        self.evidence = evidence
        self._exchange = exchange
        self._meanwhile = meanwhile
        self._odd_values = [
            rule.odd_value
            for rule in evidence.scenario.faults
            if rule.kind == "odd_order" and evidence.scenario.needs(rule.field)
        ]
        self._answers: dict[Any, list[dict[str, Any]]] | None = None

    def attend(self, exchange: Exchange) -> None:
        """Note from when on a list of open orders was read, as soon as that is done."""
        self.evidence.limits = exchange.limits
        list_open = exchange.list_open

        def watched(symbols: Collection[str] | None = None) -> Operation[list[Order]]:
            begun = self.evidence.requests + 1
            self._answers = {}
            orders = yield from list_open(symbols)
            rows = [row for answer in self._answers.values() for row in answer]
            self._answers = None
            self.evidence.listings.append(begun)
            self.evidence.seen |= {_shown_id(row) for row in rows}
            self.evidence.undecidable_before = self.evidence.undecidable
            self.evidence.undecidable = [
                _shown_id(row)
                for row in rows
                if any(odd in _values(row) for odd in self._odd_values)
                or (self.evidence.scenario.needs("side") and _has_two_sides(row))
            ]
            return orders

        exchange.list_open = watched  # type: ignore[method-assign]

    def changes(self, request: Request) -> bool:
        """Return whether a request is to change something."""
        return asks_for_change(self._exchange, request)

    def leaving(self, request: Request) -> None:
        evidence = self.evidence
        evidence.requests += 1
        self._meanwhile(evidence.requests)
        evidence.signatures |= _signatures(request)
        if self.changes(request):
            evidence.sent.append(f"{request.url} {(request.body or b'').decode()}")

    def answered(self, request: Request, response: Response | None) -> None:
        """Note what a list shows; the last answer to a request that is made again is the one that was believed."""
        if response is not None and response.status == 200 and self._answers is not None:
            self._answers[_asked(request)] = _rows(response.body)

    def leaving_trigger(self, request: Request) -> None:
        """What a trigger asks for proves nothing to the task, and must change nothing."""
        evidence = self.evidence
        evidence.requests += 1
        self._meanwhile(evidence.requests)
        evidence.signatures |= _signatures(request)
        if self.changes(request):
            evidence.trigger_sent.append(f"{request.method} {urlsplit(request.url).path}")
        if evidence.requests in evidence.scenario.restarts:
            self.restart()


def _asked(request: Request) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what a request asks for, without what differs each time that it is made."""
    url = urlsplit(request.url)
    passing = ("timestamp", "signature", "nonce")
    return url.path, tuple(
        each for each in (*parse_qsl(url.query), *_posted(request.body)) if each[0] not in passing
    )


def _posted(body: bytes | None) -> list[tuple[str, str]]:
    """Return the fields of a body, a JSON object or a form."""
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return parse_qsl((body or b"").decode())
    return [(name, str(value)) for name, value in sent.items()] if isinstance(sent, dict) else []


def _rows(body: bytes) -> list[dict[str, Any]]:
    """Return the orders in a list as the venue shows them; none if it is not whole."""
    try:
        answer = json.loads(body)
        if isinstance(answer, list):  # of orders, or of groups of them
            groups = [each.get("orders", [each]) for each in answer if isinstance(each, dict)]
            return [row for group in groups for row in group if isinstance(row, dict)]
        if "jsonrpc" in answer:
            return [row for row in answer["result"] if isinstance(row, dict)]
        if isinstance(behind := (answer.get("result") or {}).get("open"), dict):
            return [{**row["descr"], **row, "txid": order_id} for order_id, row in behind.items()]
        data = answer["result"]["list"] if "retCode" in answer else answer.get("data", answer)
        names = (name for name in ("orders", "orderList", "entrustedList", "items") if name in data)
        has_none = isinstance(data, dict) and "totalNum" in data and not data.keys() & {"orders", "items"}
        rows = data if isinstance(data, list) else [] if has_none else data[next(names)]
        return [] if len(rows) < answer.get("totalNum", 0) else [row for row in rows if isinstance(row, dict)]
    except (ValueError, LookupError, AttributeError, TypeError, StopIteration):
        return []


def _values(row: dict[str, Any]) -> list[Any]:
    """Return what an order has in its fields, and in those of objects in it."""
    inner = [value for member in row.values() if isinstance(member, dict) for value in _values(member)]
    return [*row.values(), *inner]


def _has_two_sides(row: dict[str, Any]) -> bool:
    """Whether an order is one of two orders together, and shows no side: an OCO order of KuCoin."""
    return {"orderId", "orderTime"} <= row.keys() and "side" not in row


def _shown_id(row: dict[str, Any]) -> str:
    names = ("displayingId", "id", "hash", "algoId", "orderId", "ordId", "order_id", "txid", "oid")
    return next((str(row[name]) for name in names if row.get(name)), "None")


def _signatures(request: Request) -> set[str]:
    found = {
        value for name, value in request.headers.items() if name.upper().endswith(("-SIG", "SIGN", "SIGNATURE"))
    }
    found |= set(re.findall(r"\bsig=([0-9a-f]+)", request.headers.get("Authorization", "")))
    found |= {value.removeprefix("Bearer ") for name, value in request.headers.items() if name == "Authorization"}
    found |= set(parse_qs(urlsplit(request.url).query).get("signature", ()))
    if request.body and b'"signature"' in request.body:
        signature = json.loads(request.body)["signature"]
        found |= (
            {str(part) for part in signature.values()} - {"27", "28"}
            if isinstance(signature, dict)
            else {signature}
        )
    return found
