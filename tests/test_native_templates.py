"""
Templates under Airflow's native rendering, which makes a number of a text that looks like one.

``2026_11_21`` becomes 20261121 and ``0x10`` becomes 16. Whatever is named after that is what the text named, or an
error says what happened.
"""

from __future__ import annotations

from ast import literal_eval
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import SYMBOLS
from tests.connections import connect, running, sandbox
from tests.exchanges.evidence import EVIDENCE, Evidence
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

__all__ = ["connect", "running", "sandbox"]

NATIVE: dict[str, Any] = {"render_template_as_native_obj": True, "schedule": None}
RENDERING = CancelOrderOperator(task_id="rendering", exchange_conn_id="none", dag=DAG("rendering", **NATIVE))
ENVIRONMENT = RENDERING.get_template_env()
BARE = "{{ value }}"
QUOTED = "'{{ value }}'"
AS_JSON = "{{ value | tojson }}"
"""A template that names something, and two that keep it a text."""


def rendered(template: Any, value: Any) -> Any:
    """Render a template as an operator of a DAG with native rendering does."""
    context: Any = {"value": value}
    return RENDERING.render_template(template, context, jinja_env=ENVIRONMENT)


def run_operator(kind: type, value: Any, **arguments: Any) -> None:
    task = kind(task_id="task", poll_interval=0.05, timeout=10, **arguments, dag=DAG("run", **NATIVE))
    context: Any = {"value": value}
    task.render_template_fields(context)
    Task(task).run()


def run_sensor(value: Any, **arguments: Any) -> None:
    sensor = OrderStatusSensor(task_id="task", **arguments, dag=DAG("run", **NATIVE))
    context: Any = {"value": value}
    sensor.render_template_fields(context)
    sensor.poke(context)


def run_notifier(value: Any, **arguments: Any) -> None:
    notifier = CancelAllOrdersNotifier(poll_interval=0.05, **arguments)
    context: Any = {"dag": DAG("run", **NATIVE), "value": value}
    notifier.render_template_fields(context)
    notifier.notify(context)


def cancel_one(value: Any, **arguments: Any) -> None:
    run_operator(CancelOrderOperator, value, **arguments)


def cancel_all(value: Any, **arguments: Any) -> None:
    run_operator(CancelAllOrdersOperator, value, **arguments)


def named(run: Callable[..., None], **names: str) -> dict[str, Any]:
    """The arguments that name one order, in the form that what runs takes."""
    return names if run is cancel_one else {"orders": [names]}


refused = pytest.raises((InvalidOrderRequest, AirflowFailException), match="render_template_as_native_obj")
each_that_names = pytest.mark.parametrize("run", [cancel_one, cancel_all, run_notifier, run_sensor])
each_that_sweeps = pytest.mark.parametrize("run", [cancel_all, run_notifier])


# -- what Airflow does


@pytest.mark.parametrize(("template", "value", "expected"), [
    (BARE, "2026_11_21", 20261121),
    (BARE, "0x10", 16),
    (BARE, "1e3", 1000.0),
    ("{{ value | string }}", "2026_11_21", 20261121),
    ("2026_11", "", 202611),
    (BARE, "0042", "0042"),
    (BARE, "myBot-1", "myBot-1"),
    (QUOTED, "2026_11_21", "2026_11_21"),
    (AS_JSON, "2026_11_21", "2026_11_21"),
    (AS_JSON, "it's", "it's"),
])  # fmt: skip
def test_what_airflow_makes_of_a_text(template: str, value: str, expected: Any) -> None:
    """The error message advises quotes or ``tojson`` because of this; the filter ``string`` does not help."""
    made = rendered(template, value)
    assert (made, isinstance(made, str)) == (expected, isinstance(expected, str))


# -- the law


def of_literal(text: str) -> Any:
    """Return what Python reads in a text; None if it is no literal."""
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):
        return None


numbers = st.one_of(
    st.from_regex(r"\A[0-9]{1,8}(_[0-9]{1,4}){0,3}\Z"),
    st.from_regex(r"\A0[xXbBoO][0-9a-fA-F_]{1,66}\Z"),
    st.from_regex(r"\A[+-]?[0-9]{1,4}([.][0-9]{1,4})?([eE][+-]?[0-9]{1,2})?[jJ]?\Z"),
)


@pytest.mark.parametrize("kind", ["order_id", "client_order_id", "symbol"])
@pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)
@given(data=st.data())
def test_a_name_stays_the_same_name_or_is_refused(venue: Evidence, kind: str, data: st.DataObject) -> None:
    grammar = getattr(venue.exchange, f"{kind}s")
    if grammar is None:
        return
    check = getattr(venue.exchange, f"check_{kind}")
    text = data.draw(st.from_regex(grammar.pattern, fullmatch=True) | numbers, label="text")
    try:
        name = check(text)
    except InvalidOrderRequest:
        name = None
    if name is not None and not set("'\\") & set(text):
        assert check(rendered(QUOTED, text)) == name
    if name is not None and all(ord(character) < 0x10000 for character in text):
        assert check(rendered(AS_JSON, text)) == name
    try:
        other = check(rendered(BARE, text))
    except InvalidOrderRequest:
        return
    if isinstance(of_literal(text), str):
        return  # the quotes of a name that has some are gone; AS_JSON keeps them
    if name is None:
        # Where ids are numbers, 1_000 is no id, but the number that Python reads in it is one.
        assert grammar.number_format is not None
        assert other == check(int(text, 0))
    else:
        assert other == name


