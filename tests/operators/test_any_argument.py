"""What is no argument is an error for good, whatever it is and wherever it comes from: no retry mends it."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import (
    DAG,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
)
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ConnectionConfigError, InvalidOrderRequest, TransientError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.rendered import LargeNumber, storable
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.nothing import SELECTORS, label
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

HASH = "0x05a97490e92ded027f65c4bebf3bad63813f4ce8c7255335894566b2eee90206"
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]

VALUES: list[Any] = [
    *(True, -1, 1.5, 1e300, inf, nan, 2**70, -(2**70), 10**5000),
    *("soon", "False", "1e999", "[[1]]", "\ud800", "a\x00b", "{{ x", {}, {"a": 2**70}, {"order_id": inf}),
    *([], [None], [[]], [2**70], [nan], ["\ud800"], [{"order_id": {}}], [{"order_id": 2**70, "symbol": []}], DEEP),
]
GOOD = (1.5, 2**70, [2**70])
"""A time for which the tests do not wait, and names of an order that is not there."""
each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: "deep" if value is DEEP else label(value))

ONE = ("exchange_conn_id", "order_id", "client_order_id", "symbol", "options")
SELECTION = ("exchange_conn_id", *SELECTORS, "options", "older_than")
WAITING = ("timeout", "poll_interval")
OPERATORS: dict[type[Any], tuple[str, ...]] = {
    CancelOrderOperator: (*ONE, *WAITING, "wait_for_completion", "deferrable", "on_filled"),
    CancelAllOrdersOperator: (*SELECTION, *WAITING, "max_orders", "flat_for", "dry_run", "deferrable"),
    OrderStatusSensor: (
        "order_id",
        "order_ids",
        "orders",
        "symbol",
        "target_states",
        "failed_states",
        "deferrable",
    ),
}
ARGUMENTS = [(kind, name) for kind, names in OPERATORS.items() for name in names]


def store(operator: Any) -> None:
    """Send the rendered fields to nobody, as Airflow 3 sends them to its supervisor, and that to the API server."""
    runner = pytest.importorskip("airflow.sdk.execution_time.task_runner")
    msgspec, httpx = pytest.importorskip("msgspec"), pytest.importorskip("httpx")
    fields = runner._serialize_rendered_fields(operator)
    msgspec.msgpack.encode(fields)
    httpx.Request("PUT", "http://127.0.0.1", json=fields)


def run(kind: type[Any], **arguments: Any) -> Any:
    """Make, render, store and run a task, as for one of a mapped operator that all happens in the worker."""
    pytest.importorskip("airflow.sdk.execution_time.task_runner")  # before anything odd is written to the log
    quick = {"poke_interval": 0.05, "timeout": 0.1} if kind is OrderStatusSensor else {"timeout": 0.3}
    operator = kind(
        task_id="task", dag=DAG("dag", schedule=None, render_template_as_native_obj=True), **{**quick, **arguments}
    )
    context: Any = {}
    operator.render_template_fields(context)
    store(operator)
    return Task(operator).run()


def sample(kind: type[Any], conn_id: str, name: str, value: Any) -> dict[str, Any]:
    names = {"client_order_id", "order_ids", "orders", "order_id"}
    given_: dict[str, Any] = {} if kind is CancelAllOrdersOperator or name in names else {"order_id": HASH}
    return {"exchange_conn_id": conn_id, **given_, name: value}


@each_value
@pytest.mark.parametrize(("kind", "name"), ARGUMENTS, ids=lambda part: getattr(part, "__name__", part))
def test_it_works_or_is_an_error_for_good(
    connect: Connect, sandbox: RunningSandbox, kind: type[Any], name: str, value: Any
) -> None:
    sandbox.place("loopring", "LRC-ETH", order_id=HASH, state="cancelled")
    try:
        run(kind, **sample(kind, connect("loopring"), name, value))
    except (TransientError, AirflowSensorTimeout):
        assert value in GOOD or name == "client_order_id"
    except AirflowNotFoundException:
        assert name == "exchange_conn_id"
    except AirflowFailException:
        assert sandbox.mutations() == []


@pytest.mark.parametrize("name", ["order_id", "symbol", "timeout", "poll_interval", "options", "client_order_id"])
@each_value
def test_the_hooks_cancel_of_one(connect: Connect, sandbox: RunningSandbox, name: str, value: Any) -> None:
    sandbox.place("loopring", "LRC-ETH", order_id=HASH, state="cancelled")
    given_ = {name: value} if name == "client_order_id" else {"order_id": HASH, name: value}
    try:
        ExchangeHook.for_connection(connect("loopring")).cancel_order(**{"timeout": 0.3, **given_})
    except InvalidOrderRequest:
        assert sandbox.request_log == []
    except TransientError:
        assert value in GOOD or name == "client_order_id"


@pytest.mark.parametrize("name", ["symbols", "orders", "side", "older_than", "max_orders", "flat_for", "timeout"])
@each_value
def test_the_hooks_and_the_notifiers_sweep(connect: Connect, name: str, value: Any) -> None:
    hook = ExchangeHook.for_connection(connect("loopring"))
    quick = {"timeout": 0.3, name: value}
    for sweep in (
        lambda: hook.cancel_all_orders(**quick),
        lambda: CancelAllOrdersNotifier("exchange_under_test", **quick).notify({}),
    ):
        with suppress(InvalidOrderRequest, AirflowFailException, TransientError):
            sweep()


@pytest.mark.parametrize("value", [None, "", " ", 5, [], {}, 2**70], ids=label)
def test_what_is_no_id_of_a_connection(value: Any) -> None:
    with pytest.raises(ConnectionConfigError):
        ExchangeHook.for_connection(value)


@pytest.mark.parametrize("kind", [CancelOrderOperator, CancelAllOrdersOperator, OrderStatusSensor])
@pytest.mark.parametrize("by", ["template", "value"])
def test_a_hash_that_became_a_number_names_its_order(
    connect: Connect, sandbox: RunningSandbox, kind: type[Any], by: str
) -> None:
    sandbox.place("loopring", "LRC-ETH", order_id=HASH, state="cancelled" if kind is OrderStatusSensor else None)
    kept = sandbox.place("loopring", "LRC-ETH")
    order_id = f"{{{{ '{HASH}' }}}}" if by == "template" else int(HASH, 16)
    names = {"orders": [{"order_id": order_id}]} if kind is CancelAllOrdersOperator else {"order_id": order_id}
    extra = {} if kind is OrderStatusSensor else {"timeout": 10, "poll_interval": 0.05}
    run(kind, exchange_conn_id=connect("loopring"), **names, **extra)
    assert sandbox.live("loopring") == [kept]


@pytest.mark.parametrize("argument", [{"timeout": "soon"}, {"poll_interval": -1}, {"order_id": [inf]}])
def test_a_mapped_task_fails_for_good(connect: Connect, argument: dict[str, Any]) -> None:
    """Airflow makes its operator only as it runs, from what was pushed."""
    with DAG("mapped", schedule=None):
        mapped = CancelOrderOperator.partial(
            task_id="task",
            exchange_conn_id=connect("loopring"),
            **({} if "order_id" in argument else {"order_id": HASH}),
        ).expand_kwargs([argument])
    context: Any = {}
    with pytest.raises(AirflowFailException):
        mapped.unmap(argument).render_template_fields(context)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("kind", [CancelOrderOperator, OrderStatusSensor])
@pytest.mark.parametrize(
    "template", ["{{ missing }}", "{{ nothing['order_id'] }}", "{{ nothing.order_id }}", "{{ missing.order_id }}"]
)
def test_a_template_that_names_what_is_not_there(kind: type[Any], template: str, native: bool) -> None:
    """Such as an XCom that nobody pushed, which is None."""
    dag = DAG("dag", schedule=None, render_template_as_native_obj=native)
    operator = kind(task_id="task", dag=dag, exchange_conn_id="unused", order_id=template)
    context: Any = {"nothing": None}
    with pytest.raises(AirflowFailException, match=r"template (that )?names what is not there"):
        operator.render_template_fields(context)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**80), 10**80) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_what_is_storable_can_be_stored_and_stays_what_it_is(value: Any) -> None:
    try:
        made = storable(value)
    except ValueError:
        return
    text = json.dumps(made, default=partial(str), allow_nan=False)
    text.encode()
    assert json.dumps(made, default=LargeNumber.__index__, allow_nan=False) == json.dumps(value)
