"""A paged list that changes while it is read: what is live all the while is listed, or the listing is an error."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError
from airflow_provider_exchange.exchanges.loopring import STATES, Loopring
from airflow_provider_exchange.exchanges.loopring_lists import ORDER_TYPES, PAGE_SIZE
from airflow_provider_exchange.models.orders import OrderKey
from airflow_provider_exchange.protocol.messages import Request, Response
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.models.orders import OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

EXCHANGE = Loopring("https://api3.loopring.io", "key", 0x5EED7, 10010)
LIVE = [word for word, state in STATES.items() if not state.is_terminal]
ENDED = [word for word, state in STATES.items() if state.is_terminal]
MOST_REQUESTS = 2000
NEXT = {"waiting": "processing", "processing": "cancelling", "cancelling": "cancelled"}


@dataclass
class Row:
    number: int
    place: int
    type: str
    status: str

    @property
    def key(self) -> OrderKey:
        return OrderKey(None, f"0x{self.number:064x}")


@dataclass
class Venue:
    """
    A list of orders in a fixed order, which ``change`` changes after each answer.

    :param rows: The orders; each has its place in the list, whatever else is in it.
    :param total: Whether ``totalNum`` counts the list or the page.
    :param literal: Whether values joined by commas are one value, which no order has.
    :param unknown: States that are no filter: no order has them.
    """

    rows: list[Row]
    total: Literal["list", "page"] = "list"
    literal: bool = True
    unknown: Sequence[str] = ()
    change: Callable[[Venue], None] = lambda _venue: None
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    live_throughout: set[OrderKey] = field(default_factory=set)

    def answer(self, request: Request) -> Response:
        query = parse_qs(urlsplit(request.url).query)
        self.asked.append(query)
        assert len(self.asked) < MOST_REQUESTS
        live = {row.key for row in self.rows if row.status in LIVE}
        self.live_throughout = live if len(self.asked) == 1 else self.live_throughout & live
        (offset,), (limit,) = query["offset"], query["limit"]
        statuses = self._values(query, "status", list(STATES))
        types = self._values(query, "extraOrderTypes", [ORDER_TYPES[0]])
        listed = sorted(
            (row for row in self.rows if row.status in statuses and row.type in types), key=lambda row: row.place
        )
        page = listed[int(offset) : int(offset) + int(limit)]
        shown = [{"hash": row.key.order_id, "market": "LRC-ETH", "status": row.status} for row in page]
        counted = {"totalNum": len(listed if self.total == "list" else page)}
        body: dict[str, Any] = {**counted, "orders": shown} if shown else counted
        self.change(self)
        self.live_throughout &= {row.key for row in self.rows if row.status in LIVE}
        return Response(200, {}, json.dumps(body).encode())

    def _values(self, query: dict[str, list[str]], name: str, default: list[str]) -> set[str]:
        if name not in query:
            return set(default)
        (text,) = query[name]
        return {text} - set(self.unknown) if self.literal else set(text.split(","))

    def listed(self) -> set[OrderKey]:
        return {EXCHANGE.key(order) for order in run(EXCHANGE.list_open(), self)}

    def count(self, **asked: str) -> int:
        return sum(all(query.get(name) == [value] for name, value in asked.items()) for query in self.asked)


def run(operation: Operation[Any], venue: Venue) -> Any:
    steps = stepped(operation, venue.answer)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def rows(count: int, status: str = "processing", order_type: str = ORDER_TYPES[0], start: int = 0) -> list[Row]:
    return [Row(start + number, start + number, order_type, status) for number in range(1, count + 1)]


@st.composite
def changing_books(draw: st.DrawFn) -> Venue:
    """Orders of all types and states, in any order, that join, leave and change their states between requests."""
    random = draw(st.randoms(use_true_random=False))
    sort = draw(st.sampled_from(["newest", "oldest", "mixed"]))
    pace = draw(st.sampled_from([0, 1, 5, 40]))
    changes = draw(st.integers(0, 12))
    next_number = 0

    def new(status: str) -> Row:
        nonlocal next_number
        next_number += 1
        place = {"newest": -next_number, "oldest": next_number, "mixed": random.getrandbits(60)}[sort]
        return Row(next_number, place, random.choice(ORDER_TYPES), status)

    def change(venue: Venue) -> None:
        """Change the book after some of the first requests; one that changes for ever can never be known."""
        if len(venue.asked) > changes:
            return
        for _ in range(random.randint(0, pace)):
            venue.rows.append(new(random.choice(LIVE)))
        live = [row for row in venue.rows if row.status in LIVE]
        for row in random.sample(live, min(len(live), random.randint(0, pace))):
            row.status = random.choice([NEXT[row.status], random.choice(ENDED)])

    live, ended = draw(st.integers(0, 180)), draw(st.integers(0, 120))
    book = [new(random.choice(LIVE)) for _ in range(live)] + [new(random.choice(ENDED)) for _ in range(ended)]
    random.shuffle(book)
    return Venue(book, draw(st.sampled_from(["list", "page"])), draw(st.booleans()), change=change)


@given(changing_books())
def test_what_is_live_all_the_while_is_listed_or_the_listing_fails(venue: Venue) -> None:
    try:
        listed = venue.listed()
    except UnreadableResponseError:
        return
    assert listed >= venue.live_throughout


@given(changing_books())
def test_a_book_that_stands_still_is_listed_as_it_is(venue: Venue) -> None:
    venue.change = lambda _venue: None
    assert venue.listed() == {row.key for row in venue.rows if row.status in LIVE}


@pytest.mark.parametrize("sign", [1, -1], ids=["oldest first", "newest first"])
def test_orders_that_leave_and_join_hide_none(sign: int) -> None:
    """Their number stays the same, so that no total tells."""
    book = [Row(number, sign * number, ORDER_TYPES[0], "processing") for number in range(1, 131)]

    def one_leaves_and_one_joins(venue: Venue) -> None:
        moved = len(venue.asked)
        venue.rows[moved - 1].status = "processed"
        venue.rows.append(Row(1000 + moved, sign * (1000 + moved), ORDER_TYPES[0], "processing"))

    venue = Venue(book, change=one_leaves_and_one_joins)
    assert venue.listed() >= venue.live_throughout
    assert len(venue.live_throughout) > 100


def test_a_total_of_the_page_ends_no_list() -> None:
    venue = Venue(rows(130), total="page")
    assert len(venue.listed()) == 130


def test_no_two_values_are_joined() -> None:
    venue = Venue(rows(60) + rows(60, "waiting", "STOP_LIMIT", 100) + rows(3, "cancelling", start=200))
    assert len(venue.listed()) == 123
    assert not any("," in value for query in venue.asked for values in query.values() for value in values)


def test_a_short_account_takes_one_request_a_type_and_a_long_one_few_more_than_its_pages() -> None:
    venue = Venue(rows(20) + rows(20, "processed", start=100))
    assert len(venue.listed()) == 20
    assert len(venue.asked) == 2
    for count, pages in ((49, 1), (50, 2), (200, 5), (1000, 21)):
        venue = Venue(rows(count) + rows(100, "processed", start=5000))
        assert len(venue.listed()) == count
        assert venue.count(status="processing") == pages
        assert len(venue.asked) == pages + 4, "a page in all states, two empty lists, and one of stop orders"


def test_lists_by_state_that_lack_an_order_are_not_relied_on() -> None:
    """A venue that does not know a state as a filter says that there are none."""
    live = rows(60, "waiting") + rows(60, start=100)
    venue = Venue(live + rows(60, "processed", start=500), unknown=["waiting"])
    assert len(venue.listed()) == len(live)
    assert venue.count(status="waiting") == 1


def test_an_order_that_left_meanwhile_is_not_missed() -> None:
    def it_ends(venue: Venue) -> None:
        venue.rows[0].status = "processed"

    venue = Venue(rows(60) + rows(60, "processed", start=100), change=it_ends)
    assert len(venue.listed()) == 59
    assert venue.count(status="processing") == 2


def test_a_venue_that_ignores_the_offset_is_not_believed() -> None:
    venue = Venue(rows(200))

    def always_the_first(request: Request) -> Response:
        head, _, _ = request.url.partition("&offset=")
        return Venue.answer(venue, Request("GET", f"{head}&offset=0", {}))

    steps = stepped(EXCHANGE.list_open(), always_the_first)
    with pytest.raises(UnreadableResponseError, match="once more"):
        list(steps)


def row(number: int) -> dict[str, str]:
    return {"hash": f"0x{number:064x}", "market": "LRC-ETH", "status": "processing"}


@pytest.mark.parametrize(
    "body",
    [
        {"totalNum": 0, "orders": [row(1)]},
        {"totalNum": 1, "orders": [row(1), row(2)]},
        {"totalNum": 3, "orders": []},
        {"totalNum": 3},
        {"totalNum": 3, "orders": None},
        {"totalNum": PAGE_SIZE + 1, "orders": [row(number) for number in range(PAGE_SIZE + 1)]},
        {"orders": []},
        {"totalNum": None, "orders": []},
        {"totalNum": "0", "orders": []},
        {"totalNum": -1, "orders": []},
        {"totalNum": -1},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_a_total_that_contradicts_its_page_cannot_be_read(body: Any) -> None:
    steps = stepped(EXCHANGE.list_open(), lambda _request: Response(200, {}, json.dumps(body).encode()))
    with pytest.raises(ExchangeError) as caught:
        list(steps)
    assert type(caught.value) is UnreadableResponseError


def test_a_search_stops_at_the_page_that_shows_the_last() -> None:
    venue = Venue([*rows(300, "processed"), *rows(2, "cancelled", "STOP_LIMIT", 1000)])

    def found(*numbers: int) -> int:
        venue.asked.clear()
        refs: list[OrderRef] = [EXCHANGE.check_ref(f"0x{number:064x}") for number in numbers]
        return len(run(EXCHANGE.read_ended(refs, None), venue))

    assert (found(1, 2, 49), len(venue.asked)) == (3, 1)
    assert (found(1, 2, 60), len(venue.asked)) == (3, 2)
    # Three orders are read one by one as quickly as by three pages.
    assert (found(1, 2, 1001), len(venue.asked)) == (3, 3 + 1)
    assert (found(1, 2, 5000), len(venue.asked)) == (2, 3 + 1)
