"""One kill switch for several accounts."""

from __future__ import annotations

import asyncio
import pickle
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowNotFoundException

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ConnectionConfigError,
    InvalidOrderRequest,
    SeveralAccountsError,
    load_error,
)
from airflow_provider_exchange.hooks.accounts import asweep_each
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.reports import CancelReport, Outcome
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.tasks.kill_switch import KillSwitchLog
from tests.accounts import VENUES
from tests.notifications.test_kill_switch import (
    call,
    fire,
    has_async_notifiers,
    logged_by,
    wait_until,
)
from tests.several import Several, hold_back, several

if TYPE_CHECKING:
    from tests.notifications.test_kill_switch import Fire

__all__ = ["fire", "several"]

QUICK: dict[str, Any] = {"poll_interval": 0.05}


def test_all_accounts_are_flat(
    several: Several, fire: Fire, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    made = several.make(*VENUES, "nami")
    with caplog.at_level("INFO"):
        fire({}, exchange_conn_id=[each.conn_id for each in made], **QUICK)
    assert [each.live for each in made] == [set()] * len(made)
    logged = logged_by(caplog, capsys)
    assert all(
        re.search(rf"Kill switch of {each.conn_id}: .*: 2 cancelled; the account is flat", logged) for each in made
    )


def test_one_that_fails_or_hangs_or_is_missing_holds_up_no_other(
    several: Several,
    fire: Fire,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = several.make(*VENUES)
    hangs = several.lonely("nami", password="another-secret")
    were_flat = hold_back(hangs, lambda: not any(each.live for each in made), monkeypatch)
    with pytest.raises(SeveralAccountsError) as caught:
        fire({}, exchange_conn_id=["never_made", hangs.conn_id, *(each.conn_id for each in made)], **QUICK)
    error = caught.value
    assert were_flat
    assert all(were_flat)
    assert [each.live for each in made] == [set()] * len(made)
    assert list(error.reports) == [each.conn_id for each in made]
    assert {report.outcomes[Outcome.CANCELLED] for report in error.reports.values()} == {2}
    assert list(error.errors) == ["never_made", hangs.conn_id]
    assert isinstance(error.errors["never_made"], AirflowNotFoundException)
    assert isinstance(error.errors[hangs.conn_id], AuthenticationError)
    left = f"never_made, {hangs.conn_id}"
    assert f"2 of 5 accounts are not proved flat, and their orders may still be open: {left}." in str(error)
    logged = logged_by(caplog, capsys)
    for conn_id in error.errors:
        assert f"Kill switch of {conn_id} failed, orders may still be OPEN" in logged
    assert "another-secret" not in logged + str(error) + repr(error)


def test_every_survivor_is_named_beside_its_account(
    several: Several, fire: Fire, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = several.make("nami", "bitopro")
    there.sandbox.faults.add(Fault("cancelling", reads=100_000, venue="bitopro"))
    with pytest.raises(SeveralAccountsError) as caught:
        fire({}, exchange_conn_id=[here.conn_id, there.conn_id], timeout=1, **QUICK)
    assert {ref.order_id for ref in caught.value.orders} == there.ids
    assert list(caught.value.reports) == [here.conn_id]
    text = str(caught.value)
    assert text.index(f"{there.conn_id}: bitopro: ") < min(text.index(order) for order in there.ids)
    logged = logged_by(caplog, capsys)
    assert all(f"Kill switch of {there.conn_id}: order {order} (" in logged for order in there.ids)


def test_the_error_survives_a_process_and_a_store(several: Several) -> None:
    (made,) = several.make("nami")
    made.sandbox.faults.add(Fault("cancelling", reads=100_000))
    with pytest.raises(SeveralAccountsError) as caught:
        call({}, exchange_conn_id=[made.conn_id], timeout=0.3, **QUICK)
    error = caught.value
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.orders) == (str(error), error.orders)
    assert str(copied.errors) == str(error.errors)
    stored = load_error(error.dump())
    assert isinstance(stored, SeveralAccountsError)
    assert (str(stored), stored.orders, stored.errors) == (str(error), error.orders, {})


@pytest.mark.parametrize("template", ["{{ accounts }}", ["{{ accounts[0] }}", "{{ accounts[1] }}"]], ids=str)
def test_the_list_may_be_a_template(several: Several, template: Any) -> None:
    made = several.make("nami", "bitopro")
    context = {
        "accounts": [each.conn_id for each in made],
        "dag": DAG("native", schedule=None, render_template_as_native_obj=True),
    }
    call(context, exchange_conn_id=template, **QUICK)
    assert [each.live for each in made] == [set()] * 2


def test_a_connection_named_twice_is_an_error_before_anything_is_sent(several: Several, fire: Fire) -> None:
    (made,) = several.make("nami")
    with pytest.raises(ConnectionConfigError, match="more than once"):
        fire({}, exchange_conn_id=[made.conn_id, made.conn_id], **QUICK)
    assert made.sandbox.request_log == []


@pytest.mark.parametrize("value", [None, [], (), 5, {}, b"x"], ids=str)
def test_what_is_no_list_of_connections(fire: Fire, value: Any) -> None:
    with pytest.raises(ConnectionConfigError, match="exchange_conn_id"):
        fire({}, exchange_conn_id=value, **QUICK)


@pytest.mark.parametrize("nothing", [None, "", " ", 5, ["nami_0"], "{{ nothing }}"], ids=str)
def test_a_name_that_is_missing_keeps_no_other_account_open(several: Several, fire: Fire, nothing: Any) -> None:
    (made,) = several.make("nami")
    with pytest.raises(SeveralAccountsError) as caught:
        fire({"nothing": ""}, exchange_conn_id=[nothing, made.conn_id], **QUICK)
    assert list(caught.value.errors) == ["exchange_conn_id[0]"]
    assert made.live == set()


def test_named_orders_are_those_of_one_account(several: Several, fire: Fire) -> None:
    made = several.make("nami", "nami")
    orders = [{"order_id": order.order_id, "symbol": order.symbol} for order in made[0].orders]
    with pytest.raises(InvalidOrderRequest, match="one account"):
        fire({}, exchange_conn_id=[each.conn_id for each in made], orders=orders, **QUICK)
    assert [each.sandbox.request_log for each in made] == [[], []]


def test_what_one_venue_refuses_is_done_at_the_others(several: Several, fire: Fire) -> None:
    """An age that Loopring does not tell, and a spelling that says nothing at BitoPro."""
    made = several.make(*VENUES)
    with pytest.raises(SeveralAccountsError) as caught:
        fire({}, exchange_conn_id=[each.conn_id for each in made], older_than=0, symbols="BTCUSDT", **QUICK)
    assert list(caught.value.errors) == ["bitopro_0", "loopring_0"]
    assert [len(each.live) for each in made] == [1, 2, 2]
    assert [each for each in made[1].sandbox.request_log if each.venue != "nami"] == []


def test_an_unexpected_error_is_one_account_s(
    several: Several, fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What errors of others say may hold what nobody is to read."""
    broken, sound = several.make("nami", "bitopro")
    work = CancelAllOrdersNotifier._work

    def fail_at_one(notifier: CancelAllOrdersNotifier, hook: ExchangeHook) -> Any:
        if hook.exchange_conn_id == broken.conn_id:
            raise RuntimeError("a-secret")
        return work(notifier, hook)

    monkeypatch.setattr(CancelAllOrdersNotifier, "_work", fail_at_one)
    with pytest.raises(SeveralAccountsError, match=f"{broken.conn_id}: an unexpected RuntimeError") as caught:
        fire({}, exchange_conn_id=[broken.conn_id, sound.conn_id], **QUICK)
    assert "a-secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert sound.live == set()


def test_connections_are_looked_up_by_the_thread_that_notifies(
    several: Several, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the DAG processor and the callback's supervisor this goes over a line for one question at a time."""
    made = several.make(*VENUES)
    by: list[threading.Thread] = []
    look_up = ExchangeHook.get_connection

    def noting(conn_id: str) -> Any:
        by.append(threading.current_thread())
        return look_up(conn_id)

    monkeypatch.setattr(ExchangeHook, "get_connection", noting)
    call({}, exchange_conn_id=[each.conn_id for each in made], **QUICK)
    assert by == [threading.current_thread()] * len(made)


@has_async_notifiers
def test_a_notification_that_is_cancelled_leaves_nothing_running(several: Several) -> None:
    made = several.make("nami", "bitopro")
    for each in made:
        each.sandbox.faults.add(Fault("cancelling", reads=100_000, venue=each.venue))
    notifier = CancelAllOrdersNotifier([each.conn_id for each in made], poll_interval=60)

    async def notify() -> None:
        await notifier

    async def run() -> None:
        notifying = asyncio.ensure_future(notify())
        await asyncio.to_thread(wait_until, lambda: all(each.sandbox.mutations(each.venue) for each in made))
        notifying.cancel()
        with suppress(asyncio.CancelledError):
            await notifying
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_notification_that_is_interrupted_sends_nothing_more(
    several: Several, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a timeout of the task, which Airflow raises in the thread that notifies."""
    held = several.lonely("nami")
    go_on = threading.Event()
    hold_back(held, go_on, monkeypatch)

    def interrupted(_log: KillSwitchLog, _conn_id: str, _error: Exception) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(KillSwitchLog, "failed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        CancelAllOrdersNotifier([held.conn_id, "never_made"], **QUICK).notify({})
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == f"at {held.conn_id}":
            thread.join(60)
    assert held.live == held.ids


def test_an_account_whose_sweep_is_cancelled_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task group passes over a task that was cancelled, as if it had never been."""

    async def sweep(_conn_id: str, _hook: ExchangeHook) -> CancelReport:
        raise asyncio.CancelledError

    async def found(_conn_id: str) -> Any:
        return None

    monkeypatch.setattr(ExchangeHook, "afor_connection", found)
    with pytest.raises(SeveralAccountsError, match="1 of 1 accounts"):
        asyncio.run(asweep_each(["a"], sweep, lambda _name, _error: None))
