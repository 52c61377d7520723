"""What a run leaves behind, and whoever sees each request of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.chaos.adapters import ADAPTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.book import PaperOrder
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
    :param listed_at: The number of the last request for a list of open orders.
    :param xcom: What the operator returned, if it did.
    :param error: What it raised.
    :param late: Seconds by which it ended after its deadline.
    :param records: Everything logged, and everything that Airflow stores of a task that is put down.
    :param signatures: What was signed, as it went over the wire.
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
    listed_at: int = 0
    xcom: Any = None
    error: BaseException | None = None
    late: float = 0.0
    records: list[str] = field(default_factory=list)
    signatures: set[str] = field(default_factory=set)
    credentials: dict[str, Any] = field(default_factory=dict)
    deferrals: int = 0
    restarts: int = 0
    trigger_sent: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)


class Witness:
    """
    Lets others act before a request leaves, and notes what was asked for and what was shown.

    :param meanwhile: called with the number of each request before it leaves.
    """

    restart: Callable[[], object]
    """Ends the triggerer in which the task waits."""

    def __init__(self, evidence: Evidence, meanwhile: Callable[[int], None]) -> None:
        self.evidence = evidence
        self._meanwhile = meanwhile
        self._lists_in_parts = False
        self._parts: set[str] | None = None

    def leaving(self, request: Request) -> None:
        evidence = self.evidence
        evidence.requests += 1
        self._meanwhile(evidence.requests)
        evidence.signatures |= _signatures(request)
        if request.method in ("DELETE", "PUT"):
            evidence.sent.append(f"{request.url} {(request.body or b'').decode()}")
        if _asks_for_open_orders(request):
            evidence.listed_at = evidence.requests
        self._note_listing_in_parts(request)

    def answered(self, request: Request, response: Response | None) -> None:
        completes = ADAPTERS[self.evidence.scenario.adapter].completes_list in request.url
        if response is None or response.status != 200:
            return
        if _asks_for_open_orders(request) and completes:
            self.evidence.seen |= _shown(response.body)
        if self._parts is not None and _is_part_of_list(request):
            self._parts |= _shown(response.body)
            if "extraOrderTypes=STOP_LIMIT" in request.url and _is_whole(response.body):
                self.evidence.seen |= self._parts
                self._parts = None

    def _note_listing_in_parts(self, request: Request) -> None:
        """
        Note where a listing begins that takes several requests.

        A search for orders that have ended asks for the same pages, right after the listing. Of such requests in a
        row the first therefore counts as the listing's, and those up to the first whole page of stop orders.
        """
        is_part = _is_part_of_list(request)
        if is_part and not self._lists_in_parts:
            self.evidence.listed_at = self.evidence.requests
            self._parts = set()
        self._lists_in_parts = is_part

    def leaving_trigger(self, request: Request) -> None:
        """What a trigger asks for proves nothing to the task, and must change nothing."""
        evidence = self.evidence
        evidence.requests += 1
        self._meanwhile(evidence.requests)
        evidence.signatures |= _signatures(request)
        if request.method != "GET":
            evidence.trigger_sent.append(f"{request.method} {urlsplit(request.url).path}")
        if evidence.requests in evidence.scenario.restarts:
            self.restart()


def _asks_for_open_orders(request: Request) -> bool:
    """Whether a request begins to read the list of open orders."""
    return request.method == "GET" and urlsplit(request.url).path.endswith(("/spot/open", "/orders/open"))


def _is_part_of_list(request: Request) -> bool:
    """Whether a request asks for a page of orders by type, as Loopring's list takes several."""
    return request.method == "GET" and urlsplit(request.url).path.endswith("/v3/orders")


def _is_whole(body: bytes) -> bool:
    """Whether a page can be read."""
    try:
        return isinstance(json.loads(body).get("totalNum"), int)
    except (ValueError, AttributeError):
        return False


def _shown(body: bytes) -> set[str]:
    """Return the orders in a list, if it is whole."""
    try:
        answer = json.loads(body)
        data = answer.get("data", answer)
        rows = data if isinstance(data, list) else data.get("orders", []) if "totalNum" in data else data["orders"]
        if len(rows) < answer.get("totalNum", 0):
            return set()
        return {str(row.get("displayingId") or row.get("id") or row["hash"]) for row in rows}
    except (ValueError, LookupError, AttributeError, TypeError):
        return set()


def _signatures(request: Request) -> set[str]:
    found = {value for name, value in request.headers.items() if name.upper().endswith(("-SIG", "SIGNATURE"))}
    found |= set(parse_qs(urlsplit(request.url).query).get("signature", ()))
    if request.body and b'"signature"' in request.body:
        found.add(json.loads(request.body)["signature"])
    return found
