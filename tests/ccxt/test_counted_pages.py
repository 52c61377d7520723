"""Lists whose pages are counted: whatever leaves such a list meanwhile, no order that stays is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.assumptions import groups_at, value_at
from airflow_provider_exchange.exchanges.ccxt.asking import ATTEMPTS, Asking
from airflow_provider_exchange.exchanges.ccxt.profile import Counted, Endpoint, Listing

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 4
BY_OFFSET = Counted(lambda number: {"offset": number * (SIZE - 1)}, lambda _number: SIZE)
BY_PAGE = Counted(
    lambda number: {"page": number + 1, "limit": SIZE - number} if number < SIZE // 2 else None,
    lambda number: SIZE - number,
)
"""As pages of different sizes overlap: of 4 orders the first, of 3 the second."""


class Asked(Asking):
    """
    Reads a list that a test has.

    :param show: takes the parameters of a request, and returns what is answered.
    """

    def __init__(self, show: Callable[[dict[str, Any]], Any]) -> None:
        self._exchange = Keys()  # type: ignore[assignment]
        self._show = show

    def call(self, _endpoint: Any, params: Any, parse: Callable[[Any], Any], **_: Any) -> Any:  # type: ignore[override]
        return lambda: parse(self._show(params))

    def read(self, counted: Counted, rows: str) -> set[str]:
        seen: list[str] = []

        def read(group: list[Any]) -> Any:
            seen.extend(group)
            return group

        operation = self.counted_pages(Listing(Endpoint("list"), rows=rows), counted, {}, read, None)  # type: ignore[arg-type]
        try:
            asked: Any = next(operation)
            while True:
                asked = operation.send(asked())
        except StopIteration:
            return set(seen)


@dataclass
class Keys:
    """Orders are their own keys."""

    @staticmethod
    def key(order: str) -> str:
        return order


def cut(orders: list[str], asked: dict[str, Any]) -> list[str]:
    limit = asked.get("limit", SIZE)
    start = asked.get("offset", (asked.get("page", 1) - 1) * limit)
    return orders[start : start + limit]


@given(count=st.integers(0, 13), leaving=st.lists(st.integers(0, 12), max_size=8), newest_first=st.booleans())
def test_no_order_that_stays_is_left_out(count: int, leaving: list[int], newest_first: bool) -> None:
    orders = [f"order-{number}" for number in range(count)]
    gone = iter(leaving)

    def show(asked: dict[str, Any]) -> list[str]:
        page = cut(orders[::-1] if newest_first else orders, asked)
        if orders and (number := next(gone, None)) is not None:
            orders.pop(number % len(orders))
        return page

    shown = Asked(show).read(BY_OFFSET, "")
    assert set(orders) <= shown


@given(counts=st.lists(st.integers(0, 7), max_size=3), leaving=st.lists(st.integers(0, 6), max_size=6))
def test_no_order_of_a_group_is_either(counts: list[int], leaving: list[int]) -> None:
    groups = [[f"{group}-{number}" for number in range(count)] for group, count in enumerate(counts)]
    gone = iter(leaving)

    def show(asked: dict[str, Any]) -> list[dict[str, Any]]:
        pages = [{"orders": cut(group, asked)} for group in groups]
        if (number := next(gone, None)) is not None:
            for group in groups:
                del group[number : number + 1]
        return pages

    # A page of 4 and one of 3 that begins with the last of these show 6 orders and whether there are more.
    try:
        shown = Asked(show).read(BY_PAGE, "[].orders")
    except UnreadableResponseError:
        return
    assert {order for group in groups for order in group} <= shown


@pytest.mark.parametrize(("counted", "rows"), [(BY_OFFSET, ""), (BY_PAGE, "[].orders")])
def test_a_full_page_that_shows_an_order_twice_is_not_the_last(counted: Counted, rows: str) -> None:
    orders = ["a", "b", "b", "c", "d"]

    def show(asked: dict[str, Any]) -> list[Any]:
        page = cut(orders, asked)
        return [{"orders": page}] if rows else page

    assert Asked(show).read(counted, rows) == set(orders)


def test_a_list_that_never_stands_still_is_not_believed() -> None:
    asked: list[int] = []

    def show(_params: dict[str, Any]) -> list[str]:
        asked.append(1)
        return [f"{len(asked)}-{number}" for number in range(SIZE)]

    with pytest.raises(UnreadableResponseError, match="changed each time"):
        Asked(show).read(BY_OFFSET, "")
    assert len(asked) == 2 * ATTEMPTS


@pytest.mark.parametrize("data", [{}, None, [1], [[]], [{"orders": {}}], [{"orders": []}, {}], {"orders": []}])
def test_one_group_without_its_list_makes_the_answer_none(data: Any) -> None:
    assert groups_at(data, "[].orders") is value_at(data, "[].orders") is None
    with pytest.raises(UnreadableResponseError):
        Asked(lambda _params: data).read(BY_PAGE, "[].orders")


def test_paths_into_groups() -> None:
    data = {"list": [{"of": {"orders": [1, 2]}}, {"of": {"orders": [3]}}]}
    assert groups_at(data, "list.[].of.orders") == [[1, 2], [3]]
    assert value_at(data, "list.[].of.orders") == [1, 2, 3]
    assert (groups_at([4], ""), value_at([4], ""), groups_at([], "[].orders")) == ([[4]], [4], [])
