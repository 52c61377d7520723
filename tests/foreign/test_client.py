"""The library by itself, on a loop of its own: it works, and its habits are as bad as the adapter expects."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.faults import Fault
from tests.foreign import client as library
from tests.foreign.accounts import VENUE

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def client(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> library.Client:
    monkeypatch.setattr(library, "RETRY_DELAY", 0)
    fields = sandbox.connection(VENUE)
    return library.Client(
        {
            "base_url": sandbox.base_url,
            "api_key": fields["login"],
            "secret": fields["password"],
            "identity": fields["extra"]["identity"],
        }
    )


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def test_it_reads_and_cancels(sandbox: RunningSandbox, client: library.Client) -> None:
    plain = sandbox.place(VENUE, "btc_usdt").order_id
    conditional = sandbox.place(VENUE, "btc_usdt", stop_price="90").order_id
    assert {order["id"] for order in run(client.fetch_open_orders())} == {plain, conditional}
    assert run(client.fetch_order(plain, "BTC/USDT"))["status"] == "open"
    run(client.cancel_order(plain, "BTC/USDT"))
    run(client.cancel_orders([conditional], "BTC/USDT"))
    assert sandbox.live(VENUE) == []
    closed = run(client.fetch_closed_orders("BTC/USDT"))
    assert {order["id"]: order["status"] for order in closed} == {plain: "canceled", conditional: "canceled"}
    assert "data" in run(client.fetch_balance())
    with pytest.raises(library.NotSupported):
        run(client.fetch_time())
    with pytest.raises(library.BadSymbol):
        run(client.fetch_order(plain, "NO/MARKET"))


def test_it_sends_a_cancel_again_and_again(sandbox: RunningSandbox, client: library.Client) -> None:
    order_id = sandbox.place(VENUE, "btc_usdt").order_id
    sandbox.faults.add(Fault("drop_before", route="cancels"))
    with pytest.raises(library.NetworkError):
        run(client.cancel_order(order_id, "BTC/USDT"))
    assert len(sandbox.mutations(VENUE)) >= library.TRIES, "and what it sends by may do so, too"


def test_it_tells_what_was_open_before_when_it_cannot_read(sandbox: RunningSandbox, client: library.Client) -> None:
    sandbox.faults.add(Fault("drop_before", route="open_orders"))
    sandbox.place(VENUE, "btc_usdt")
    assert run(client.fetch_open_orders()) == []


def test_it_takes_what_is_missing_for_nothing(
    sandbox: RunningSandbox, client: library.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(*_: Any, **__: Any) -> Any:
        return {}

    monkeypatch.setattr(client, "fetch2", answer)
    assert run(client.fetch_open_orders()) == []


def test_its_errors_hold_the_signature(sandbox: RunningSandbox, client: library.Client) -> None:
    sandbox.faults.add(Fault("status", status=503, route="balance"))
    with pytest.raises(library.ExchangeNotAvailable) as caught:
        run(client.fetch_balance())
    assert client.api_key in str(caught.value)
    assert "X-BITOPRO-SIGNATURE" in str(caught.value)
