"""Lists that are asked for market by market, answers that say null for "none", and accounts of another kind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_exchange.errors import (
    ExchangeError,
    OrderNotFoundError,
    PermissionDeniedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import EachMarket, Endpoint, Requirement
from airflow_provider_exchange.exchanges.ccxt.profiles.okx import PROFILE
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.messages import Response
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.protocol.steps import Operation

NAMES = Endpoint("privateGetAccountPositions")
KIND = Endpoint("privateGetAccountConfig")
MARKETS = ("BTC-USDT", "ETH-USDT")


def as_listed(number: int, market: str) -> dict[str, Any]:
    return {"ordId": str(number), "instId": market, "state": "live", "side": "buy", "cTime": "1760000000000"}


def exchange(**changes: Any) -> Ccxt:
    """Return OKX as if its one list of orders had to be asked for market by market."""
    book = PROFILE.books[0]
    listing = replace(
        book.lists[0], each=EachMarket(NAMES, "names", lambda market: {"instId": market}), null_is_none=True
    )
    single = replace(book.single, null_is_none=True)
    profile = replace(
        PROFILE,
        books=[replace(book, lists=[listing], single=single)],
        data=lambda body: body["data"],
        **changes,
    )
    settings = ConnectionSettings(
        "any", "ccxt", login="k" * 8, password="s" * 8, extra={"exchange": "okx", "passphrase": "p" * 8}
    )
    made = Ccxt.from_settings(settings)
    assert isinstance(made, Ccxt)
    return Ccxt(profile, made.client, made.secrets)


class Venue:
    """Answers what it is asked, and notes it."""

    def __init__(self, names: Any, markets: dict[str, Any], kind: Any = None) -> None:
        self.asked: list[str] = []
        self._names = names
        self._markets = markets
        self._kind = kind

    def __call__(self, request: Request) -> Response:
        url = urlsplit(request.url)
        market = parse_qs(url.query).get("instId", [url.path.rpartition("/")[2]])[0]
        self.asked.append(market)
        if market == "GONE-USDT":
            return Response(200, {}, json.dumps({"code": "51001", "msg": "no such instrument"}).encode())
        data = {"positions": {"names": self._names}, "config": self._kind}.get(market, self._markets.get(market))
        return Response(200, {}, json.dumps({"code": "0", "msg": "", "data": data}).encode())


def result(operation: Operation[Any], answer: Callable[[Request], Response]) -> Any:
    steps = stepped(operation, answer)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_each_market_that_is_named_is_asked_for() -> None:
    venue = Venue(list(MARKETS), {market: [as_listed(n + 1, market)] for n, market in enumerate(MARKETS)})
    listed = result(exchange().list_open(), venue)
    assert [(order.order_id, order.symbol) for order in listed] == [("1", "BTC-USDT"), ("2", "ETH-USDT")]
    assert venue.asked == ["positions", *MARKETS]


def test_markets_that_are_wanted_are_asked_for_whatever_is_named() -> None:
    venue = Venue([], {"BTC-USDT": [as_listed(1, "BTC-USDT")]})
    assert len(result(exchange().list_open({"BTC-USDT"}), venue)) == 1
    assert venue.asked == ["BTC-USDT"]


def test_a_market_that_is_refused_has_no_orders_if_it_is_not_named_either() -> None:
    """It may have been delisted."""
    venue = Venue([], {"BTC-USDT": [as_listed(1, "BTC-USDT")]})
    assert len(result(exchange().list_open({"BTC-USDT", "GONE-USDT"}), venue)) == 1
    assert venue.asked == ["BTC-USDT", "GONE-USDT", "positions"]
    with pytest.raises(RequestRefusedError):
        result(exchange().list_open({"GONE-USDT"}), Venue(["GONE-USDT"], {}))


@pytest.mark.parametrize("odd", [7, None, "BTC-USDT/../x", "all"], ids=repr)
def test_a_name_that_cannot_be_read_hides_no_other_market(odd: Any) -> None:
    venue = Venue([odd, "ETH-USDT"], {"ETH-USDT": [as_listed(1, "ETH-USDT")]})
    with pytest.raises(UnreadableResponseError) as raised:
        result(exchange().list_open(), venue)
    assert [order.order_id for order in raised.value.shown] == ["1"]
    assert venue.asked == ["positions", "ETH-USDT"]


@pytest.mark.parametrize("names", ["BTC-USDT", {"a": 1}, 0], ids=repr)
def test_what_does_not_name_markets_proves_nothing(names: Any) -> None:
    with pytest.raises(UnreadableResponseError):
        result(exchange().list_open(), Venue(names, {}))


def test_null_says_that_there_is_none_where_it_is_the_exchanges_word() -> None:
    assert result(exchange().list_open(), Venue(None, {})) == []
    venue = Venue([], {"BTC-USDT": None})
    assert result(exchange().list_open({"BTC-USDT"}), venue) == []
    assert venue.asked == ["BTC-USDT", "positions"]
    with pytest.raises(OrderNotFoundError):
        result(exchange().read_order(OrderRef("7", "BTC-USDT")), Venue(None, {}))


@pytest.mark.parametrize("nothing", [None, []], ids=repr)
@pytest.mark.parametrize("wanted", [None, set(MARKETS)], ids=["all", "by market"])
def test_a_market_that_is_named_and_shows_no_orders_proves_nothing_and_hides_no_other(
    wanted: set[str] | None, nothing: list[Any] | None
) -> None:
    venue = Venue(list(MARKETS), {"BTC-USDT": nothing, "ETH-USDT": [as_listed(1, "ETH-USDT")]})
    with pytest.raises(UnreadableResponseError, match="BTC-USDT") as raised:
        result(exchange().list_open(wanted), venue)
    assert [order.order_id for order in raised.value.shown] == ["1"]


@pytest.mark.parametrize("wanted", [None, {"BTC-USDT"}], ids=["all", "by market"])
def test_a_market_is_the_same_however_the_exchange_spells_it(wanted: set[str] | None) -> None:
    with pytest.raises(UnreadableResponseError, match="BTC-USDT"):
        result(exchange().list_open(wanted), Venue(["btc-usdt"], {"BTC-USDT": []}))


def test_a_market_whose_last_order_ends_just_after_it_was_named_has_none() -> None:
    names = list(MARKETS)
    shown = Venue(names, {"BTC-USDT": [], "ETH-USDT": [as_listed(1, "ETH-USDT")]})

    def venue(request: Request) -> Response:
        told = shown(request)
        if "BTC-USDT" in shown.asked and "BTC-USDT" in names:
            names.remove("BTC-USDT")
        return told

    assert len(result(exchange().list_open(), venue)) == 1
    assert shown.asked == ["positions", *MARKETS, "positions"]


@pytest.mark.parametrize(("kind", "error"), [
    ("classic", None),
    ("unified", PermissionDeniedError),
    (None, UnreadableResponseError),
], ids=str)  # fmt: skip
def test_an_account_of_another_kind_proves_nothing_and_hides_no_order(
    kind: str | None, error: type[ExchangeError] | None
) -> None:
    def is_met(data: Any) -> bool:
        if not isinstance(data, str):
            raise UnreadableResponseError("no kind")
        return data == "classic"

    venue = Venue(["BTC-USDT"], {"BTC-USDT": [as_listed(1, "BTC-USDT")]}, kind)
    made = exchange(requires=[Requirement(KIND, is_met, "it is unified")])
    if error is None:
        assert len(result(made.list_open(), venue)) == 1
        return
    with pytest.raises(error) as raised:
        result(made.list_open(), venue)
    assert [order.order_id for order in raised.value.shown] == ["1"]
