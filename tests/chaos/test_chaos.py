"""A slice of the random runs, and proof that they find what they look for."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange import side_work
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    UndecidedOrdersError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.bitopro import BitoPro
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.exchanges.loopring import Loopring
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.exchanges.orders import OrderReader
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.earlier import Told
from airflow_provider_exchange.operations.entry import Entry
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operations.selection import Selection
from airflow_provider_exchange.operations.sending import Sending
from airflow_provider_exchange.operations.watch import watched_orders
from airflow_provider_exchange.protocol.steps import Pause
from airflow_provider_exchange.sandbox.fault_rules import KINDS
from airflow_provider_exchange.side_work import SideWork
from airflow_provider_exchange.tasks.cancelling import CancelOneTask, CancelSelectionTask
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
from airflow_provider_exchange.triggers.shared_reader import SharedReader
from tests.chaos.__main__ import table
from tests.chaos.judge import LAWS, violations
from tests.chaos.play import play
from tests.chaos.scenario import SLOW, draw
from tests.chaos.verdict import Verdict, answer_at_once, play_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Moment, Order, OrderKey
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.protocol.steps import Operation

SEED = 20261121
SLICE = 132
TRIED = 600
"""So many runs at most until a defect is found; most take a handful, one that takes two bad answers hundreds."""


@pytest.mark.parametrize("part", range(6))
def test_no_law_is_broken(part: int) -> None:
    verdicts = [play_one(SEED, number) for number in range(part, SLICE, 6)]
    broken = {verdict.number: verdict.violations for verdict in verdicts if verdict.violations}
    assert not broken, f"see python -m tests.chaos --seed {SEED} --run {next(iter(broken))}: {broken}"
    assert any(verdict.ending == "success" for verdict in verdicts)


def test_some_of_the_runs_are_deferred() -> None:
    deferrable = (number for number in count() if draw(SEED, number).deferrable)
    assert any(play_one(SEED, next(deferrable)).deferrals for _ in range(50))


def test_the_runs_draw_every_kind_of_fault() -> None:
    assert {rule.kind for number in range(400) for rule in draw(SEED, number).faults} == KINDS


def test_a_run_is_drawn_from_its_number_alone() -> None:
    assert draw(1, 7) == draw(1, 7)
    assert draw(1, 7) != draw(2, 7)


def test_the_table_counts_what_was_found() -> None:
    verdicts = [
        Verdict(0, "nami sweep", "success", 0.5, 0, ()),
        Verdict(1, "nami sweep", "KeyError", 0.1, 3, (("raw", ""),), deferrable=True),
    ]
    head, row, total, failures = table(verdicts).splitlines()
    assert [word for word in head.split("  ") if word][:4] == ["runs", "deferrable", "deferrals", "successes"]
    assert row.split() == ["nami", "sweep", "2", "1", "3", "1", "0", "0", "1", *["0"] * 6, "0.50"]
    assert total.split()[0] == "all"
    assert failures == "failures: 1 KeyError"


# -- defects that must be found


def believe_a_cancel(patch: pytest.MonkeyPatch) -> None:
    """An acknowledged cancel is taken for a cancelled order."""
    take = Sending._take

    def believing(self: Sending, cancellation: Any, entries: Any, end: Any) -> Operation[Any]:
        refusal = yield from take(self, cancellation, entries, end)
        for entry in entries.values():
            entry.outcome = Outcome.CANCELLED if entry.acknowledged else entry.outcome
        return refusal

    patch.setattr(Sending, "_take", believing)


def believe_an_empty_list(patch: pytest.MonkeyPatch) -> None:
    """A list that cannot be read is taken for an empty one."""
    for kind in (Nami, BitoPro, Loopring):
        list_open = kind.list_open

        def believing(self: Exchange, symbols: Any = None, list_open: Any = list_open) -> Operation[list[Order]]:
            try:
                orders: list[Order] = yield from list_open(self, symbols)
            except ExchangeError:
                return []
            return orders

        patch.setattr(kind, "list_open", believing)
    patch.setattr("airflow_provider_exchange.driver.run.TROUBLES", (ExchangeUnavailableError,))


def look_once(patch: pytest.MonkeyPatch) -> None:
    """What appears during a sweep is left."""
    admit = Ledger.admit

    def admitting(self: Ledger, key: OrderKey, order: Order, read: Moment | None) -> None:
        if self.rounds == 0:
            admit(self, key, order, read)

    patch.setattr(Ledger, "admit", admitting)


def sweep_everything(patch: pytest.MonkeyPatch) -> None:
    """The selection selects nothing."""
    patch.setattr(Selection, "matches", lambda *_: True)


def forget_the_orders(patch: pytest.MonkeyPatch) -> None:
    """A failure names nothing."""
    patch.setattr(Ledger, "failed", lambda _self, error: error)
    patch.setattr(Ledger, "cut_off", lambda _self, _trouble=None: ExchangeUnavailableError("the time was up"))


def trust_the_shape(patch: pytest.MonkeyPatch) -> None:
    """An answer is taken to have every field, and what ought to be a list of orders to be one."""
    patch.setattr(Record, "record", lambda self, field: self._value[field])
    patch.setattr(Record, "get", lambda self, field: self._value[field])
    patch.setattr(OrderReader, "parse_list", lambda self, value, _name: [self.parse(member) for member in value])


def log_the_request(patch: pytest.MonkeyPatch) -> None:
    """Requests are logged at DEBUG as they are."""
    begin = HttpCall.begin

    def logging_it(self: HttpCall[Any], timestamp: int) -> Request:
        request = begin(self, timestamp)
        logging.getLogger("plan").debug("sends %s %s", request.url, dict(request.headers))
        return request

    patch.setattr(HttpCall, "begin", logging_it)


def show_the_key(patch: pytest.MonkeyPatch) -> None:
    """An error shows the secret, or the private key in another spelling than the connection's."""
    decode = HttpExchange.decode

    def showing(self: HttpExchange, call: Any, response: Any) -> Any:
        try:
            return decode(self, call, response)
        except ExchangeError as error:
            raise UnreadableResponseError(f"{error} {max(self.secrets, key=len)}") from None

    patch.setattr(HttpExchange, "decode", showing)


