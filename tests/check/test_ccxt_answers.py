"""
BitoPro as another client has recorded it: the answer in ccxt's static response tests, ``fetchOpenOrders``.

It differs from the vendor's pages in one thing: times of spot orders are in seconds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_exchange.check.findings import Mark
from tests.check.checking import matter

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request, Response
    from tests.check.conftest import Open

ROW = {
    "id": "6135165736",
    "pair": "btc_usdt",
    "status": 0,
    "action": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "97753",
    "originalAmount": "0.0039",
    "remainingAmount": "0.0039",
    "executedAmount": "0",
    "createdTimestamp": 1733122154,
    "updatedTimestamp": 1733122154,
    "seq": "BTCUSDT7797876599",
    "total": "0",
}


def as_recorded(request: Request, response: Response) -> Response:
    body: object
    if request.url.endswith(f"/btc_usdt/{ROW['id']}") and "/margin/" not in request.url:
        body = ROW
    elif "/v3/orders/" in request.url:
        body = {"data": [ROW]}
    else:
        return response
    return type(response)(200, response.headers, json.dumps(body).encode())


def test_what_the_check_says_of_it(checked: Open) -> None:
    account = checked("bitopro")
    account.account.transport.on_answer = as_recorded
    report = account.check()
    assert report.wrong == ()
    assert matter(report) == {
        "orders: creation time": "times are told in seconds, where the venue's pages say milliseconds; they are "
        "read all the same, as times in two units are never alike"
    }
    assert report["orders: state"].shown == "0 (open), in 1 order"
    assert report["one order"].mark is Mark.OK
