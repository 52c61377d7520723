"""Words for states: the documented ones mean what they should, and no other ends an order."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.models import Order, OrderState
from tests.exchanges.evidence import Answer, Evidence, each_answer, each_venue

READS = ("list_open", "read_order", "read_ended")


def shown_as(answer: Answer, word: Any) -> Order:
    """Return the first order that an answer shows, had the venue used this word for its state."""
    body = deepcopy(answer.document["body"])
    answer.records_in(body)[0][answer.venue.facts["record"]["state"]] = word
    (call,) = answer.calls()
    result = call.finish(answer.with_body(body))
    order: Order = result if isinstance(result, Order) else result[0]
    return order


def undocumented(venue: Evidence) -> list[Any]:
    """Words that are like the documented ones and are not among them."""
    words = [word for word, _ in venue.facts["states"]]
    if isinstance(words[0], int):
        return [number for number in range(min(words) - 3, max(words) + 50) if number not in words] + [10**9]
    near = [f"{word}{ending}" for word in words for ending in ("_", " ", "ED", "\u0130")]
    return [*near, *(word[:-1] for word in words), "", " ", "SOMETHING_NEW", "é" * 300]


@each_answer(*READS, shows_orders=True)
def test_documented_words_mean_what_they_should(answer: Answer) -> None:
    for word, state in answer.venue.facts["states"]:
        order = shown_as(answer, word)
        assert order.state is OrderState(state), word
        assert order.venue_state == str(word)


@each_answer(*READS, shows_orders=True)
def test_an_undocumented_word_ends_no_order(answer: Answer) -> None:
    for word in undocumented(answer.venue):
        order = shown_as(answer, word)
        assert order.state is OrderState.UNKNOWN, word
        assert not order.state.is_terminal
        assert len(order.venue_state) < 200


@each_answer(*READS, shows_orders=True)
@pytest.mark.parametrize("word", [None, True, 1.5, [], {}], ids=str)
def test_a_state_of_another_type_makes_the_answer_unreadable(answer: Answer, word: Any) -> None:
    with pytest.raises(UnreadableResponseError):
        shown_as(answer, word)


@each_venue
def test_the_documented_words_reach_every_end(venue: Evidence) -> None:
    states = {state for _, state in venue.facts["states"]}
    assert {"open", "filled", "cancelled"} <= states <= {state.value for state in OrderState} - {"unknown"}
