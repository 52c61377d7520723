"""One command for several accounts."""

from __future__ import annotations

import json
import re
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.cli import question
from airflow_provider_exchange.hooks import accounts
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import SYMBOLS, VENUES
from tests.cli.test_commands import answer, exchange, no_audit_log
from tests.several import LONGEST, Several, hold_back, several

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.models.reports import CancelReport
    from tests.cli.test_commands import Type
    from tests.several import Account

__all__ = ["answer", "no_audit_log", "several"]

ACCOUNTS = 20


def named(accounts_: Iterable[Account | str]) -> list[str]:
    ids = (each if isinstance(each, str) else each.conn_id for each in accounts_)
    return [word for conn_id in ids for word in ("--conn-id", conn_id)]


def failure(*arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        exchange(*arguments)
    assert isinstance(caught.value.code, str)  # which Python prints to standard error, and ends with code 1
    return caught.value.code


def rows(text: str) -> dict[str, set[tuple[str, str]]]:
    """Return the orders and their outcomes by connection."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in json.loads(text):
        found.setdefault(row["conn_id"], set()).add((row["order_id"], row["outcome"]))
    return found


def test_twenty_accounts_of_which_one_hangs(
    several: Several, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are worked at together, and the one that hangs does so until the nineteen are flat."""
    nineteen = several.make(*(VENUES[number % 3] for number in range(ACCOUNTS - 1)))
    twentieth = several.lonely("nami", password="another-secret")
    were_flat = hold_back(twentieth, lambda: not any(each.live for each in nineteen), monkeypatch)
    together = threading.Barrier(ACCOUNTS)
    sweep = ExchangeHook.cancel_all_orders

    def sweep_together(hook: ExchangeHook, **arguments: Any) -> CancelReport:
        together.wait(LONGEST)
        return sweep(hook, **arguments)

    monkeypatch.setattr(ExchangeHook, "cancel_all_orders", sweep_together)
    told = failure("cancel-all", *named([*nineteen[:7], twentieth, *nineteen[7:]]), "--yes", "--output", "json")
    assert were_flat
    assert all(were_flat)
    assert told.startswith(f"Failed: {twentieth.conn_id}: nami: ")
    assert told.endswith(
        f"1 of 20 accounts are not proved flat, and their orders may still be open: {twentieth.conn_id}"
    )
    assert [each.conn_id for each in nineteen if each.conn_id in told] == []
    out, err = capsys.readouterr()
    assert rows(out) == {each.conn_id: {(order, "cancelled") for order in each.ids} for each in nineteen}
    assert sorted(line.partition(" (")[0] for line in err.splitlines()) == sorted(each.conn_id for each in nineteen)
    assert twentieth.live == twentieth.ids


def test_the_table_has_the_order_of_the_command(several: Several, capsys: pytest.CaptureFixture[str]) -> None:
    made = several.make(*VENUES)
    exchange("cancel-all", *named(made), "--yes", "-o", "json")
    shown = [row["conn_id"] for row in json.loads(capsys.readouterr().out)]
    assert shown == [each.conn_id for each in made for _ in each.orders]


def test_the_open_orders_of_several(several: Several, capsys: pytest.CaptureFixture[str]) -> None:
    made = several.make(*VENUES)
    exchange("orders", *named(made), "-o", "json")
    shown = {(row["conn_id"], row["order_id"]) for row in json.loads(capsys.readouterr().out)}
    assert shown == {(each.conn_id, order) for each in made for order in each.ids}


def test_one_that_cannot_be_used_keeps_no_other_from_being_used(
    several: Several, capsys: pytest.CaptureFixture[str]
) -> None:
    made = several.make(*VENUES)
    refused = several.lonely("bitopro", password="another-secret")
    line = named(["never_made", *made[:1], refused, *made[1:]])
    told = failure("orders", *line, "-o", "json")
    assert len(json.loads(capsys.readouterr().out)) == 2 * len(made)
    assert "Failed: never_made: there is no connection 'never_made'" in told
    assert f"Failed: {refused.conn_id}: bitopro: " in told
    assert failure("cancel-all", *line, "--yes").count("Failed: ") == 2
    assert [each.live for each in made] == [set()] * len(made)
    assert refused.live == refused.ids


@pytest.mark.parametrize("command", ["orders", "cancel-all"])
def test_a_connection_named_twice_is_an_error_before_anything_is_sent(several: Several, command: str) -> None:
    (made,) = several.make("nami")
    told = failure(command, *named([made, made]))
    assert told == f"Failed: --conn-id names {made.conn_id} more than once; nothing was sent"
    assert made.sandbox.request_log == []


def test_one_order_is_of_one_account(several: Several) -> None:
    made = several.make("nami", "nami")
    order = made[0].orders[0].order_id
    told = failure("cancel", *named(made), "--order-id", order, "--symbol", SYMBOLS["nami"], "--yes")
    assert "one account" in told
    assert [each.sandbox.request_log for each in made] == [[], []]


def test_what_may_go_at_most_counts_for_each_account(several: Several) -> None:
    fewer, more = several.make("nami", "bitopro")
    more.sandbox.place("bitopro", SYMBOLS["bitopro"])
    told = failure("cancel-all", *named([fewer, more]), "--yes", "--max-orders", "2")
    assert "max_orders=2" in told
    assert fewer.conn_id not in told
    assert (len(fewer.live), len(more.live)) == (0, 3)


def test_survivors_are_named_beside_their_account(several: Several) -> None:
    here, there = several.make("nami", "bitopro")
    there.sandbox.faults.add(Fault("cancelling", reads=100_000, venue="bitopro"))
    told = failure("cancel-all", *named([here, there]), "--yes", "--timeout", "1")
    first, *survivors, last = told.splitlines()
    assert first.startswith(f"Failed: {there.conn_id}: bitopro: ")
    assert {line.split()[0] for line in survivors} == there.ids
    assert last == f"1 of 2 accounts are not proved flat, and their orders may still be open: {there.conn_id}"
    assert here.live == set()


# -- the question


class NotLate(SimpleQueue[Any]):
    """
    Waits for what there is to come, and no longer.

    :param count: How much that is.
    """

    count = 0

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().get()
        if self.count == 0:
            raise Empty
        self.count -= 1
        return super().get(timeout=LONGEST)


@pytest.fixture
def only_these_answer(monkeypatch: pytest.MonkeyPatch) -> type[NotLate]:
    """Let the time of a look be up when as many accounts have answered as a test says, however long that takes."""
    monkeypatch.setattr(accounts, "SimpleQueue", NotLate)
    return NotLate


@pytest.mark.parametrize("selection", [[], ["--side", "sell"]], ids=["all", "some"])
def test_the_question_names_what_was_read_and_what_was_not(
    several: Several,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: Type,
    only_these_answer: type[NotLate],
    selection: list[str],
) -> None:
    read = several.make("nami", "bitopro")
    late = several.lonely("loopring")
    refused = several.lonely("bitopro", password="another-secret")
    asked = threading.Event()
    hold_back(late, asked, monkeypatch)
    monkeypatch.setattr(only_these_answer, "count", 4)
    confirm = question.confirm

    def confirm_then_let_go(text: str) -> None:
        confirm(text)
        asked.set()

    monkeypatch.setattr(question, "confirm", confirm_then_let_go)
    answer("y\n")
    told = failure("cancel-all", *named([late, *read, refused, "never_made"]), *selection, "-o", "json")

    out, err = capsys.readouterr()
    (asked_for,) = [line for line in err.splitlines() if line.startswith("Cancel ")]
    there, and_any = ("matches", "that match and") if selection else ("is open", "that")
    assert re.sub(", account [0-9a-f]{16}", "", asked_for).startswith(
        f"Cancel 4 orders of {read[0].conn_id} (Nami), {read[1].conn_id} (BitoPro); "
        f"what {there} at {late.conn_id} (Loopring), not read within 5 s; "
        f"what {there} at {refused.conn_id} (BitoPro), which could not be read, "
        f"and any {and_any} appear meanwhile? [y/N]"
    )
    lines = [line.split() for line in err.splitlines()]
    shown = [(line[0], line[-1]) for line in lines if line]
    assert all((each.conn_id, order) in shown for each in read for order in each.ids)
    assert f"{refused.conn_id} could not be read: bitopro: " in err
    assert "never_made could not be read: there is no connection" in err
    assert told.count("Failed: ") == 2
    assert rows(out) == {each.conn_id: {(order, "cancelled") for order in each.ids} for each in (*read, late)}
    assert [each.live for each in (*read, late)] == [set()] * 3


@pytest.mark.parametrize("said", ["n\n", ""])
def test_nothing_more_is_sent_after_a_no(
    several: Several,
    monkeypatch: pytest.MonkeyPatch,
    answer: Type,
    only_these_answer: type[NotLate],
    said: str,
) -> None:
    (read,) = several.make("nami")
    late = several.lonely("bitopro")
    asked = threading.Event()
    hold_back(late, asked, monkeypatch)
    monkeypatch.setattr(only_these_answer, "count", 1)
    answer(said)
    assert failure("cancel-all", *named([read, late])) == "Nothing was cancelled."
    asked.set()
    for thread in threading.enumerate():
        if thread.name == f"at {late.conn_id}":
            thread.join(LONGEST)
    assert (read.live, late.live) == (read.ids, late.ids)
    assert len(late.sandbox.request_log) <= 1


def test_the_question_comes_after_five_seconds_at_the_latest(
    several: Several, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: Type
) -> None:
    waits: list[float] = []

    class Watched(SimpleQueue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            assert timeout is not None
            waits.append(timeout)
            raise Empty

    (late,) = several.make("nami")
    monkeypatch.setattr(accounts, "SimpleQueue", Watched)
    answer("n\n")
    assert failure("cancel-all", *named([late]), "--timeout", "300") == "Nothing was cancelled."
    assert waits
    assert max(waits) <= 5
    asked_for = re.sub(", account [0-9a-f]{16}", "", capsys.readouterr().err)
    assert f"Cancel what is open at {late.conn_id} (Nami), not read within 5 s, and any" in asked_for


def test_if_no_account_can_be_read_nothing_is_asked(several: Several, capsys: pytest.CaptureFixture[str]) -> None:
    refused = several.lonely("bitopro", password="another-secret")
    told = failure("cancel-all", *named([refused, "never_made"]))
    assert told.count("Failed: ") == 2
    assert "2 of 2 accounts could not be read, and nothing was cancelled: " in told
    assert "Cancel" not in capsys.readouterr().err


def test_a_connection_is_looked_up_by_the_thread_that_runs_the_command(
    several: Several, monkeypatch: pytest.MonkeyPatch, answer: Type
) -> None:
    """Airflow's line to its supervisor, and a session of its database, are one thread's."""
    made = several.make(*VENUES)
    by: list[tuple[str, threading.Thread]] = []
    look_up = ExchangeHook.get_connection

    def noting(conn_id: str) -> Any:
        by.append((conn_id, threading.current_thread()))
        return look_up(conn_id)

    monkeypatch.setattr(ExchangeHook, "get_connection", noting)
    answer("y\n")
    exchange("cancel-all", *named(made))
    assert by == [(each.conn_id, threading.current_thread()) for each in made], "once, before the question"
    assert [each.live for each in made] == [set()] * 3
