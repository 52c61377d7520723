"""Words for states: the documented ones mean what they should, and no other ends an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.models.orders import Order, OrderState
from tests.exchanges.evidence import Evidence, each_answer, each_venue
from tests.turns import in_turn

if TYPE_CHECKING:
    from tests.exchanges.answer import Answer

READS = ("list_open", "read_order", "read_ended")


def shown_as(answer: Answer, word: Any) -> Order | None:
    """Return the first order that an answer shows, had the venue used this word for its state."""
    shown = answer.shown(answer.with_changed_order("state", word))
    return next((order for order in shown if order.is_named_by(answer.orders[0].ref)), None)


@each_answer(*READS, shows_orders=True, is_whole=True, tells_states=True)
def test_documented_words_mean_what_they_should(answer: Answer) -> None:
    for word, meant, *shown in answer.venue.facts["states"]:
        state, order = OrderState(meant), shown_as(answer, word)
        if order is None:
            assert answer.answers == "list_open"
            assert state.is_terminal, word
        else:
            assert (order.state, order.venue_state) == (state, shown[0] if shown else str(word))


@each_answer(*READS, shows_orders=True, is_whole=True, tells_states=True)
def test_an_undocumented_word_ends_no_order(answer: Answer) -> None:
    for word in answer.venue.undocumented_states():
        order = shown_as(answer, word)
        assert order is not None, word
        assert order.state is OrderState.UNKNOWN, word
        assert not order.state.is_terminal
        assert len(order.venue_state) < 200


@each_answer(*READS, shows_orders=True, is_whole=True, tells_states=True)
@in_turn("word", [None, True, 1.5, [], {}])
def test_a_state_of_another_type_ends_no_order(answer: Answer, word: Any) -> None:
    """It is no answer to the question after this order, and hides no other order of a list."""
    member = answer.record["state"]
    if any(isinstance(told, dict) and told.get(member) is word for told, *_ in answer.venue.facts["states"]):
        return  # the venue's own word
    if answer.answers == "read_order":
        with pytest.raises(UnreadableResponseError, match="state"):
            answer.run(answer.with_changed_order("state", word))
        return
    order = shown_as(answer, word)
    assert order is not None
    assert order.state is OrderState.UNKNOWN
    assert order.unreadable == {"state"}


@each_venue
def test_the_documented_words_reach_every_end(venue: Evidence) -> None:
    states = {state for _, state, *_ in venue.facts["states"]}
    assert {"open", "filled", "cancelled"} <= states <= {state.value for state in OrderState} - {"unknown"}
