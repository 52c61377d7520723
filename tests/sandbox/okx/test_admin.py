"""What the admin API may place in the paper OKX's books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_each_order_is_kept_in_its_own_book(sandbox: RunningSandbox) -> None:
    assert sandbox.place("okx", "btc-usdt").symbol == "BTC-USDT"
    assert sandbox.place("okx_algo", "BTC-USDT", stop_price=90).type == "trigger"
    assert [len(sandbox.live(book)) for book in ("okx", "okx_algo")] == [1, 1]


@pytest.mark.parametrize(("book", "terms", "words"), [
    ("okx", {"stop_price": 90}, "okx_algo"),
    ("okx", {"type": "twap"}, "okx_algo"),
    ("okx", {"type": "iceburg"}, "no orders of type"),
    ("okx", {"order_id": "SL-1"}, "ids are numbers"),
    ("okx", {"client_order_id": "a-b"}, "letters and digits"),
    ("okx", {"symbol": "BTCUSDT"}, "unlike 'BTCUSDT'"),
    ("okx_algo", {}, "'LIMIT' is none"),
    ("okx_algo", {"type": "trigger"}, "waits for a stop_price"),
])  # fmt: skip
def test_an_order_that_the_venue_cannot_have(
    sandbox: RunningSandbox, book: str, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sandbox.place(book, **{"symbol": "BTC-USDT", **terms})


def test_a_market_that_is_not_listed(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.base_url}/sandbox/okx/orders"
    assert requests.post(url, json={"symbol": "DOGE-USDT"}, timeout=10).status_code == 400
    assert requests.post(url, json={"symbol": "DOGE-USDT", "unlisted": True}, timeout=10).ok
