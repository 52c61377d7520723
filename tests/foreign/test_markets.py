"""The markets that the library reads before its first call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    RequestRefusedError,
)
from airflow_provider_exchange.protocol.steps import Call
from airflow_provider_exchange.sandbox.faults import Fault
from tests.foreign import adapter
from tests.foreign.accounts import ForeignAccount
from tests.foreign.exchanged import (
    BASE_URL,
    MARKETS,
    ORDER,
    answered,
    ref,
)
from tests.stepping import run_on

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.foreign.adapter import Foreign


def test_markets_are_read_once_a_process(sandbox: RunningSandbox, blocking: ForeignAccount) -> None:
    (order_id,) = blocking.place()
    assert blocking.run(blocking.exchange.markets()).keys() >= {"btc_usdt", "eth_usdt"}
    other = ForeignAccount(sandbox)
    other.planner.venue_clock = blocking.planner.venue_clock  # or both may use one nonce in the same millisecond
    for account in (blocking, other):
        sandbox.exchange.log.clear()
        account.run(account.exchange.list_open())
        account.run(account.exchange.read_order(account.exchange.check_ref(order_id, "btc_usdt")))
        assert account.requests == ["open_orders", "open_orders", "order"]
    other.close()


def test_a_market_that_is_new_is_read_before_it_is_called_unknown(exchange: Foreign) -> None:
    adapter.shared_markets[BASE_URL] = {"ETH/USDT": {"id": "eth_usdt"}}
    order = run_on(exchange.read_order(ref(exchange)), answered(MARKETS), answered(ORDER))
    assert order.symbol == "btc_usdt"
    assert list(adapter.shared_markets[BASE_URL]) == ["BTC/USDT"]
    with pytest.raises(RequestRefusedError, match="lists no such market"):
        run_on(exchange.read_order(exchange.check_ref("7", "no_market")), answered(MARKETS))


def test_reading_markets_is_a_read(exchange: Foreign) -> None:
    call = next(exchange.list_open())
    assert isinstance(call, Call)
    assert not call.mutating
    assert call.begin(1).headers.keys() == {"Accept"}


def test_markets_that_cannot_be_read_are_tried_again_and_not_kept(sandbox: RunningSandbox) -> None:
    account = ForeignAccount(sandbox)
    sandbox.faults.add(Fault("drop_before", route="trading_pairs", times=2))
    sandbox.faults.add(Fault("html", route="open_orders", status=502, times=1))
    with pytest.raises(ExchangeUnavailableError):
        account.run(account.exchange.list_open(), repeat_reads=False)
    assert adapter.shared_markets == {}
    assert account.run(account.exchange.list_open()) == []
    assert account.requests == ["trading_pairs"] * 3 + ["open_orders"] * 3
    account.close()
