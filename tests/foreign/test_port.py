"""What the port asks of an adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.errors import (
    ConnectionConfigError,
)
from airflow_provider_exchange.models import OrderKey, Outcome
from airflow_provider_exchange.protocol.steps import Call, Pause
from tests.accounts import settings
from tests.foreign.accounts import VENUE, ForeignAccount
from tests.foreign.adapter import Foreign
from tests.foreign.calls import SteppedClient
from tests.foreign.exchanged import (
    MARKETS,
    Still,
    answered,
    ref,
)
from tests.sweeps import cancel_order, cancel_orders

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_the_plan_gives_the_time_and_each_beginning_is_new(exchange: Foreign) -> None:
    operation = exchange.read_order(ref(exchange))
    call = next(operation)
    assert isinstance(call, Call)
    step = operation.send(call.finish(answered(MARKETS)))
    while isinstance(step, Pause):
        step = operation.send(None)
    assert isinstance(step, Call)
    first, second = step.begin(1_700_000_000_000), step.begin(1_700_000_000_001)
    assert first.headers["X-BITOPRO-PAYLOAD"] != second.headers["X-BITOPRO-PAYLOAD"]
    assert step.begin(1_700_000_000_000) == first
    operation.close()


def test_calls_weigh_what_the_library_says(exchange: Foreign) -> None:
    operation = exchange.list_open()
    call = next(operation)
    assert isinstance(call, Call)
    listing = operation.send(call.finish(answered(MARKETS)))
    while isinstance(listing, Pause):
        listing = operation.send(None)
    assert isinstance(listing, Call)
    assert (call.endpoint, call.weight, listing.endpoint, listing.weight) == ("total", 1, "open", 2)
    planner = Planner(exchange.name, exchange.limits, 5, clock=Still())
    for _ in range(4):
        planner.end(listing)
    assert planner.wait_turn(listing) == 0
    planner.end(listing)
    assert planner.wait_turn(listing) > 0
    assert planner.wait_turn(call) == 0
    operation.close()


def test_one_class_serves_several_venues(sandbox: RunningSandbox) -> None:
    extra = {**sandbox.connection(VENUE)["extra"], "venue": "bitopro_small"}
    big, small = ForeignAccount(sandbox), ForeignAccount(sandbox, extra=extra)
    assert (big.exchange.name, big.exchange.title) == ("bitopro", "BitoPro")
    assert (small.exchange.name, small.exchange.title) == ("bitopro_small", "BitoPro for small accounts")
    assert big.exchange.limits != small.exchange.limits
    for account in (big, small):
        (order_id,) = account.place()
        result = account.run(
            cancel_order(
                account.exchange, account.exchange.check_ref(order_id, "btc_usdt"), {}, poll_interval=1, wait=False
            )
        )
        assert result.exchange == account.exchange.name
        account.close()


def test_an_unknown_venue_is_refused(sandbox: RunningSandbox) -> None:
    extra = {**sandbox.connection(VENUE)["extra"], "venue": "elsewhere"}
    with pytest.raises(
        ConnectionConfigError, match="extra 'venue' is unknown; enter one of bitopro, bitopro_small"
    ):
        Foreign.from_settings(settings(sandbox, VENUE, extra=extra))


def test_an_order_is_told_by_its_market_and_its_id(blocking: ForeignAccount) -> None:
    sandbox, exchange = blocking.sandbox, blocking.exchange
    for symbol in ("btc_usdt", "eth_usdt"):
        sandbox.place(VENUE, symbol, order_id="5")
    here, there = exchange.check_ref("5", "btc_usdt"), exchange.check_ref("5", "eth_usdt")
    assert exchange.key(here) == OrderKey("btc_usdt", "5") != exchange.key(there)
    listed = blocking.run(exchange.list_open())
    assert {exchange.key(order) for order in listed} == {exchange.key(here), exchange.key(there)}
    result = blocking.run(cancel_order(exchange, there, {}, poll_interval=1))
    assert result.outcome is Outcome.CANCELLED
    assert [order.symbol for order in sandbox.live(VENUE)] == ["btc_usdt"]


def test_named_by_the_clients_own_id(blocking: ForeignAccount) -> None:
    (order_id,) = blocking.place(client_order_id="42")
    blocking.place(2, client_order_id="43")
    ref = blocking.exchange.check_ref(None, "btc_usdt", "42")
    result = blocking.run(cancel_order(blocking.exchange, ref, {}, poll_interval=1))
    assert (result.outcome, result.ref.order_id) == (Outcome.CANCELLED, order_id)
    assert len(blocking.sandbox.live(VENUE)) == 2


def test_options_reach_every_order(blocking: ForeignAccount) -> None:
    from airflow_provider_exchange.operations.selection import Selection

    blocking.place(3)
    options = blocking.exchange.check_options({"isAllStrategyCanceled": False})
    blocking.run(cancel_orders(blocking.exchange, Selection(), options, poll_interval=1))
    asked = {logged.query for logged in blocking.sandbox.mutations(VENUE)}
    assert asked == {"isAllStrategyCanceled=false"}
    assert blocking.sandbox.live(VENUE) == []


def test_a_long_history_is_paged_by_the_library(blocking: ForeignAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteppedClient, "page_size", 4)
    ids = blocking.place(10, state="cancelled")
    refs = [blocking.exchange.check_ref(order_id, "btc_usdt") for order_id in ids]
    found = blocking.run(blocking.exchange.read_ended(refs, None))
    assert {key.order_id for key in found} == set(ids)
    assert blocking.requests.count("orders_of_pair") > 2
