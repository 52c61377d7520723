"""Plays a scenario through an operator, and keeps what is needed to judge it."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.plan import Send
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import SkippingTransport
from tests.chaos.records import recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.messages import Request, Response
    from airflow_provider_exchange.plan import Effect
    from tests.chaos.scenario import Event, NewOrder, Scenario

__all__ = ["Evidence", "Operator", "play", "unguarded"]

Operator = CancelOrderOperator | CancelAllOrdersOperator

CONN_ID = "chaos"
FOR_CONNECTION = ExchangeHook.for_connection
UNKNOWN_IDS = {"nami": "999999", "bitopro": "999999", "loopring": "0x" + "9" * 64}


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
    :param records: Everything logged.
    :param signatures: What was signed, as it went over the wire.
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


class Watching(SkippingTransport):
    """Lets others act before a request leaves, and notes what the task asked for and got to see."""

    def __init__(self, evidence: Evidence, meanwhile: Callable[[int], None]) -> None:
        super().__init__()
        self._evidence = evidence
        self._meanwhile = meanwhile

    def _perform(self, effect: Effect) -> Response | None:
        if not isinstance(effect, Send):
            return super()._perform(effect)
        evidence = self._evidence
        evidence.requests += 1
        self._meanwhile(evidence.requests)
        request = effect.request
        evidence.signatures |= _signatures(request)
        if request.method in ("DELETE", "PUT"):
            evidence.sent.append(f"{request.url} {(request.body or b'').decode()}")
        whole_list = _asks_for_open_orders(request)
        if whole_list:
            evidence.listed_at = evidence.requests
        response = super()._perform(effect)
        if whole_list and response is not None and response.status == 200:
            evidence.seen |= _shown(response.body)
        return response


def play(scenario: Scenario) -> Evidence:
    """Play a scenario on a fresh paper exchange."""
    evidence = Evidence(scenario)
    random.seed(scenario.seed)  # the pauses of a plan are drawn too
    with running_sandbox(seed=hash_of(scenario.seed), **scenario.settings) as sandbox:
        for order in scenario.placed:
            _place(sandbox, evidence, order, 0)
        for rule in scenario.faults:
            sandbox.faults.add(rule)
        fields = sandbox.connection(scenario.venue)
        evidence.credentials = fields
        connection = {**fields, "extra": {**fields["extra"], **scenario.extra, "timeout": scenario.request_timeout}}
        name = f"AIRFLOW_CONN_{CONN_ID.upper()}"
        operator = _operator(scenario, evidence)
        others = _Others(sandbox, scenario, evidence)
        transport = Watching(evidence, others.act)
        started = transport.clock.monotonic()
        with recording(evidence.records), patch.dict(os.environ, {name: json.dumps(connection)}):
            try:
                evidence.xcom = execute(operator, transport)
            except Exception as error:  # noqa: BLE001  (whatever it is, it is what is judged)
                evidence.error = error
        evidence.late = transport.clock.monotonic() - started - scenario.timeout
        transport.session.close()
        sandbox.book(scenario.venue).live()  # lets cancels settle that are due
        evidence.book = list(sandbox.book(scenario.venue))
    return evidence


def execute(operator: Operator, transport: SkippingTransport) -> Any:
    """Run an operator's own ``execute`` as a task would, on a clock that sleeps move on."""

    def prepared(conn_id: str) -> ExchangeHook:
        hook = FOR_CONNECTION(conn_id)
        hook.__dict__["_transport"] = transport
        hook.planner.clock = transport.clock
        return hook

    with patch.object(ExchangeHook, "for_connection", prepared):
        return unguarded(operator)


def unguarded(operator: Operator) -> Any:
    """Call an operator's ``execute`` past Airflow's guard against calls from outside a task."""
    execute: Any = type(operator).execute
    return getattr(execute, "__wrapped__", execute)(operator, {})


