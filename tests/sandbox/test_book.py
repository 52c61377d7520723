"""Laws of the order book, for any history of one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.sandbox.book import VIEWS_KEPT, Book, Cancel, PaperOrder, State


def order(order_id: str, state: State = State.OPEN) -> PaperOrder:
    return PaperOrder(order_id, "BTCUSDT", "SELL", "LIMIT", Decimal(8), Decimal(100), 0, 0, state)


ACTIONS = ("fill", "fill some", "cancel", "cancel slowly", "expire", "reject", "read", "wait")


@given(st.lists(st.sampled_from(ACTIONS), max_size=30))
def test_an_order_dies_once_and_never_trades_after(actions: list[str]) -> None:
    now = 0
    book = Book(lambda: now)
    book.place(order("1"))
    dead: PaperOrder | None = None
    for action in actions:
        before = book["1"]
        try:
            match action:
                case "fill":
                    book.fill("1")
                case "fill some":
                    book.fill("1", Decimal(1))
                case "cancel":
                    book.cancel("1")
                case "cancel slowly":
                    book.cancel("1", reads=2, seconds=1)
                case "expire":
                    book.finish("1", State.EXPIRED)
                case "reject":
                    book.finish("1", State.REJECTED)
                case "read":
                    book.view()
                case "wait":
                    now += 700
        except ValueError:
            assert not before.state.live or book["1"] == before or book["1"].state is State.CANCELLED
        after = book["1"]
        assert before.filled <= after.filled <= after.quantity
        assert (after.filled == after.quantity) == (after.state is State.FILLED)
        assert dead is None or after == dead
        dead = None if after.state.live else after
        assert [each.order_id for each in book.live()] == ([] if dead else ["1"]) or not book["1"].state.live


@pytest.mark.parametrize("state", [State.FILLED, State.CANCELLED, State.EXPIRED, State.REJECTED])
def test_a_dead_order_refuses_everything(state: State) -> None:
    book = Book(lambda: 0)
    book.place(order("1", state))
    assert book.cancel("1") == (Cancel.DEAD, book["1"])
    with pytest.raises(ValueError, match="1"):
        book.fill("1")
    with pytest.raises(ValueError, match="1"):
        book.finish("1", State.EXPIRED)
    with pytest.raises(ValueError, match="1"):
        book.trigger("1")
    assert book["1"].state is state


def test_a_cancel_takes_effect_once_both_its_reads_and_its_time_have_passed() -> None:
    now = 0
    book = Book(lambda: now)
    book.place(order("1"))
    assert book.cancel("1", reads=2, seconds=1)[0] is Cancel.PENDING
    assert book.cancel("1")[0] is Cancel.ALREADY
    now = 5000
    assert [book.view()["BTCUSDT", "1"].state for _ in range(3)] == ["cancelling", "cancelling", "cancelled"]


def test_a_view_can_lag_as_far_as_views_are_kept() -> None:
    book = Book(lambda: 0)
    for number in range(3 * VIEWS_KEPT):
        book.place(order(str(number)))
        assert len(book.view()) == number + 1
    assert len(book.view(lag=1)) == 3 * VIEWS_KEPT
    assert len(book.view(lag=2)) == 3 * VIEWS_KEPT
    assert len(book.view(lag=10_000)) == 2 * VIEWS_KEPT + 4


def test_a_first_view_shows_what_is_there_however_much_it_should_lag() -> None:
    book = Book(lambda: 0)
    book.place(order("1"))
    assert list(book.view(lag=9)) == [("BTCUSDT", "1")]


def test_unknown_and_repeated_ids() -> None:
    book = Book(lambda: 0)
    book.place(order("1"))
    with pytest.raises(ValueError, match="already"):
        book.place(order("1"))
    assert book.cancel("2") == (Cancel.UNKNOWN, None)
    with pytest.raises(KeyError):
        book.fill("2")
    assert book.get("2") is None
    book.clear()
    assert len(book) == 0