def take_more_time(patch: pytest.MonkeyPatch) -> None:
    """The deadline is overrun."""
    plan = Planner.plan
    patch.setattr(
        Planner, "plan", lambda self, operation, timeout, **how: plan(self, operation, timeout + 20, **how)
    )


def blame_the_key(patch: pytest.MonkeyPatch) -> None:
    """A fault that passes is taken for one that stays."""
    decode = HttpExchange.decode

    def blaming(self: HttpExchange, call: Any, response: Any) -> Any:
        try:
            return decode(self, call, response)
        except ExchangeUnavailableError:
            raise AuthenticationError("the venue does not accept the key") from None

    patch.setattr(HttpExchange, "decode", blaming)


def take_waiting_for_proof(patch: pytest.MonkeyPatch) -> None:
    """A task that is woken takes what it waited for to be gone."""
    begin = CancelOneTask._round

    def believing(self: Any, hook: ExchangeHook, work: Cancelling, end_time: float, *_: Any) -> Any:
        if not work.ledger.rounds:
            return begin(self, hook, work, end_time)
        for entry in work.ledger.unsettled().values():
            entry.outcome = Outcome.CANCELLED
        return self._finish(work)

    for kind in (CancelOneTask, CancelSelectionTask):
        patch.setattr(kind, "_round", believing)


def forget_the_cancels(patch: pytest.MonkeyPatch) -> None:
    """A task that is taken up again does not know what it sent."""
    dump = Told.dump
    patch.setattr(Told, "dump", lambda self: {**dump(self), "sent": False})


def cancel_from_the_trigger(patch: pytest.MonkeyPatch) -> None:
    """A trigger does more than read."""

    def cancelling(self: ExchangeHook, refs: Any, seen: Any = None) -> Plan[list[Order | None]]:
        def operation() -> Operation[list[Order | None]]:
            cancellation = self.exchange.cancel_one(refs[0], {})
            assert cancellation is not None
            yield from cancellation.operation
            return (yield from watched_orders(self.exchange, refs, seen))

        return self.planner.plan(operation(), 30, repeat_reads=False)

    patch.setattr(ExchangeHook, "plan_reading", cancelling)


def wait_on(patch: pytest.MonkeyPatch) -> None:
    """A trigger does not know when the time is up."""
    patch.setattr(OrderStatusTrigger, "_until_next_read", lambda _self: 20.0)


