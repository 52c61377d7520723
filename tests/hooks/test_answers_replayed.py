"""Hooks on recorded answers: the whole way from the wire to the model, for every file."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests_mock

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models import OrderState
from tests.answers import load, names
from tests.exchanges.test_answers import ERRORS

CONNECTIONS: dict[str, dict[str, Any]] = {
    "nami": {"conn_type": "nami", "login": "k", "password": "s"},
    "bitopro": {"conn_type": "bitopro", "login": "k", "password": "s", "extra": {"identity": "me@example.com"}},
    "loopring": {"conn_type": "loopring", "login": "k", "password": "0x5", "extra": {"account_id": "10010"}},
}


@pytest.fixture
def hook(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ExchangeHook:
    monkeypatch.setenv("AIRFLOW_CONN_REPLAYED", json.dumps(CONNECTIONS[request.param]))
    return ExchangeHook.for_connection("replayed")


def replay(mock: requests_mock.Mocker, venue: str, name: str) -> None:
    answer = load(venue, name)
    mock.register_uri(
        requests_mock.ANY,
        requests_mock.ANY,
        status_code=answer["status"],
        headers=answer["headers"],
        content=json.dumps(answer["body"]).encode(),
    )


@pytest.mark.parametrize(
    ("hook", "name"),
    [(venue, name) for venue, expected in ERRORS.items() for name in expected],
    indirect=["hook"],
)
def test_every_error_reaches_the_caller_typed(hook: ExchangeHook, name: str) -> None:
    venue = hook.exchange.name
    with requests_mock.Mocker() as mock:
        replay(mock, venue, name)
        with pytest.raises(ExchangeError) as caught:
            hook.run(hook.exchange.probe(), 5, repeat_reads=False)
    assert type(caught.value) is ERRORS[venue][name]


@pytest.mark.parametrize(
    ("hook", "name", "count"),
    [
        ("nami", "open_orders", 1),
        ("nami", "open_orders_empty", 0),
        ("nami", "open_orders_old_page", 1),
        ("nami", "open_orders_stop_limit", 1),
        ("bitopro", "open_orders", 1),
        ("bitopro", "open_orders_empty", 0),
        ("bitopro", "open_orders_null", 0),
        ("loopring", "orders_empty", 0),
    ],
    indirect=["hook"],
)
def test_open_orders(hook: ExchangeHook, name: str, count: int) -> None:
    with requests_mock.Mocker() as mock:
        replay(mock, hook.exchange.name, name)
        orders = hook.list_open_orders()
    assert len(orders) >= count
    assert bool(orders) == bool(count)
    assert all(order.state is OrderState.OPEN for order in orders)


@pytest.mark.parametrize(
    ("hook", "name"),
    [("bitopro", name) for name in names("bitopro") if name.startswith("order_") or name == "order"]
    + [("loopring", "order")],
    indirect=["hook"],
)
def test_one_order(hook: ExchangeHook, name: str) -> None:
    body = load(hook.exchange.name, name)["body"]
    with requests_mock.Mocker() as mock:
        replay(mock, hook.exchange.name, name)
        order = hook.get_order(body.get("id") or body["hash"], body.get("pair") or body["market"])
    assert order.state is not OrderState.UNKNOWN


@pytest.mark.parametrize("hook", ["nami", "bitopro", "loopring"], indirect=True)
def test_the_connection_test(hook: ExchangeHook) -> None:
    venue = hook.exchange.name
    with requests_mock.Mocker() as mock:
        replay(mock, venue, "api_key" if venue == "loopring" else "balance")
        if venue == "loopring":
            mock.get("https://api3.loopring.io/api/v3/timestamp", json=load(venue, "timestamp")["body"])
        ok, message = hook.test_connection()
    assert ok, message
