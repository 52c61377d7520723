"""What concerns adapters that compose and read HTTP themselves: their calls, each apart from its operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.http import HttpCall
from airflow_provider_exchange.models.orders import Order, OrderState
from tests.exchanges.evidence import HTTP, OPERATIONS, Evidence, each_answer, each_http_venue
from tests.exchanges.test_names import fitting
from tests.stepping import first_call

if TYPE_CHECKING:
    from tests.exchanges.answer import Answer

each_list_or_order = each_answer("list_open", "read_order", "read_ended", shows_orders=True, speaks_http=True)


def call_of(answer: Answer) -> HttpCall[Any]:
    """Return the call that gets an answer: the first of its operation."""
    (replay,) = answer.replays()
    call = replay.own_call().call
    assert isinstance(call, HttpCall)
    return call


def first_order(answer: Answer, word: Any) -> Order:
    """Return the first order that a call reads from an answer, had the venue used this word for its state."""
    result = call_of(answer).finish(answer.with_body(answer.with_changed_order("state", word)))
    order: Order = result if isinstance(result, Order) else result[0]
    return order


@each_answer(*OPERATIONS, is_error=False, speaks_http=True)
def test_a_call_reads_all_of_an_answer(answer: Answer) -> None:
    """Also of one after which more is asked, and also what its operation leaves out."""
    assert call_of(answer).finish(answer.response) == answer.expected()


@each_list_or_order
def test_a_call_understands_every_documented_state(answer: Answer) -> None:
    for word, state, *_ in answer.venue.facts["states"]:
        order = first_order(answer, word)
        assert (order.state, order.venue_state) == (OrderState(state), str(word))


@each_list_or_order
def test_a_call_takes_no_undocumented_state_for_an_end(answer: Answer) -> None:
    for word in answer.venue.undocumented_states():
        order = first_order(answer, word)
        assert order.state is OrderState.UNKNOWN, word
        assert len(order.venue_state) < 200


@each_answer(
    "list_open", "read_order", "read_ended", shows_orders=True, has_words_for_states=True, speaks_http=True
)
def test_a_call_shows_no_secret_in_a_state(answer: Answer) -> None:
    shown = first_order(answer, " ".join(answer.venue.secrets)).venue_state
    assert [secret for secret in answer.venue.secrets if secret in shown] == []


@each_http_venue
def test_the_first_call_of_a_cancel_is_signed(venue: Evidence) -> None:
    cancellation = venue.exchange.cancel_one(venue.ref, {})
    assert cancellation is not None
    call = first_call(cancellation.operation)
    assert call.signed
    assert call.mutating


def assert_sent(call: HttpCall[Any]) -> None:
    """Path and parameters of a call are in its request as they are."""
    request = call.begin(1)
    url = urlsplit(request.url)
    assert url.path.endswith(call.path), "no name leaves its segment of the path"
    sent = {**dict(parse_qsl(url.query)), **(json.loads(request.body) if request.body else {})}
    plain = {name: value for name, value in call.params.items() if isinstance(value, str | int)}
    assert {name: str(value) for name, value in sent.items()}.items() >= {
        (name, str(value)) for name, value in plain.items() if not isinstance(value, bool)
    }


@pytest.mark.parametrize("venue", HTTP.values(), ids=HTTP)
@given(data=st.data())
def test_what_a_cancel_says_is_in_its_request(venue: Evidence, data: st.DataObject) -> None:
    exchange = venue.exchange
    try:
        ref = exchange.check_ref(data.draw(fitting(exchange.order_ids)), data.draw(fitting(exchange.symbols)))
    except InvalidOrderRequest:
        return
    call = venue.single_cancel(ref).call
    assert isinstance(call, HttpCall)
    assert_sent(call)
