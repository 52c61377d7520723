"""What is refused before anything is sent: scopes, countdowns, schedules and venues."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.arguments import InvalidArgument
from airflow_provider_exchange.errors import (
    InvalidOrderRequest,
)
from airflow_provider_exchange.operators.orders import DeadMansSwitchOperator
from tests.accounts import SYMBOLS
from tests.operators.dead_mans_switch.guarded import Runs

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


@pytest.mark.parametrize("scope", [{}, {"scope": None}, {"scope": ""}, {"scope": "symbol"}], ids=str)
def test_the_scope_has_to_be_written(scope: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match='write scope="account"'):
        DeadMansSwitchOperator(task_id="arm", exchange_conn_id="okx_default", countdown=60, **scope)


@pytest.mark.parametrize("wrong", [{"countdown": None}, {"countdown": "60"}, {"countdown": 10.5}, {"disarm": "no"}])
def test_arguments_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        DeadMansSwitchOperator(task_id="arm", exchange_conn_id="c", scope="account", **{"countdown": 60, **wrong})


@pytest.mark.parametrize(("schedule", "countdown", "told"), [
    ("* * * * *", 119, "up to 0:01:00 pass"),
    ("* 8-17 * * *", 120, "up to 14:01:00 pass"),
    (timedelta(seconds=61), 120, "up to 0:01:01 pass"),
    (None, 120, "no schedule by time"),
    ("@once", 120, "no schedule by time"),
    ("* * * * *", 121, "OKX takes 10 to 120 s"),
    (timedelta(seconds=1), 9, "OKX takes 10 to 120 s"),
])  # fmt: skip
def test_a_countdown_that_does_not_fit(
    okx: str, sandbox: RunningSandbox, schedule: Any, countdown: int, told: str
) -> None:
    with pytest.raises(AirflowFailException, match=told) as caught:
        Runs(okx, schedule).run(countdown=countdown)
    assert type(caught.value.__cause__) is InvalidOrderRequest
    assert sandbox.request_log == []


@pytest.mark.parametrize(("schedule", "countdown"), [
    ("* * * * *", 120),
    (timedelta(seconds=5), timedelta(seconds=10)),
])  # fmt: skip
def test_a_countdown_that_fits(okx: str, schedule: Any, countdown: Any) -> None:
    assert Runs(okx, schedule).run(countdown=countdown)["armed"]


def test_to_disarm_no_schedule_is_needed(okx: str) -> None:
    assert Runs(okx, None).run("disarm", countdown=None, disarm=True)["armed"] is False


OTHERS = {
    "nami": "Nami documents no dead man's switch",
    "loopring": "Loopring documents no dead man's switch",
    "bitopro": "BitoPro documents no dead man's switch",
    "binance": "Binance counts down for one market of its futures at a time",
    "bybit": "Bybit cancels orders when a WebSocket connection is lost",
}


@pytest.mark.parametrize("venue", OTHERS)
def test_other_venues_are_refused_by_name(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    for disarm in (False, True):
        with pytest.raises(AirflowFailException, match=OTHERS[venue]):
            Runs(connect(venue)).run(disarm=disarm)
    assert sandbox.request_log == []


def test_an_exchange_that_nobody_has_certified_is_refused(connect: Connect, sandbox: RunningSandbox) -> None:
    conn_id = connect("okx", extra={"exchange": "whitebit", "uncertified": True})
    with pytest.raises(AirflowFailException, match="does not know which orders that would cancel"):
        Runs(conn_id).run()
    assert sandbox.request_log == []
