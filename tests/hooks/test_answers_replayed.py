"""Hooks on recorded answers: the whole way from the wire to the model, for every file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests_mock

from airflow_provider_exchange import errors
from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from tests.exchanges.evidence import Answer, Evidence, each_answer, each_venue

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[[Evidence], ExchangeHook]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return the hook of a venue's sample connection."""

    def connect(venue: Evidence) -> ExchangeHook:
        venue.register(monkeypatch)
        connection = {"conn_type": venue.name, **venue.facts["connection"]}
        monkeypatch.setenv("AIRFLOW_CONN_REPLAYED", json.dumps(connection))
        return ExchangeHook.for_connection("replayed")

    return connect


def replay(mock: requests_mock.Mocker, answer: Answer) -> None:
    """Give the same answer to whatever is asked."""
    response = answer.response
    mock.register_uri(
        requests_mock.ANY,
        requests_mock.ANY,
        status_code=response.status,
        headers=dict(response.headers),
        content=response.body,
    )


@each_answer("any call")
def test_every_error_reaches_the_caller_typed(connect: Connect, answer: Answer) -> None:
    hook = connect(answer.venue)
    with requests_mock.Mocker() as mock:
        replay(mock, answer)
        with pytest.raises(ExchangeError) as caught:
            hook.run(hook.exchange.probe(), 5, repeat_reads=False)
    assert type(caught.value) is getattr(errors, answer.document["expect"]["error"])


@each_answer("list_open", is_error=False, is_whole=True)
def test_open_orders(connect: Connect, answer: Answer) -> None:
    hook = connect(answer.venue)
    with requests_mock.Mocker() as mock:
        replay(mock, answer)
        orders = hook.list_open_orders()
    assert orders == [order for order in answer.orders if not order.state.is_terminal]


@each_answer("read_order", is_error=False)
def test_one_order(connect: Connect, answer: Answer) -> None:
    (ref,) = answer.refs
    hook = connect(answer.venue)
    with requests_mock.Mocker() as mock:
        replay(mock, answer)
        order = hook.get_order(ref.order_id, ref.symbol)
    assert [order] == answer.orders


@each_venue
def test_the_connection_test(connect: Connect, venue: Evidence) -> None:
    hook = connect(venue)
    answered = {each.answers: each for each in venue.answers if not each.is_error}
    with requests_mock.Mocker() as mock:
        replay(mock, answered["probe"])
        if "server_time" in answered:
            (call,) = answered["server_time"].calls()
            mock.get(call.begin(1).url, content=answered["server_time"].response.body)
        ok, message = hook.test_connection()
    assert ok, message
