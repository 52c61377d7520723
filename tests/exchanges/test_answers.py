"""What the vendors publish, read by the adapters: every file of ``tests/answers`` means what it says it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange import errors
from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    RateLimitedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.models.orders import OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.protocol.steps import DeadlineReached
from tests.exchanges.evidence import ANSWERS, EVIDENCE, OPERATIONS, Evidence, each_answer, each_venue
from tests.turns import in_turn

if TYPE_CHECKING:
    from tests.exchanges.answer import Answer
    from tests.exchanges.replay import Replay

NOT_AN_ID: list[Any] = [
    *("all", "", "../all", "1//2", "1?x=y", "%2e%2e", None, True, 1.5, [], {}, "9" * 78, "9" * 5000, -1)
]


def test_every_answer_says_what_it_means() -> None:
    for answer in ANSWERS:
        assert answer.answers in {*OPERATIONS, "any call", "another call"}, str(answer)
        assert ("expect" in answer.document) == (answer.answers != "another call"), str(answer)
        assert answer.answers != "any call" or answer.is_error, str(answer)


@each_venue
def test_every_operation_has_an_answer_and_errors_have_some(venue: Evidence) -> None:
    present = {answer.answers for answer in venue.answers if not answer.is_error}
    offered = venue.offered
    assert venue.facts["requests"].keys() == offered
    assert present >= offered - {"read_order", "read_ended"}
    assert present & {"read_order", "read_ended"}
    kinds = {answer.document["expect"]["error"] for answer in venue.answers if answer.is_error}
    assert kinds >= {"AuthenticationError", "OrderNotFoundError", "RequestRefusedError", "RateLimitedError"}


@each_answer(*OPERATIONS, is_error=False)
def test_an_answer_means_what_it_should(answer: Answer) -> None:
    """All of its operation, where nothing more has to be asked."""
    exchange, expected = answer.venue.exchange, answer.expected()
    if not answer.is_whole:
        with pytest.raises(AssertionError, match="more was asked"):
            answer.run()
        return
    result = answer.run()
    if answer.answers == "list_open":
        assert result == [order for order in expected if not order.state.is_terminal]
    elif answer.answers == "read_ended":
        asked = {exchange.key(ref) for ref in answer.refs}
        assert result == {exchange.key(order): order for order in expected if exchange.key(order) in asked}
    else:
        assert result == expected


@each_answer(is_error=True)
def test_every_error_shape_is_its_typed_error(answer: Answer) -> None:
    expect = answer.document["expect"]
    for replay in answer.replays():
        with pytest.raises(ExchangeError, match=expect.get("says")) as caught:
            replay.run()
        kind = getattr(errors, expect["error"])
        if kind is OrderNotFoundError and replay.name not in ("read_order", "cancel_one", "cancel_several"):
            kind = ExchangeUnavailableError  # a list that is not there says nothing about the orders in it
        assert type(caught.value) is kind
        assert caught.value.code == expect.get("code")
        assert caught.value.request_id == expect.get("request_id")
        assert (caught.value.request_id or "") in str(caught.value)
        if "hides" in expect:
            assert expect["hides"] not in str(caught.value)


@each_venue
@in_turn(
    ("status", "body", "kind"),
    [
        (200, b"", UnreadableResponseError),
        (200, b"<html>", UnreadableResponseError),
        (200, b'{"data"', UnreadableResponseError),
        (200, b"[" * 100_000, UnreadableResponseError),
        (200, b"null", UnreadableResponseError),
        (200, b"[]", UnreadableResponseError),
        (200, b"{}", UnreadableResponseError),
        (200, b'{"status": "ok"}', UnreadableResponseError),
        (200, b'{"data": NaN}', UnreadableResponseError),
        (200, b"9" * 5000, UnreadableResponseError),
        (204, b"", ExchangeUnavailableError),
        (302, b"", ExchangeUnavailableError),
        (400, b"<html>", ExchangeUnavailableError),
        (401, b"", ExchangeUnavailableError),
        (403, b"<html>blocked</html>", ExchangeUnavailableError),
        (404, b"{}", ExchangeUnavailableError),
        (429, b"slow down", RateLimitedError),
        (429, b"{}", RateLimitedError),
        (503, b"", ExchangeUnavailableError),
    ],
)
def test_only_the_venues_own_words_are_permanent(
    venue: Evidence, status: int, body: bytes, kind: type[ExchangeError]
) -> None:
    """What a proxy or a firewall says leaves the outcome unknown, whatever its status."""
    response = Response(status, {}, body)
    replays = [venue.replay("cancel_one", [venue.ref], response)]
    if not (status == 200 and any(is_an_empty_list(answer, body) for answer in venue.answers)):
        replays.append(venue.replay("list_open", response=response))
    for replay in replays:
        with pytest.raises(ExchangeError) as caught:
            replay.run()
        assert type(caught.value) is kind
    assert kind.retryable


def is_an_empty_list(answer: Answer, body: bytes) -> bool:
    """Whether a body is what the venue answers where nothing is open."""
    return answer.answers == "list_open" and answer.response.body == body


FAILURES: list[tuple[str, Any]] = [
    *(("error", value) for value in ("busy", {"reason": "busy"}, ["busy"], 5, True)),
    *(("errors", value) for value in (["busy"], {"0": "busy"})),
    *(("statusCode", value) for value in (401, 503, "500", "", True)),
    *(("success", value) for value in (False, "false", 0)),
]
GOOD: list[tuple[str, Any]] = [
    *(("error", None), ("error", ""), ("error", []), ("error", {})),
    *(("statusCode", None), ("statusCode", 200), ("statusCode", "200")),
    *(("success", None), ("success", True), ("success", "true")),
]


@each_answer("list_open", "read_ended", "cancel_several", is_error=False)
@in_turn(("field", "value"), FAILURES)
def test_a_success_that_tells_of_a_failure_is_none(answer: Answer, field: str, value: Any) -> None:
    """An error beside an empty list does not mean that nothing is there."""
    body = answer.document["body"]
    if not isinstance(body, dict):
        pytest.skip("a bare list has nothing beside it")
    with pytest.raises(ExchangeError) as caught:
        answer.run({**body, field: value})
    assert caught.value.retryable


@each_answer("list_open", "read_ended", "cancel_several", is_error=False)
@in_turn(("field", "value"), GOOD)
def test_a_field_that_tells_of_no_failure_changes_nothing(answer: Answer, field: str, value: Any) -> None:
    body = answer.document["body"]
    if not isinstance(body, dict) or not answer.is_whole:
        pytest.skip("a bare list has nothing beside it, and of a part nothing is known")
    assert answer.run({**body, field: value}) == answer.run()


@each_answer(*OPERATIONS, is_error=False)
def test_an_answer_that_repeats_a_key_is_unreadable(answer: Answer) -> None:
    """One decoder takes the first of its values, another one the last."""
    if not isinstance(answer.document["body"], dict):
        pytest.skip("the first object of a bare list is an entry of it")
    with pytest.raises(UnreadableResponseError):
        with_repeated_key(answer, 0).run()


@each_answer("list_open", is_whole=True, shows_orders=True)
def test_an_order_that_repeats_a_key_hides_no_other(answer: Answer) -> None:
    (replay,) = answer.replays()
    before = names_and_states(replay.run())
    after = names_and_states(with_repeated_key(answer, -1).run())
    assert after <= before
    assert len(before - after) <= 1


def names_and_states(result: Any) -> set[tuple[str, str, OrderState]]:
    orders = result.values() if isinstance(result, dict) else result
    return {(order.order_id, order.symbol, order.state) for order in orders if order.can_be_named}


def with_repeated_key(answer: Answer, number: int) -> Replay:
    """
    Return the answer with a first key that is repeated.

    :param number: Of which of its objects, in the order in which they begin.
    """
    whole = answer.response
    places = [match.end() for match in re.finditer(rb"\{(?=\")", whole.body)]
    place = places[number]
    key = whole.body[place:].partition(b":")[0]
    body = whole.body[:place] + key + b": null, " + whole.body[place:]
    (replay,) = answer.replays(Response(whole.status, whole.headers, body))
    return replay


@each_answer(is_error=True)
def test_half_of_an_error_is_not_permanent(answer: Answer) -> None:
    response = answer.response
    cut = Response(response.status, response.headers, response.body[: len(response.body) // 2])
    for replay in answer.replays(cut):
        with pytest.raises(ExchangeError) as caught:
            replay.run()
        assert caught.value.retryable


@each_answer("read_order", is_error=False, is_usual=True)
def test_an_answer_about_another_order_is_not_believed(answer: Answer) -> None:
    (ref,) = answer.refs
    other = next(other for other in answer.venue.refs(2) if other.order_id != ref.order_id)
    elsewhere = OrderRef(ref.order_id, another_market(answer.venue, ref))
    with pytest.raises(UnreadableResponseError, match="another order"):
        answer.venue.replay("read_order", [OrderRef(other.order_id, ref.symbol)], answer.response).run()
    with pytest.raises(InvalidOrderRequest, match="belongs to"):
        answer.venue.replay("read_order", [elsewhere], answer.response).run()


def another_market(venue: Evidence, ref: OrderRef) -> str:
    return next(symbol for symbol in [*venue.symbols, "other_market"] if symbol != ref.symbol)


each_that_is_no_name = in_turn("value", NOT_AN_ID, ids=lambda value: ascii(value)[:20])
each_name = in_turn("member", ["order_id", "symbol"])


@each_answer("list_open", shows_orders=True, is_whole=True)
@each_that_is_no_name
@each_name
def test_a_name_from_a_list_is_held_to_the_same_grammar(answer: Answer, member: str, value: Any) -> None:
    """Otherwise a strange list could steer a cancel to somewhere else."""
    shown = answer.shown(answer.with_changed_order(member, value))
    assert [order.unreadable for order in shown if not order.can_be_named] == [{member}]


@each_answer("read_order", shows_orders=True)
@each_that_is_no_name
@each_name
def test_an_order_under_a_strange_name_is_not_the_one_asked_for(answer: Answer, member: str, value: Any) -> None:
    with pytest.raises(UnreadableResponseError, match=member):
        answer.run(answer.with_changed_order(member, value))


@each_answer("read_ended", shows_orders=True)
@each_that_is_no_name
@each_name
def test_an_order_of_a_history_under_a_strange_name_is_not_found(answer: Answer, member: str, value: Any) -> None:
    def found(body: Any) -> set[OrderKey]:
        response = answer.with_body(body)
        return set(answer.venue.replay("read_ended", answer.refs, response, again=True).run())

    before = found(answer.document["body"])
    after = found(answer.with_changed_order(member, value))
    assert after < before
    assert len(after) == len(before) - 1


def test_a_deadline_inside_a_read_is_not_swallowed() -> None:
    for venue in EVIDENCE.values():
        operation = venue.exchange.read_order(venue.ref)
        next(operation)
        with pytest.raises(DeadlineReached):
            operation.throw(DeadlineReached())