def leave_the_read_to_itself(patch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a read whose watchers have gone."""

    async def leaving(_: SharedReader) -> None:
        pass

    patch.setattr(SharedReader, "close", leaving)


def believe_one_read(patch: pytest.MonkeyPatch) -> None:
    """A single list proves that nothing is left."""
    patch.setattr(Cancelling, "_stays_flat", answer_at_once)


def overlook_the_undecided(patch: pytest.MonkeyPatch) -> None:
    """An order that cannot be decided on is taken for one that is not selected."""
    patch.setattr(Cancelling, "_refuse_what_is_unclear", Cancelling._check_markets)


def leave_out_the_undecided(patch: pytest.MonkeyPatch) -> None:
    """A failure does not say which orders could not be decided on."""
    of = UndecidedOrdersError.of
    patch.setattr(UndecidedOrdersError, "of", lambda _orders, exchange: of([], exchange))
    patch.setattr(Ledger, "left", lambda ledger: [entry.named for entry in ledger.unsettled().values()])


def hope_for_the_undecided(patch: pytest.MonkeyPatch) -> None:
    """A task reads on until its deadline, in case an order can be decided on after all."""
    stays_flat = Cancelling._stays_flat

    def hoping(self: Cancelling) -> Operation[bool]:
        is_flat = yield from stays_flat(self)
        while is_flat and self.ledger.undecided:
            yield Pause(1)
            yield from self._looking.look()
        return is_flat

    patch.setattr(Cancelling, "_stays_flat", hoping)


DEFECTS: list[tuple[str, Callable[[pytest.MonkeyPatch], None]]] = [
    ("false success", believe_a_cancel),
    ("false success", believe_an_empty_list),
    ("false success", look_once),
    ("widened", sweep_everything),
    ("unnamed", forget_the_orders),
    ("raw", trust_the_shape),
    ("leak", log_the_request),
    ("leak", show_the_key),
    ("late", take_more_time),
    ("untrue", blame_the_key),
    ("false success", take_waiting_for_proof),
    ("false success", forget_the_cancels),
    ("widened", cancel_from_the_trigger),
    ("late", wait_on),
    ("left over", leave_the_read_to_itself),
    ("false success", believe_one_read),
    ("false success", overlook_the_undecided),
    ("unnamed", leave_out_the_undecided),
    ("late", hope_for_the_undecided),
]


def test_every_law_has_a_defect_that_breaks_it() -> None:
    assert {law for law, _ in DEFECTS} == set(LAWS)


@pytest.mark.parametrize(("law", "plant"), DEFECTS, ids=[plant.__name__ for _, plant in DEFECTS])
def test_a_defect_is_found(
    law: str, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    quick = (draw(SEED, number) for number in range(TRIED))
    runs = (scenario for scenario in quick if not {rule.kind for rule in scenario.faults} & SLOW)
    assert any(law in {broken for broken, _ in violations(play(scenario))} for scenario in runs)


def test_a_tenth_of_the_runs_is_tampered_with_and_another_loses_its_surroundings() -> None:
    drawn = [draw(SEED, number) for number in range(1000)]
    assert sum(each.tampered for each in drawn) in range(70, 130)
    assert sum(each.surroundings_fail for each in drawn) in range(70, 130)


def test_surroundings_that_overturn_a_result_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SideWork, "attempt", lambda _self, _what, work, uses="": work())
    monkeypatch.setattr(side_work, "tell", lambda write: write())
    quick = (draw(SEED, number) for number in range(TRIED))
    runs = (
        replace(each, surroundings_fail=True) for each in quick if not {rule.kind for rule in each.faults} & SLOW
    )
    assert any("raw" in {broken for broken, _ in violations(play(scenario))} for scenario in runs)


def believe_that_they_are_gone(patch: pytest.MonkeyPatch) -> None:
    """An order that the database tells as gone is not read again."""
    name = Ledger.name

    def believing(self: Ledger, refs: Any) -> None:
        name(self, refs)
        for key, entry in self.entries.items():
            if key in self.earlier.orders and self.earlier.orders[key].ended:
                entry.outcome = Outcome.CANCELLED

    patch.setattr(Ledger, "name", believing)


def believe_that_they_are_meant(patch: pytest.MonkeyPatch) -> None:
    """An order that only the database names is cancelled with the others."""
    name = Ledger.name

    def believing(self: Ledger, refs: Any) -> None:
        told = self.earlier.orders
        name(self, refs)
        self.entries |= {key: Entry(each.ref) for key, each in told.items() if not each.ended}

    patch.setattr(Ledger, "name", believing)


@pytest.mark.parametrize(
    ("law", "plant"),
    [("false success", believe_that_they_are_gone), ("widened", believe_that_they_are_meant)],
    ids=["gone", "meant"],
)
def test_belief_in_the_database_is_found(
    law: str, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    drawn = (draw(SEED, number) for number in range(TRIED))
    runs = (replace(each, tampered=True) for each in drawn if each.deferrable and each.by_name)
    quick = (each for each in runs if not {rule.kind for rule in each.faults} & SLOW)
    assert any(law in {broken for broken, _ in violations(play(scenario))} for scenario in quick)
