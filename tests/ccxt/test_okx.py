"""What OKX alone has: a limit that counts the orders of a cancel, and algo orders that have failed in part."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.protocol.steps import Call
from tests.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def account(sandbox: RunningSandbox) -> Iterator[Account]:
    made = Account(sandbox, "okx")
    yield made
    made.close()


@pytest.mark.parametrize("mark", ["", "algo:"], ids=["ordinary", "algo"])
def test_each_order_of_a_batch_counts_against_its_limit(account: Account, mark: str) -> None:
    refs = [OrderRef(f"{mark}{number}", "BTC-USDT") for number in range(1, 8)]
    (batch,) = account.exchange.cancel_several(refs, {})
    call = next(batch.operation)
    assert isinstance(call, Call)
    assert call.weight == 7


def test_an_algo_order_that_failed_in_part_lives_as_long_as_what_it_has_placed(
    account: Account, sandbox: RunningSandbox
) -> None:
    placed = sandbox.place("okx", "BTC-USDT").order_id
    order = sandbox.place("okx_algo", "BTC-USDT", type="trigger", stop_price="90").order_id

    def answered(request: Request, response: Response) -> Response:
        if "/trade/order-algo?" not in request.url:
            return response
        body = json.loads(response.body)
        body["data"][0] |= {"state": "partially_failed", "ordIdList": [placed]}
        return replace(response, body=json.dumps(body).encode())

    account.transport.on_answer = answered
    ref = OrderRef(f"algo:{order}", "BTC-USDT")
    assert account.run(account.exchange.read_order(ref)).state is OrderState.OPEN
    sandbox.book("okx").fill(placed, symbol="BTC-USDT")
    assert account.run(account.exchange.read_order(ref)).state is OrderState.FILLED
