"""Requests and answers that the tests of the foreign adapter exchange with it by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.driver.clock import SystemClock
from airflow_provider_exchange.protocol.messages import Response

if TYPE_CHECKING:
    from airflow_provider_exchange.models import OrderKey
    from airflow_provider_exchange.protocol.steps import Operation
    from tests.foreign.adapter import Foreign

BASE_URL = "https://venue.example"
API_KEY = "the-api-key"
API_SECRET = "the-api-secret"
MARKETS = {"data": [{"pair": "btc_usdt", "base": "btc", "quote": "usdt"}]}
ORDER = {"id": "7", "pair": "btc_usdt", "status": 0, "action": "BUY", "originalAmount": "2", "executedAmount": "0"}


def answered(body: Any, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(body).encode())


class Still(SystemClock):
    """A clock that stands."""

    def monotonic(self) -> float:
        return 0

    def wall(self) -> float:
        return 0


def ref(exchange: Foreign, order_id: str = "7") -> Any:
    return exchange.check_ref(order_id, "btc_usdt")


def cancel(exchange: Foreign, order_id: str = "7") -> Operation[frozenset[OrderKey]]:
    cancellation = exchange.cancel_one(ref(exchange, order_id), {})
    assert cancellation is not None
    return cancellation.operation
