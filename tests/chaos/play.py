"""Plays a scenario through an operator, and keeps what is needed to judge it."""

from __future__ import annotations

import json
import os
import random
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import patch

import pytest

from airflow_provider_exchange.driver.effects import Send
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import UNKNOWN_IDS, SkippingTransport
from tests.chaos.adapters import ADAPTERS
from tests.chaos.deferral import DeferrableTask, Operator, unguarded
from tests.chaos.records import recording
from tests.chaos.tampering import Tamperer
from tests.chaos.venues import PLAYED
from tests.chaos.witness import Evidence, Witness
from tests.surroundings import Around, break_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.driver.effects import Sleep
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.messages import Response
    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.exchange import PaperExchange
    from tests.chaos.scenario import Event, NewOrder, Scenario

__all__ = ["play"]

CONN_ID = "chaos"
FOR_CONNECTION = ExchangeHook.for_connection


class Watched(SkippingTransport):
    """A task's driver, seen by a witness, at an exchange where time passes by its sleeps, too."""

    def __init__(self, witness: Witness, exchange: PaperExchange) -> None:
        super().__init__(exchange)
        self._witness = witness
        self.cancelled_at = self.clock.monotonic()

    def _perform(self, effect: Send | Sleep) -> Response | None:
        if not isinstance(effect, Send):
            return super()._perform(effect)
        self._witness.leaving(effect.request)
        if self._witness.changes(effect.request):
            self.cancelled_at = self.clock.monotonic()
        response = super()._perform(effect)
        self._witness.answered(effect.request, response)
        return response


def play(scenario: Scenario) -> Evidence:
    """Play a scenario on a fresh paper exchange."""
    evidence = Evidence(scenario)
    adapter = ADAPTERS[scenario.adapter]
    random.seed(scenario.seed)  # the pauses of a plan are drawn too
    with running_sandbox(seed=hash_of(scenario.seed), **scenario.settings) as sandbox:
        for order in scenario.placed:
            _place(sandbox, evidence, order, 0)
        for rule in scenario.faults:
            sandbox.faults.add(rule)
        fields = adapter.connection(sandbox, scenario.venue)
        evidence.credentials = fields
        extra = {**fields.get("extra", {}), **scenario.extra, "timeout": scenario.request_timeout}
        connection = {**fields, "extra": extra}
        name = f"AIRFLOW_CONN_{CONN_ID.upper()}"
        operator = _operator(scenario, evidence)
        others = _Others(sandbox, scenario, evidence)
        witness = Witness(evidence, others.act, sandbox.exchange)
        transport = Watched(witness, sandbox.exchange)
        started = transport.clock.monotonic()
        with (
            recording(evidence.records),
            patch.dict(os.environ, {name: json.dumps(connection)}),
            _surroundings(fail=scenario.surroundings_fail) as context,
        ):
            try:
                with on_transport(transport, witness.attend):
                    tamperer = Tamperer(evidence, operator, FOR_CONNECTION(CONN_ID)) if scenario.tampered else None
                    task = DeferrableTask(operator, witness, transport.clock, tamperer, context)
                    evidence.xcom = task.run()
            except Exception as error:  # noqa: BLE001  (whatever it is, it is what is judged)
                evidence.error = error
        evidence.idle = transport.clock.monotonic() - transport.cancelled_at
        evidence.late = transport.clock.monotonic() - started - scenario.timeout
        transport.session.close()
        for book in _books(sandbox, scenario.venue):
            book.live()  # lets cancels settle that are due
            evidence.book += list(book)
    return evidence


@contextmanager
def _surroundings(*, fail: bool) -> Iterator[dict[str, Any]]:
    """Return what Airflow gives a task; all that must not change a result fails, if asked for."""
    around = Around()
    with pytest.MonkeyPatch.context() as patch:
        if fail:
            break_all(patch, around, _fail)
        yield around.context if fail else {}


def _fail(*_arguments: Any, **_named: Any) -> NoReturn:
    raise ConnectionError("what surrounds a result fails")


@contextmanager
def on_transport(
    transport: SkippingTransport, attend: Callable[[Exchange], None] = lambda _exchange: None
) -> Iterator[None]:
    """
    Let the hooks of tasks send by a driver, on its clock, which sleeps move on.

    :param attend: called with the adapter of each hook.
    """

    def prepared(conn_id: str) -> ExchangeHook:
        hook = FOR_CONNECTION(conn_id)
        attend(hook.exchange)
        hook.__dict__["_transport"] = transport
        transport.clock.drive(hook.planner)
        return hook

    with patch.object(ExchangeHook, "for_connection", prepared):
        yield


def hash_of(seed: str) -> int:
    return random.Random(seed).getrandbits(32)


def _operator(scenario: Scenario, evidence: Evidence) -> Operator:
    common: dict[str, Any] = {
        "task_id": "flatten",
        "exchange_conn_id": CONN_ID,
        "timeout": scenario.timeout,
        "poll_interval": scenario.poll_interval,
        "deferrable": scenario.deferrable,
        **scenario.arguments,
    }
    if scenario.sweep:
        if scenario.named is not None:
            evidence.named = [evidence.ids[index] for index in scenario.named]
            placed = [scenario.placed[index] for index in scenario.named]
            common["orders"] = [
                {"order_id": _name(scenario.venue, order_id, order), "symbol": order.symbol}
                for order_id, order in zip(evidence.named, placed, strict=True)
            ]
            if scenario.named_twice:
                common["orders"][:0] = [
                    {"client_order_id": order.fields["client_order_id"], "symbol": order.symbol}
                    for order in placed
                    if "client_order_id" in order.fields
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
        else {"order_id": _name(scenario.venue, evidence.named[0], order)}
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
        live = [(book, order) for book in _books(self._sandbox, self._scenario.venue) for order in book.live()]
        if not live:
            return
        book, order = live[event.choice % len(live)]
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
        elsewhere = Evidence(replace(self._scenario, deferrable=False), ids=self._evidence.ids)
        try:
            with on_transport(transport):
                unguarded(_operator(elsewhere.scenario, elsewhere))
        except Exception as error:  # noqa: BLE001  (its own judge is another run)
            self._evidence.records.append(repr(error))
        for adapter in transport.session.adapters.values():  # closing the session may be made to fail
            adapter.close()


def _books(sandbox: RunningSandbox, venue: str) -> list[Book]:
    return [sandbox.book(each) for each in dict.fromkeys((venue, PLAYED[venue].stops or venue))]


def _name(venue: str, order_id: str, order: NewOrder) -> str:
    """Return an order's id as the package has it."""
    return f"{PLAYED[venue].mark}{order_id}" if "stop_price" in order.fields else order_id


def _place(sandbox: RunningSandbox, evidence: Evidence, order: NewOrder, at: int) -> None:
    venue = evidence.scenario.venue
    home = (PLAYED[venue].stops or venue) if "stop_price" in order.fields else venue
    placed = sandbox.place(home, order.symbol, **order.fields)
    evidence.orders[placed.order_id] = order
    evidence.placed_at[placed.order_id] = at
    if at == 0:
        evidence.ids.append(placed.order_id)
