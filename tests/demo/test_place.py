from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import AuthenticationError, RateLimitedError
from airflow_provider_exchange.models.orders import Side
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.place import NewOrder, Trader
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import SYMBOLS, VENUES

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(rate_limits=True) as running:
        yield running


MARKETS = {**SYMBOLS, "binance": "BTCUSDT"}


@pytest.fixture(params=(*VENUES, "binance"))
def venue(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def trader(sandbox: RunningSandbox, venue: str) -> Iterator[Trader]:
    made = Trader(venue, sandbox.base_url)
    yield made
    made.close()


def order(venue: str, side: Side = Side.BUY, stop_price: str | None = None) -> NewOrder:
    stop = None if stop_price is None else Decimal(stop_price)
    return NewOrder(MARKETS[venue], side, Decimal("2.5"), Decimal("0.8"), stop)


@pytest.mark.parametrize("side", Side)
def test_a_limit_order_stands_in_the_book_as_it_was_meant(
    sandbox: RunningSandbox, venue: str, trader: Trader, side: Side
) -> None:
    order_id = trader.place(order(venue, side))

    (placed,) = sandbox.live(venue)
    assert (placed.order_id, placed.symbol, placed.side) == (order_id, MARKETS[venue], side.upper())
    assert (placed.quantity, placed.price, placed.stop_price) == (Decimal("2.5"), Decimal("0.8"), None)
    assert placed.state == "open"
    (logged,) = sandbox.request_log
    assert (logged.route, logged.status) == ("place_order", 200)


@pytest.mark.parametrize("side", Side)
def test_a_stop_limit_order_waits_for_its_price(
    sandbox: RunningSandbox, venue: str, trader: Trader, side: Side
) -> None:
    order_id = trader.place(order(venue, side, stop_price="0.9"))

    (placed,) = sandbox.live(venue)
    assert (placed.order_id, placed.stop_price, placed.state) == (order_id, Decimal("0.9"), "waiting")


def test_another_secret_places_nothing(sandbox: RunningSandbox, venue: str) -> None:
    known = Accounts()
    strange = Accounts(
        nami=replace(known["nami"], secret="another"),
        bitopro=replace(known["bitopro"], secret="another"),
        loopring=replace(known["loopring"], private_key="0x1234"),
        binance=replace(known["binance"], secret="another"),
    )
    trader = Trader(venue, sandbox.base_url, strange)

    with pytest.raises(AuthenticationError):
        trader.place(order(venue))

    trader.close()
    assert sandbox.live(venue) == []


def test_more_orders_than_a_second_allows_take_their_turn(
    sandbox: RunningSandbox, venue: str, trader: Trader
) -> None:
    sandbox.faults.add(kind="rate_limit", venue=venue, route="place_order", requests=[2, 3], retry_after="0")

    placed = [trader.place(order(venue)) for _ in range(7)]

    assert len(set(placed)) == 7
    assert [each.order_id for each in sandbox.live(venue)] == placed


def test_a_venue_that_never_has_time_places_nothing(sandbox: RunningSandbox, venue: str, trader: Trader) -> None:
    sandbox.faults.add(kind="rate_limit", venue=venue, route="place_order", retry_after="0")

    with pytest.raises(RateLimitedError):
        trader.place(order(venue))

    assert sandbox.live(venue) == []


def test_a_second_trader_does_not_get_in_the_way_of_the_first(sandbox: RunningSandbox, venue: str) -> None:
    for trader in (Trader(venue, sandbox.base_url), Trader(venue, sandbox.base_url)):
        trader.place(order(venue))
        trader.close()
    assert len(sandbox.live(venue)) == 2


def test_nothing_is_placed_beyond_this_machine() -> None:
    with pytest.raises(ValueError, match="on this machine only"):
        Trader("nami", "https://nami.exchange")
