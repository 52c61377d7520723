"""ccxt's own client works against the paper Coinbase, with a token of its own for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest
from requests.adapters import HTTPAdapter

from tests.sandbox.coinbase.client import GONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


class ToTheSandbox(HTTPAdapter):
    """Sends requests for the venue to the sandbox. Their tokens name the venue's host, from the address called."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace("https://api.coinbase.com", self._base_url)
        return super().send(request, *args, **kwargs)


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("coinbase")
    assert (connection["conn_type"], connection["extra"]) == ("ccxt", {"exchange": "coinbase"})
    exchange = ccxt.coinbase(
        {"apiKey": connection["login"], "secret": connection["password"], "enableRateLimit": False}
    )
    exchange.session.mount("https://", ToTheSandbox(sandbox.base_url))
    exchange.has["fetchCurrencies"] = False  # the paper Coinbase has no wallet
    yield exchange
    exchange.session.close()


def test_it_places_lists_reads_and_cancels(client: Any, sandbox: RunningSandbox) -> None:
    made = [client.create_order("BTC/USD", "limit", "sell", 0.5, 61000 + step)["id"] for step in range(2)]
    listed = client.fetch_open_orders()
    assert {(each["id"], each["status"], each["amount"], each["price"]) for each in listed} == {
        (made[0], "open", 0.5, 61000),
        (made[1], "open", 0.5, 61001),
    }
    client.cancel_order(made[0])
    assert client.fetch_order(made[0])["status"] == "canceled"
    assert [order.order_id for order in sandbox.live("coinbase")] == made[1:]
    assert [each["id"] for each in client.fetch_canceled_orders()] == made[:1]
    client.cancel_orders(made[1:])
    assert client.fetch_open_orders() == []


def test_it_reads_refusals_as_it_reads_the_venue_s(client: Any) -> None:
    with pytest.raises(ccxt.BadRequest):
        client.cancel_orders([GONE])
    client.apiKey = "organizations/other/apiKeys/other"
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_open_orders()
