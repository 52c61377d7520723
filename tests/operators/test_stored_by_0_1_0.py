"""Tasks that version 0.1.0 put down are taken up by this one."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.operators.test_attempts import Store, sweep
from tests.stored import stored

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


def fire(class_path: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Run a trigger from its stored arguments until it fires."""
    module, _, name = class_path.rpartition(".")

    async def first() -> dict[str, Any]:
        trigger = getattr(import_module(module), name)(**kwargs)
        async with aclosing(trigger.run()) as events:
            async for event in events:
                payload: dict[str, Any] = event.payload
                return payload
        raise AssertionError("no event")

    return asyncio.run(first())


@pytest.mark.parametrize("kind", ["sweep", "single"])
def test_a_deferred_task_goes_on(connect: Connect, sandbox: RunningSandbox, venue: str, kind: str) -> None:
    placed = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(4)]
    left_alone = sandbox.place(venue, OTHER_SYMBOLS[venue]).order_id
    conn_id = connect(venue)
    left = stored(venue, kind, placed)
    class_path, arguments = left["trigger"]
    now = time.time()
    arguments |= {"exchange_conn_id": conn_id, "end_time": now + 60, "poke_interval": 0.05}
    event = fire(class_path, arguments)
    assert event["status"] == "failed", "the orders are open, which needs the task"

    common: dict[str, Any] = {"task_id": "cancel", "exchange_conn_id": conn_id, "poll_interval": 0.1}
    operator: CancelAllOrdersOperator | CancelOrderOperator
    if kind == "sweep":
        operator = CancelAllOrdersOperator(symbols=SYMBOLS[venue], **common)
    else:
        operator = CancelOrderOperator(order_id=placed[3], symbol=SYMBOLS[venue], **common)
    state = {**left["kwargs"], "end_time": now + 60, "waiting_since": now}
    result = getattr(operator, left["method"])({}, event, **state)
    if kind == "sweep":
        assert result["outcomes"] == {"cancelled": 4}
        assert {order["order_id"] for order in result["orders"]} == set(placed)
    else:
        assert (result["order_id"], result["outcome"]) == (placed[3], "cancelled")
    gone = placed if kind == "sweep" else [placed[3]]
    assert {order.order_id for order in sandbox.live(venue)} == {*placed, left_alone} - set(gone)


@pytest.mark.parametrize("kind", ["sweep", "single"])
def test_a_triggerer_of_0_1_0_would_take_what_is_stored_now(venue: str, kind: str) -> None:
    """Its triggers had these arguments, and no other."""
    class_path, arguments = stored(venue, kind, ["1", "2", "3", "4"])["trigger"]
    assert OrderStatusTrigger(**arguments).serialize() == (class_path, arguments)


def test_the_record_of_an_earlier_attempt_tells_nothing(
    sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not say of which account it is."""
    placed = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]
    for order_id in placed[:2]:
        sandbox.book(venue).finish(order_id, State.CANCELLED)
    # A digest of the arguments, the connection's id among them, says what the attempt was about.
    monkeypatch.setenv("AIRFLOW_CONN_STORED", json.dumps(sandbox.connection(venue)))
    store = Store()
    store.kept["orders"] = json.dumps(stored(venue, "attempt", placed))
    result = sweep("stored", store)
    assert [order["order_id"] for order in result["orders"]] == placed[2:]
    assert result["outcomes"] == {"cancelled": 1}
    assert sandbox.live(venue) == []
