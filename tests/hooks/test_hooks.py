"""Hooks, on Airflow connections, against the paper exchange."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ConnectionConfigError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
)
from airflow_provider_exchange.exchanges.http import HttpExchange
from airflow_provider_exchange.hooks.bitopro import BitoProHook
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.loopring import LoopringHook
from airflow_provider_exchange.hooks.nami import NamiHook
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.stepping import first_call

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

HOOKS = {"nami": NamiHook, "bitopro": BitoProHook, "loopring": LoopringHook}


def test_the_connections_type_picks_the_hook(connect: Connect, venue: str) -> None:
    assert type(ExchangeHook.for_connection(connect(venue))) is HOOKS[venue]


def test_a_venues_hook_wants_its_own_type(connect: Connect) -> None:
    hook = NamiHook(connect("bitopro"))
    with pytest.raises(ConnectionConfigError, match="needs one of type 'nami'"):
        hook.list_open_orders()


def test_an_unknown_type_is_refused_with_the_known_ones(connect: Connect) -> None:
    conn_id = connect("nami", conn_type="http")
    with pytest.raises(ConnectionConfigError, match="bitopro, ccxt, loopring, nami"):
        ExchangeHook.for_connection(conn_id)
    with pytest.raises(ConnectionConfigError, match="bitopro, ccxt, loopring, nami"):
        ExchangeHook(conn_id).list_open_orders()


def test_a_missing_connection_is_airflows_own_error() -> None:
    with pytest.raises(AirflowNotFoundException):
        ExchangeHook.for_connection("never_made")


def test_a_hook_looks_nothing_up_when_it_is_made() -> None:
    assert NamiHook().exchange_conn_id == "nami_default"
    assert BitoProHook().exchange_conn_id == "bitopro_default"
    assert LoopringHook("never_made").exchange_conn_id == "never_made"


def test_an_order_is_read(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    placed = sandbox.place(venue, SYMBOLS[venue], side="BUY", quantity=2, filled=1)
    order = ExchangeHook.for_connection(connect(venue)).get_order(placed.order_id, SYMBOLS[venue])
    assert (order.order_id, order.symbol, order.state) == (placed.order_id, SYMBOLS[venue], OrderState.OPEN)
    sandbox.book(venue).fill(placed.order_id)
    assert ExchangeHook(connect(venue)).get_order(placed.order_id, SYMBOLS[venue]).state is OrderState.FILLED


def test_an_order_that_never_was_is_not_found(connect: Connect, venue: str) -> None:
    order_id = "0x7" if venue == "loopring" else "7"
    with pytest.raises(OrderNotFoundError) as caught:
        ExchangeHook(connect(venue)).get_order(order_id, SYMBOLS[venue])
    assert caught.value.exchange == venue


def test_open_orders_are_listed(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    here = sandbox.place(venue, SYMBOLS[venue]).order_id
    there = sandbox.place(venue, OTHER_SYMBOLS[venue], stop_price=90).order_id
    sandbox.place(venue, SYMBOLS[venue], state="cancelled")
    hook = ExchangeHook.for_connection(connect(venue))
    assert {order.order_id for order in hook.list_open_orders()} == {here, there}
    assert [order.order_id for order in hook.list_open_orders(OTHER_SYMBOLS[venue])] == [there]


def test_cancels_confirm(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(5)]
    assert hook.cancel_order(ids[0], SYMBOLS[venue]).outcome is Outcome.CANCELLED
    assert hook.cancel_orders(ids[1:3], SYMBOLS[venue]).outcomes == {Outcome.CANCELLED: 2}
    assert [order.order_id for order in sandbox.live(venue)] == ids[3:]
    assert hook.cancel_all_orders().summary()["outcomes"] == {"cancelled": 2}
    assert sandbox.live(venue) == []


def test_several_orders_are_read_in_few_requests(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    live = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(10)]
    ended = [sandbox.place(venue, SYMBOLS[venue], state="cancelled").order_id for _ in range(10)]
    hook = ExchangeHook.for_connection(connect(venue))
    orders = hook.read_orders(hook.check_orders(live + ended, SYMBOLS[venue]))
    assert [order.state.is_terminal for order in orders if order] == [False] * 10 + [True] * 10
    # BitoPro has both lists for margin orders, too, and Loopring one for stop orders.
    assert len(sandbox.request_log) == {"nami": 2, "bitopro": 4, "loopring": 3}[venue]


def test_an_unknown_order_among_several_is_none(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    known = sandbox.place(venue, SYMBOLS[venue]).order_id
    unknown = "0x7" if venue == "loopring" else "7"
    hook = ExchangeHook.for_connection(connect(venue))
    first, second = hook.read_orders(hook.check_orders([unknown, known], SYMBOLS[venue]))
    assert first is None
    assert second is not None


def test_reading_several_fails_at_the_first_trouble(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    refs = hook.check_orders([sandbox.place(venue, SYMBOLS[venue]).order_id], SYMBOLS[venue])
    sandbox.faults.add(Fault("status", status=503, times=1))
    with pytest.raises(ExchangeUnavailableError):
        hook.read_orders(refs)
    assert len(sandbox.request_log) == 1


def test_bad_arguments_are_refused_before_anything_is_sent(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    for attempt in (
        lambda: hook.get_order(),
        lambda: hook.get_order("all", SYMBOLS[venue]),
        lambda: hook.list_open_orders(""),
        lambda: hook.cancel_order("", SYMBOLS[venue]),
        lambda: hook.cancel_orders([]),
        lambda: hook.cancel_orders(None),
        lambda: hook.cancel_all_orders(symbols=None),
        lambda: hook.cancel_all_orders(options={"nope": True}),
    ):
        with pytest.raises(InvalidOrderRequest):
            attempt()
    assert sandbox.request_log == []


def test_the_connection_test_reads_and_tells_the_clocks(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    ok, message = ExchangeHook.for_connection(connect(venue)).test_connection()
    assert ok, message
    assert "accepts the key for reading" in message
    assert "clock" in message
    assert sandbox.mutations() == []


def test_the_connection_test_explains_a_refusal(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    ok, message = ExchangeHook.for_connection(connect(venue, login="wrong-key-of-mine")).test_connection()
    assert not ok
    assert "wrong-key-of-mine" not in message
    assert sandbox.connection(venue)["password"] not in message


def test_the_connection_test_explains_a_missing_field(connect: Connect, venue: str) -> None:
    ok, message = ExchangeHook.for_connection(connect(venue, password=None)).test_connection()
    assert not ok
    assert "password is missing" in message


@pytest.mark.parametrize(
    ("venue", "changes", "words"),
    [
        ("bitopro", {"extra": {}}, ["extra 'identity'", "missing", "e-mail"]),
        ("bitopro", {"extra": {"identity": ""}}, ["extra 'identity'", "missing"]),
        ("bitopro", {"login": "two words"}, ["login", "blanks"]),
        ("nami", {"login": None}, ["login", "missing", "API key"]),
        ("nami", {"password": " "}, ["password", "missing", "API secret"]),
        ("nami", {"extra": {"batch_signing": "sha1"}}, ["extra 'batch_signing'", "unknown", "url_search_params"]),
        ("nami", {"extra": {"allow_notification": "perhaps"}}, ["extra 'allow_notification'", "true"]),
        ("nami", {"extra": "[1]"}, ["extra", "JSON object"]),
        ("nami", {"extra": "{"}, ["extra", "JSON object"]),
        ("nami", {"extra": {"timeout": "soon"}}, ["extra 'timeout'", "number between"]),
        ("nami", {"extra": {"timeout": -1}}, ["extra 'timeout'", "number between"]),
        ("nami", {"extra": {"timeout": "1e999"}}, ["extra 'timeout'", "number between"]),
        ("nami", {"extra": {"rate_limit": True}}, ["extra 'rate_limit'", "number between"]),
        ("nami", {"extra": {"verify": False}}, ["extra 'verify'", "CA bundle"]),
        ("nami", {"extra": {"proxy": "proxy.example"}}, ["extra 'proxy'", "URL"]),
        ("nami", {"host": "http://api.example"}, ["host", "plain http", "https"]),
        ("nami", {"host": "api.example", "schema": "http"}, ["host", "plain http"]),
        ("nami", {"host": "http://localhost.example"}, ["host", "plain http"]),
        ("nami", {"host": "http://127.0.0.1.example"}, ["host", "plain http"]),
        ("nami", {"host": "ftp://api.example"}, ["schema", "https"]),
        ("nami", {"host": "https://api.example/path"}, ["host", "more than a host"]),
        ("nami", {"host": "https://user@api.example"}, ["host", "more than a host"]),
        ("nami", {"host": "https://api.example?x"}, ["host", "more than a host"]),
        ("nami", {"host": "api example"}, ["host", "not a host name"]),
        ("nami", {"host": "https://[::1"}, ["host", "not a host name"]),
        ("nami", {"host": None, "port": 8443}, ["host", "empty"]),
        ("nami", {"host": None, "schema": "http"}, ["host", "empty"]),
        ("loopring", {"extra": {}}, ["extra 'account_id'", "missing"]),
        ("loopring", {"extra": {"account_id": "me"}}, ["extra 'account_id'", "whole number"]),
        ("loopring", {"extra": {"account_id": "-5"}}, ["extra 'account_id'", "whole number"]),
        ("loopring", {"password": "xyz"}, ["password", "neither hex nor decimal"]),
        ("loopring", {"password": "0x"}, ["password", "neither hex nor decimal"]),
        ("loopring", {"password": "0"}, ["password", "out of range"]),
        ("loopring", {"password": "0x" + "f" * 64}, ["password", "out of range"]),
        ("loopring", {"password": None}, ["password", "missing", "EdDSA"]),
    ],
)
def test_a_bad_connection_names_the_field_and_the_remedy(
    connect: Connect, sandbox: RunningSandbox, venue: str, changes: dict[str, Any], words: list[str]
) -> None:
    conn_id = connect(venue, **changes)
    try:
        hook = ExchangeHook.for_connection(conn_id)
    except AirflowNotFoundException:
        assert isinstance(changes["extra"], str)
        pytest.skip("this Airflow itself refuses an extra that is no JSON object")
    with pytest.raises(ConnectionConfigError) as caught:
        hook.list_open_orders()
    message = str(caught.value)
    assert all(word in message for word in ["exchange_under_test", *words])
    assert sandbox.connection(venue)["password"] not in message
    assert "fff" not in message
    assert sandbox.request_log == []


@pytest.mark.parametrize(
    ("changes", "base_url"),
    [
        ({"host": None}, "https://nami.exchange"),
        ({"host": ""}, "https://nami.exchange"),
        ({"host": None, "schema": "https", "port": 443}, "https://nami.exchange"),
        ({"host": None, "port": 0}, "https://nami.exchange"),
        ({"host": "api.example"}, "https://api.example"),
        ({"host": "https://api.example/"}, "https://api.example"),
        ({"host": "api.example", "schema": "https", "port": 8443}, "https://api.example:8443"),
        ({"host": "api.example:8443"}, "https://api.example:8443"),
        ({"host": "localhost", "schema": "http", "port": 80}, "http://localhost:80"),
        ({"host": "http://[::1]:8080"}, "http://[::1]:8080"),
    ],
)
def test_the_host_may_be_spelt_in_several_ways(connect: Connect, changes: dict[str, Any], base_url: str) -> None:
    exchange = ExchangeHook(connect("nami", **changes)).exchange
    assert isinstance(exchange, HttpExchange)
    assert exchange.base_url == base_url


def test_a_connection_from_a_uri_is_the_same(
    sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = sandbox.connection(venue)
    query = "&".join(f"{name}={quote(str(value))}" for name, value in fields.get("extra", {}).items())
    host = quote(fields["host"], safe="")
    uri = f"{venue}://{quote(fields['login'])}:{quote(fields['password'])}@{host}/?{query}"
    monkeypatch.setenv("AIRFLOW_CONN_FROM_URI", uri)
    ok, message = ExchangeHook.for_connection("from_uri").test_connection()
    assert ok, message


def test_rate_limit_and_timeout_come_from_the_connection(connect: Connect) -> None:
    extra = json.dumps({"timeout": 3, "rate_limit": "2"})
    hook = ExchangeHook(connect("nami", extra=extra))
    planner, call = hook.planner, first_call(hook.exchange.probe())
    assert planner.timeout_until(float("inf")) == 3
    for _ in range(2):
        turn = planner.turn(call)
        assert turn.wait() == 0
        turn.begin()
        turn.done()
    assert planner.turn(call).wait() > 0


def test_a_wrong_secret_is_an_authentication_error(connect: Connect) -> None:
    with pytest.raises(AuthenticationError):
        ExchangeHook(connect("bitopro", password="wrong")).list_open_orders()
