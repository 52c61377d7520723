"""What the adapter lets the library change: what was asked for, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    PermanentError,
    UnreadableResponseError,
)
from airflow_provider_exchange.models import OrderKey
from airflow_provider_exchange.sandbox.faults import Fault
from tests.foreign import client as library
from tests.foreign.exchanged import (
    MARKETS,
    answered,
    cancel,
    ref,
)
from tests.stepping import run_on

if TYPE_CHECKING:
    from tests.foreign.accounts import ForeignAccount
    from tests.foreign.adapter import Foreign


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "html"])
def test_a_cancel_that_fails_is_not_sent_again_by_the_library(blocking: ForeignAccount, kind: str) -> None:
    (order_id,) = blocking.place()
    blocking.sandbox.faults.add(Fault(kind, route="cancels"))
    with pytest.raises((ExchangeUnavailableError, UnreadableResponseError)):
        blocking.run(cancel(blocking.exchange, order_id))  # type: ignore[arg-type]
    assert len(blocking.mutations) == 1


def test_a_cancel_whose_answer_the_library_does_not_like_is_not_sent_again(exchange: Foreign) -> None:
    with pytest.raises(UnreadableResponseError, match="repeat"):
        run_on(cancel(exchange), answered(MARKETS), answered({"orderId": "7"}))
    assert run_on(cancel(exchange), answered({"orderId": "7", "timestamp": 1})) == {OrderKey("btc_usdt", "7")}


def test_an_acknowledgement_of_another_order_is_none(exchange: Foreign) -> None:
    assert run_on(cancel(exchange), answered(MARKETS), answered({"orderId": "8", "timestamp": 1})) == frozenset()


async def _cancel_the_whole_market(self: library.Client, order_id: str, symbol: str, params: Any = None) -> Any:
    return await self.request("/orders/{pair}", "DELETE", {"pair": symbol})


async def _cancel_another_order(self: library.Client, order_id: str, symbol: str, params: Any = None) -> Any:
    return await self.request("/orders/{pair}/{id}", "DELETE", {"pair": symbol, "id": "8"})


async def _cancel_another_order_instead_of_failing(self: library.Client, *args: Any, **kwargs: Any) -> Any:
    try:
        return await _cancel_another_order(self, "7", "btc_usdt")
    except Exception:  # noqa: BLE001
        return {}


@pytest.mark.parametrize(
    "instead", [_cancel_the_whole_market, _cancel_another_order, _cancel_another_order_instead_of_failing]
)
def test_a_change_that_was_not_asked_for_is_refused_before_it_is_signed(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch, instead: Any
) -> None:
    monkeypatch.setattr(library.Client, "costs", {**library.Client.costs, ("DELETE", "/orders/{pair}"): 1})
    monkeypatch.setattr(library.Client, "cancel_order", instead)
    with pytest.raises(PermanentError, match="not asked of it"):
        next(cancel(exchange))


def test_a_batch_that_names_more_is_refused(exchange: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    async def more(self: library.Client, order_ids: list[str], symbol: str) -> Any:
        return await self.request("/orders", "PUT", {symbol.upper(): [*order_ids, "8"]})

    monkeypatch.setattr(library.Client, "cancel_orders", more)
    (batch,) = exchange.cancel_several([ref(exchange)], {})
    with pytest.raises(PermanentError, match="not asked of it"):
        next(batch.operation)


def test_a_read_changes_nothing(exchange: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library.Client, "fetch_open_orders", _cancel_another_order_instead_of_failing)
    with pytest.raises(PermanentError, match="not asked of it"):
        next(exchange.list_open())


def test_paths_that_nobody_reads_here_are_refused(exchange: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    async def elsewhere(self: library.Client) -> Any:
        return await self.request("/wallet/deposits")

    monkeypatch.setattr(library.Client, "costs", {("GET", "/wallet/deposits"): 1})
    monkeypatch.setattr(library.Client, "fetch_open_orders", elsewhere)
    with pytest.raises(PermanentError, match="not asked of it"):
        next(exchange.list_open())