def hash_of(seed: str) -> int:
    return random.Random(seed).getrandbits(32)


def _operator(scenario: Scenario, evidence: Evidence) -> Operator:
    common: dict[str, Any] = {
        "task_id": "flatten",
        "exchange_conn_id": CONN_ID,
        "timeout": scenario.timeout,
        "poll_interval": scenario.poll_interval,
        **scenario.arguments,
    }
    if scenario.sweep:
        if scenario.named is not None:
            evidence.named = [evidence.ids[index] for index in scenario.named]
            symbols = [scenario.placed[index].symbol for index in scenario.named]
            common["orders"] = [
                {"order_id": order_id, "symbol": symbol}
                for order_id, symbol in zip(evidence.named, symbols, strict=True)
            ]
        return CancelAllOrdersOperator(**common)
    if scenario.target is None:
        evidence.named = [UNKNOWN_IDS[scenario.venue]]
        symbol = scenario.placed[0].symbol
        return CancelOrderOperator(order_id=evidence.named[0], symbol=symbol, **common)
    order = scenario.placed[scenario.target]
    evidence.named = [evidence.ids[scenario.target]]
    by = (
        {"client_order_id": order.fields["client_order_id"]}
        if scenario.by_client_id
        else {"order_id": evidence.named[0]}
    )
    return CancelOrderOperator(symbol=order.symbol, **by, **common)


class _Others:
    """Whoever else trades on the account during a run."""

    def __init__(self, sandbox: RunningSandbox, scenario: Scenario, evidence: Evidence) -> None:
        self._sandbox = sandbox
        self._scenario = scenario
        self._evidence = evidence

    def act(self, number: int) -> None:
        for event in self._scenario.events:
            if event.at == number:
                self._do(event)

    def _do(self, event: Event) -> None:
        if event.what == "place" and event.order is not None:
            _place(self._sandbox, self._evidence, event.order, event.at)
            return
        if event.what == "rival":
            self._run_rival()
            return
        book = self._sandbox.book(self._scenario.venue)
        live = book.live()
        if not live:
            return
        order = live[event.choice % len(live)]
        match event.what:
            case "fill":
                book.fill(order.order_id)
            case "fill_part" if order.remaining > 1:
                book.fill(order.order_id, order.remaining / 4)
            case "expire":
                book.finish(order.order_id, State.EXPIRED)
                self._evidence.touched.add(order.order_id)
            case "cancel":
                book.finish(order.order_id, State.CANCELLED)
                self._evidence.touched.add(order.order_id)
            case "trigger" if order.state is State.WAITING:
                book.trigger(order.order_id)

    def _run_rival(self) -> None:
        transport = SkippingTransport()
        elsewhere = Evidence(self._scenario, ids=self._evidence.ids)
        try:
            execute(_operator(self._scenario, elsewhere), transport)
        except Exception as error:  # noqa: BLE001  (its own judge is another run)
            self._evidence.records.append(repr(error))
        transport.session.close()


def _place(sandbox: RunningSandbox, evidence: Evidence, order: NewOrder, at: int) -> None:
    placed = sandbox.place(evidence.scenario.venue, order.symbol, **order.fields)
    evidence.orders[placed.order_id] = order
    evidence.placed_at[placed.order_id] = at
    if at == 0:
        evidence.ids.append(placed.order_id)


def _asks_for_open_orders(request: Request) -> bool:
    """Whether a request begins to read the list of open orders."""
    path, query = urlsplit(request.url).path, parse_qs(urlsplit(request.url).query)
    if request.method != "GET":
        return False
    if path.endswith("/orders"):
        return "status" in query and query.get("offset") == ["0"]
    return path.endswith(("/spot/open", "/orders/open"))


def _shown(body: bytes) -> set[str]:
    """Return the orders in a list, if it is whole."""
    try:
        answer = json.loads(body)
        data = answer.get("data", answer)
        rows = data if isinstance(data, list) else data["orders"]
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
