"""Hooks on recorded answers: the whole way from the wire to the model, for every file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock

from airflow_provider_exchange import errors
from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.protocol.messages import Request
from tests.exchanges.evidence import Evidence, each_answer, each_venue

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tests.exchanges.answer import Answer
    from tests.exchanges.replay import Replay

    Connect = Callable[[Evidence], ExchangeHook]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return the hook of a venue's sample connection."""

    def connect(venue: Evidence) -> ExchangeHook:
        venue.register(monkeypatch)
        connection = {"conn_type": venue.conn_type, **venue.facts["connection"]}
        monkeypatch.setenv("AIRFLOW_CONN_REPLAYED", json.dumps(connection))
        return ExchangeHook.for_connection("replayed")

    return connect


def serve(mock: requests_mock.Mocker, replay: Replay) -> None:
    """Answer what an operation may ask for, and nothing else."""

    def answer(request: Any) -> requests.Response | None:
        found = replay.find(Request(request.method, request.url, dict(request.headers), request.body))
        if found is None:
            return None
        return requests_mock.create_response(
            request, status_code=found.status, headers=dict(found.headers), content=found.body
        )

    mock.add_matcher(answer)


@each_answer("any call")
def test_every_error_reaches_the_caller_typed(connect: Connect, answer: Answer) -> None:
    hook = connect(answer.venue)
    with requests_mock.Mocker() as mock:
        serve(mock, answer.venue.replay("probe", response=answer.response, again=True))
        if "server_time" in answer.venue.facts["requests"]:
            serve(mock, answer.venue.replay("server_time", response=answer.venue.recorded("server_time").response))
        with pytest.raises(ExchangeError) as caught:
            hook.run(hook.exchange.probe(), 5, repeat_reads=False)
    kind = getattr(errors, answer.document["expect"]["error"])
    if kind is errors.OrderNotFoundError:
        kind = errors.ExchangeUnavailableError  # the probe is about no order
    assert type(caught.value) is kind


@each_answer("list_open", is_error=False, is_whole=True)
def test_open_orders(connect: Connect, answer: Answer) -> None:
    (replay,) = answer.replays()
    hook = connect(answer.venue)
    with requests_mock.Mocker() as mock:
        serve(mock, replay)
        orders = hook.list_open_orders()
    assert orders == [order for order in answer.orders if not order.state.is_terminal]


@each_answer("read_order", is_error=False)
def test_one_order(connect: Connect, answer: Answer) -> None:
    (ref,) = answer.refs
    (replay,) = answer.replays()
    hook = connect(answer.venue)
    with requests_mock.Mocker() as mock:
        serve(mock, replay)
        order = hook.get_order(ref.order_id, ref.symbol)
    assert [order] == answer.orders


@each_venue
def test_the_connection_test(connect: Connect, venue: Evidence) -> None:
    hook = connect(venue)
    with requests_mock.Mocker() as mock:
        for name in {"probe", "server_time"} & venue.facts["requests"].keys():
            serve(mock, venue.replay(name, response=venue.recorded(name).response))
        ok, message = hook.test_connection()
    assert ok, message