# -- orders at the paper exchange


@each_that_names
def test_a_number_is_no_client_order_id_where_these_are_texts(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None]
) -> None:
    sandbox.place("loopring", "LRC-ETH", client_order_id="20261121")
    sandbox.place("loopring", "LRC-ETH", client_order_id="2026_11_21")
    with refused:
        run(
            "2026_11_21", exchange_conn_id=connect("loopring"), **named(run, client_order_id=BARE, symbol="LRC-ETH")
        )
    assert sandbox.request_log == []


@pytest.mark.parametrize("template", [QUOTED, AS_JSON])
@pytest.mark.parametrize("run", [cancel_one, cancel_all, run_notifier])
def test_a_quoted_template_names_the_order(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None], template: str
) -> None:
    kept = sandbox.place("loopring", "LRC-ETH", client_order_id="20261121")
    sandbox.place("loopring", "LRC-ETH", client_order_id="2026_11_21")
    names = named(run, client_order_id=template, symbol="LRC-ETH")
    run("2026_11_21", exchange_conn_id=connect("loopring"), **names)
    assert sandbox.live("loopring") == [kept]


@each_that_sweeps
@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_a_number_is_no_prefix(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None], venue: str
) -> None:
    sandbox.place(venue, SYMBOLS[venue], client_order_id="202611007")
    with refused:
        run("2026_11", exchange_conn_id=connect(venue), client_order_id_prefix=BARE)
    assert sandbox.request_log == []
    run("202611", exchange_conn_id=connect(venue), client_order_id_prefix=QUOTED)
    assert sandbox.live(venue) == []


@each_that_sweeps
@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_a_number_is_no_excepted_prefix(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None], venue: str
) -> None:
    kept = sandbox.place(venue, SYMBOLS[venue], client_order_id="202611007")
    sandbox.place(venue, SYMBOLS[venue], client_order_id="802611007")
    with refused:
        run("2026_11", exchange_conn_id=connect(venue), except_client_order_id_prefix=BARE)
    assert sandbox.request_log == []
    run("202611", exchange_conn_id=connect(venue), except_client_order_id_prefix=QUOTED)
    assert sandbox.live(venue) == [kept]


@each_that_sweeps
@pytest.mark.parametrize("template", ["{{ value }}", ["{{ value[0] }}"]])
def test_excepted_markets_may_be_a_template(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None], template: Any
) -> None:
    kept = sandbox.place("nami", "BTCUSDT")
    sandbox.place("nami", "ETHUSDT")
    run(["BTC/USDT"], exchange_conn_id=connect("nami"), except_symbols=template)
    assert sandbox.live("nami") == [kept]


@each_that_sweeps
@pytest.mark.parametrize("field", ["symbols", "side", "except_symbols"])
def test_a_number_is_no_symbol_and_no_side(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None], field: str
) -> None:
    with refused:
        run("1_000", exchange_conn_id=connect("nami"), **{field: BARE if field == "side" else [BARE]})
    assert sandbox.request_log == []


@each_that_names
@pytest.mark.parametrize("order_id", ["0x" + "0" * 6 + "a1" * 29, "0x" + "b2" * 32])
@pytest.mark.parametrize("spelling", [str, lambda order_id: f"0x{int(order_id, 16):X}"], ids=["whole", "short"])
def test_a_number_is_an_order_hash(
    connect: Connect,
    sandbox: RunningSandbox,
    run: Callable[..., None],
    order_id: str,
    spelling: Callable[[str], str],
) -> None:
    sandbox.place("loopring", "LRC-ETH", order_id=order_id, state="cancelled" if run is run_sensor else None)
    kept = sandbox.place("loopring", "LRC-ETH")
    run(spelling(order_id), exchange_conn_id=connect("loopring"), **named(run, order_id=BARE))
    assert sandbox.live("loopring") == [kept]


@each_that_names
@pytest.mark.parametrize("venue", ["nami", "bitopro"])
def test_a_number_is_an_order_id_where_these_are_numbers(
    connect: Connect, sandbox: RunningSandbox, run: Callable[..., None], venue: str
) -> None:
    state = "cancelled" if run is run_sensor else None
    order = sandbox.place(venue, SYMBOLS[venue], state=state)
    kept = sandbox.place(venue, SYMBOLS[venue])
    for value in (order.order_id, int(order.order_id)):  # a text that is rendered to a number, and one from JSON
        run(value, exchange_conn_id=connect(venue), **named(run, order_id=BARE, symbol=SYMBOLS[venue]))
    assert sandbox.live(venue) == [kept]


def test_leading_zeros_are_kept(connect: Connect, sandbox: RunningSandbox) -> None:
    """Python reads no number in ``0042``; it does in ``00``, which is refused because it may have been ``0``."""
    kept = [sandbox.place("bitopro", "btc_usdt", order_id=order_id) for order_id in ("42", "0")]
    sandbox.place("bitopro", "btc_usdt", order_id="0042")
    names = named(cancel_one, order_id=BARE, symbol="btc_usdt")
    cancel_one("0042", exchange_conn_id=connect("bitopro"), **names)
    assert sandbox.live("bitopro") == kept
    with pytest.raises(AirflowFailException, match="not a positive number"):
        cancel_one("00", exchange_conn_id=connect("bitopro"), **names)
    assert sandbox.live("bitopro") == kept
