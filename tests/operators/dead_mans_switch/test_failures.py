"""A switch that is not armed as asked is a failure, which says until when the account is covered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowException, AirflowFailException

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    PermissionDeniedError,
    TransientError,
    UnreadableResponseError,
)
from airflow_provider_exchange.operators.orders import DeadMansSwitchOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import through_ccxt
from tests.operators.dead_mans_switch.guarded import ROUTE, Runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.protocol import Answer
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def lie(sandbox: RunningSandbox, tell: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let the venue do what it is asked for, and tell something else."""
    venue = sandbox.exchange.venues["okx"]

    def lying(honest: Any) -> Callable[[Any], Answer]:
        def handler(request: Any) -> Answer:
            answer: Answer = honest(request)
            (row,) = answer.body["data"]
            return replace(answer, body={**answer.body, "data": [tell(row)]})

        return handler

    venue.routes = [
        replace(route, handler=lying(route.handler)) if route.name == ROUTE else route for route in venue.routes
    ]


SHIFTS = {
    "in the past": -600_000,
    "now": -120_000,
    "too early": -60_000,
    "too late": 60_000,
    "far away": 10**10,
}


def shifted(shift: int, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "triggerTime": str(int(row["triggerTime"]) + shift)}


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    **{name: partial(shifted, shift) for name, shift in SHIFTS.items()},
    "missing": lambda row: {"ts": row["ts"], "tag": ""},
    "null": lambda row: {**row, "triggerTime": None},
    "text": lambda row: {**row, "triggerTime": "in two minutes"},
    "of 1970": lambda row: {**row, "triggerTime": "120000", "ts": "0"},
    "not armed": lambda row: {**row, "triggerTime": "0"},
    "of an hour ago": lambda row: {
        **row, "triggerTime": str(int(row["triggerTime"]) - 3_600_000), "ts": str(int(row["ts"]) - 3_600_000)
    },
    "of an hour ahead": lambda row: {
        **row, "triggerTime": str(int(row["triggerTime"]) + 3_600_000), "ts": str(int(row["ts"]) + 3_600_000)
    },
    "of a tag": lambda row: {**row, "tag": "mine"},
    "without a time": lambda row: {"triggerTime": row["triggerTime"], "tag": ""},
}  # fmt: skip


@pytest.mark.usefixtures("impatient", "honest_again")
@pytest.mark.parametrize("told", LIES)
def test_a_lying_answer_is_a_failure(runs: Runs, sandbox: RunningSandbox, told: str) -> None:
    before = runs.run()
    lie(sandbox, LIES[told])
    with pytest.raises(UnreadableResponseError) as caught:
        runs.run()
    said = f"covered at least until {before['trigger_time']} by the venue's clock, as the venue said at"
    assert f"{said} {before['venue_time']}" in str(caught.value)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_skewed_clock_neither_fakes_a_cover_nor_hides_one(
    runs: Runs, sandbox: RunningSandbox, hours: int
) -> None:
    """One server of the venue has another time than the others: when its countdown ends is anybody's guess."""
    before = runs.run()
    sandbox.faults.add(Fault("skew", route=ROUTE, seconds=hours * 3600))
    with pytest.raises(TransientError, match=f"covered at least until {before['trigger_time']}"):
        runs.run()


@pytest.mark.usefixtures("impatient", "honest_again")
def test_a_countdown_that_still_runs_is_not_disarmed(runs: Runs, sandbox: RunningSandbox) -> None:
    before = runs.run()
    lie(sandbox, lambda row: {**row, "triggerTime": before["trigger_time"]})
    with pytest.raises(UnreadableResponseError, match=f"may still be armed until {before['trigger_time']}"):
        runs.run("disarm", disarm=True)


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_is_a_failure(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("drop_after", route=ROUTE, requests=(2,)))
    before = runs.run()
    with pytest.raises(ExchangeUnavailableError, match=f"covered at least until {before['trigger_time']}"):
        runs.run()


def test_it_is_sent_again_when_the_answer_is_lost(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("drop_before", route=ROUTE, requests=(1,)))
    assert runs.run()["armed"]
    assert len(sandbox.mutations("okx")) == 2


@pytest.mark.usefixtures("impatient")
def test_nobody_knows_of_a_cover_before_the_first(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("drop_before", route=ROUTE))
    with pytest.raises(
        ExchangeUnavailableError, match="not known that any dead man's switch covers the account of okx_"
    ):
        runs.run()


def test_a_refused_arm_is_a_failure_without_a_retry(
    runs: Runs, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = runs.run()
    venue = sandbox.exchange.venues["okx"]
    monkeypatch.setattr(venue, "account", replace(venue.account, permissions=("read_only",)))
    with pytest.raises(AirflowFailException) as caught:
        runs.run()
    assert type(caught.value.__cause__) is PermissionDeniedError
    assert f"covered at least until {before['trigger_time']}" in str(caught.value)
    assert len(sandbox.mutations("okx")) == 3  # a refusal is believed the second time


@pytest.mark.usefixtures("impatient")
def test_no_secret_is_told(
    runs: Runs, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    told = [json.dumps(runs.run())]
    secret = f"S{'ecret' * 6}"
    fields = through_ccxt(sandbox, "okx")
    for changed in ({"password": secret}, {"login": secret}):
        monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps({**fields, **changed}))
        with pytest.raises(AirflowException) as caught:
            runs.run()
        told.append(f"{caught.value!r} {caught.value}")
    for text in (*told, log.text):
        assert secret not in text
        assert fields["password"] not in text
        assert fields["extra"]["passphrase"] not in text


def test_a_killed_task_sends_nothing(okx: str, sandbox: RunningSandbox) -> None:
    with DAG("guarded", schedule="* * * * *", start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        operator = DeadMansSwitchOperator(task_id="arm", exchange_conn_id=okx, countdown=120, scope="account")
    operator.on_kill()
    context: Any = {"dag": dag}
    with pytest.raises(AirflowException, match="nothing more was sent"):
        operator.execute(context)
    assert sandbox.request_log == []
