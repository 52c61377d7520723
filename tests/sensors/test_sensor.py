"""The sensor: its arguments, its trigger, how little it asks. How it ends is a table in ``tests/triggers``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
)

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
)
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
from airflow_provider_exchange.triggers.shared_reader import shared_reader
from tests.accounts import SYMBOLS
from tests.nothing import NOT_A_NAME, NOT_A_SELECTION, label
from tests.tasks import Task
from tests.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


def end(sandbox: RunningSandbox, ids: list[str], state: str) -> None:
    from airflow_provider_exchange.sandbox.book import State

    for order_id in ids:
        sandbox.book("nami").finish(order_id, State(state))


class following:  # noqa: N801  (reads as a statement)
    """Let something happen before each read of the open list."""

    def __init__(
        self, sandbox: RunningSandbox, ids: list[str], happens: Callable[[RunningSandbox, list[str], int], None]
    ) -> None:
        self.sandbox, self.ids, self.happens = sandbox, ids, happens
        self.reads = 0

    def __enter__(self) -> None:
        book = self.sandbox.book("nami")
        self.view = book.view

        def view(lag: int = 0) -> Any:
            self.happens(self.sandbox, self.ids, self.reads)
            self.reads += 1
            return self.view(lag)

        book.view = view  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self.sandbox.book("nami").view = self.view  # type: ignore[method-assign]


@pytest.mark.parametrize("deferrable", [False, True])
def test_one_order_of_each_venue(connect: Connect, sandbox: RunningSandbox, venue: str, deferrable: bool) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue], state="cancelled").order_id
    sensor = OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=connect(venue),
        order_id=order_id,
        symbol=SYMBOLS[venue],
        deferrable=deferrable,
    )
    (pushed,) = Task(sensor).run()
    assert (pushed["order_id"], pushed["state"]) == (order_id, "cancelled")
    # Nami has two lists; BitoPro has two books, and an order that had ended on spot might be live on margin.
    assert len(sandbox.request_log) == {"nami": 2, "bitopro": 2, "loopring": 1}[venue]


def test_orders_of_another_task(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue], state="cancelled").order_id
    listed = [{"exchange": venue, "order_id": order_id, "symbol": SYMBOLS[venue], "outcome": "cancelled"}]
    sensor = OrderStatusSensor(task_id="watch", exchange_conn_id=connect(venue), orders=listed)
    assert len(Task(sensor).run()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"order_id": "1", "order_ids": ["1"]},
        {"order_ids": []},
        {"orders": []},
        {"orders": [{}]},
        {"order_ids": "1"},
        {"order_ids": [""]},
        {"order_ids": [None]},
        {"order_id": "1", "target_states": []},
        {"order_id": "1", "target_states": None},
        {"order_id": "1", "target_states": ["cancelled", "unknown"]},
        {"order_id": "1", "target_states": ["filled"], "failed_states": ["filled"]},
        {"order_id": "1", "failed_states": "nonsense"},
    ],
    ids=str,
)
def test_bad_arguments_are_refused_before_anything_is_sent(
    connect: Connect, sandbox: RunningSandbox, arguments: dict[str, Any]
) -> None:
    sensor = OrderStatusSensor(
        task_id="watch", exchange_conn_id=connect("nami"), **{"symbol": "BTCUSDT", **arguments}
    )
    with pytest.raises(AirflowFailException) as caught:
        Task(sensor).run()
    assert type(caught.value.__cause__) is InvalidOrderRequest
    assert sandbox.request_log == []


@in_turn("value", [value for value in NOT_A_NAME if value is not None], ids=label)
def test_no_name_is_waited_for(connect: Connect, sandbox: RunningSandbox, venue: str, value: Any) -> None:
    sensor = OrderStatusSensor(
        task_id="watch", exchange_conn_id=connect(venue), order_id=value, symbol=SYMBOLS[venue]
    )
    with pytest.raises(AirflowFailException):
        Task(sensor).run()
    assert sandbox.request_log == []


@pytest.mark.parametrize("field", ["order_ids", "orders"])
@in_turn("value", [value for value in NOT_A_SELECTION if value is not None], ids=label)
def test_no_list_is_waited_for(connect: Connect, sandbox: RunningSandbox, field: str, value: Any) -> None:
    sensor = OrderStatusSensor(
        task_id="watch", exchange_conn_id=connect("nami"), symbol="BTCUSDT", **{field: value}
    )
    with pytest.raises(AirflowFailException):
        Task(sensor).run()
    assert sandbox.request_log == []


@pytest.mark.parametrize("event", [None, {}, "reached", {"status": "else"}, {"status": "error", "error": {}}])
def test_an_event_that_is_not_ours_proves_nothing(event: Any) -> None:
    sensor = OrderStatusSensor(task_id="watch", exchange_conn_id="x", order_id="1")
    with pytest.raises(ExchangeError, match="trigger's event"):
        sensor.execute_complete({}, event)


def trigger(conn_id: str, ids: list[str], **changes: Any) -> OrderStatusTrigger:
    arguments = {
        "exchange_conn_id": conn_id,
        "orders": [{"order_id": order_id, "symbol": "BTCUSDT", "client_order_id": None} for order_id in ids],
        "target_states": ["cancelled"],
        "failed_states": [],
        "poke_interval": 0.1,
        "end_time": 4e9,
        **changes,
    }
    return OrderStatusTrigger(**arguments)


async def first_event(waiting: OrderStatusTrigger) -> Any:
    async with aclosing(waiting.run()) as events:  # type: ignore[type-var]
        async for event in events:
            return event.payload
    raise AssertionError("no event")


def test_a_trigger_can_be_made_again_from_what_it_stores() -> None:
    made = trigger("c", ["1"])
    class_path, kwargs = made.serialize()
    assert class_path == "airflow_provider_exchange.triggers.orders.OrderStatusTrigger"
    assert OrderStatusTrigger(**kwargs).serialize() == made.serialize()
    assert set(kwargs) == {
        "exchange_conn_id",
        "orders",
        "target_states",
        "failed_states",
        "poke_interval",
        "end_time",
    }


def test_triggers_of_one_connection_share_their_reads(connect: Connect, sandbox: RunningSandbox) -> None:
    ids = [sandbox.place("nami", "BTCUSDT", state="cancelled").order_id for _ in range(40)]
    conn_id = connect("nami")

    async def watch_all() -> list[Any]:
        return await asyncio.gather(*(first_event(trigger(conn_id, [order_id])) for order_id in ids))

    events = asyncio.run(watch_all())
    assert {event["status"] for event in events} == {"reached"}
    assert [event["orders"][0]["order_id"] for event in events] == ids
    assert len(sandbox.request_log) <= 4, "forty triggers read as one"


@pytest.mark.parametrize("deferrable", [False, True], ids=["poking", "deferred"])
def test_an_order_that_has_ended_is_not_read_again(
    connect: Connect, sandbox: RunningSandbox, deferrable: bool
) -> None:
    ids = [sandbox.place("nami", "BTCUSDT").order_id for _ in range(3)]

    def happens(_sandbox: RunningSandbox, _ids: list[str], read: int) -> None:
        if read == 2:
            end(sandbox, ids[:1], "cancelled")
        if read == 12:
            end(sandbox, ids[1:], "cancelled")

    sensor = OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=connect("nami"),
        order_ids=ids,
        symbol="BTCUSDT",
        poke_interval=0.05,
        timeout=20,
        deferrable=deferrable,
    )
    with following(sandbox, ids, happens):
        assert [order["order_id"] for order in Task(sensor).run()] == ids
    histories = [each for each in sandbox.request_log if each.route == "history"]
    assert len(sandbox.request_log) - len(histories) > 8, "many looks at the open list"
    assert len(histories) == 2 + deferrable, "one for each time that an order left it, and one for the proof"


def test_a_cancelled_trigger_leaves_no_task_and_disturbs_no_other(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    ids = [sandbox.place("nami", "BTCUSDT").order_id for _ in range(2)]
    conn_id = connect("nami")

    async def scene() -> Any:
        leaving = asyncio.create_task(first_event(trigger(conn_id, ids[:1])))
        staying = asyncio.create_task(first_event(trigger(conn_id, ids[1:])))
        while len(sandbox.request_log) < 3:  # noqa: ASYNC110  (another thread writes it)
            await asyncio.sleep(0.01)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        sandbox.book("nami").cancel(ids[1])
        seen = await staying
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return seen

    assert asyncio.run(scene())["status"] == "reached"
    assert sandbox.mutations() == []
    assert len(sandbox.live("nami")) == 1


def test_a_trigger_without_a_good_connection_tells_why(connect: Connect) -> None:
    event = asyncio.run(first_event(trigger(connect("nami", password=None), ["1"])))
    assert event["status"] == "error"
    assert event["error"]["type"] == "ConnectionConfigError"


def test_a_closed_reader_is_opened_anew(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    conn_id = connect("nami")

    async def scene() -> None:
        for _ in range(2):
            async with shared_reader(conn_id) as reader:
                (order,) = await reader.read(reader.hook.check_orders([order_id], ["BTCUSDT"]))
                assert order is not None
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())
