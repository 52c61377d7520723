"""Orders at Gate that wait for a price are found in accounts of either kind, and a refusal is no word for none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import RequestRefusedError, UnreadableResponseError
from tests.ccxt.books import live, whole_account
from tests.sweeps import sweep

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.mark.parametrize("kind", ["classic", "classic_refused", "unified"])
def test_a_sweep_reaches_the_orders_of_the_account(sandbox: RunningSandbox, kind: Any) -> None:
    sandbox.exchange.apply_settings(gate_account=kind)
    for book, stop in (("gate", {}), ("gate_auto", {"stop_price": "90"})):
        sandbox.place(book, "BTC_USDT", **stop)
    account = whole_account(sandbox, "gate")
    assert len(sweep(account).results) == 2
    assert live(sandbox, "gate") == set()
    account.close()


def test_another_refusal_of_that_list_is_no_word_for_none(sandbox: RunningSandbox) -> None:
    account = whole_account(sandbox, "gate")
    refusal = json.dumps({"label": "INVALID_PARAM_VALUE", "message": "account"}).encode()

    def answered(request: Request, response: Response) -> Response:
        return replace(response, status=400, body=refusal) if "account=unified" in request.url else response

    account.transport.on_answer = answered
    with pytest.raises(RequestRefusedError, match="INVALID_PARAM_VALUE"):
        sweep(account)
    account.close()


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_list_that_shows_fewer_orders_than_it_counts_proves_nothing(
    sandbox: RunningSandbox, *, is_shown: bool
) -> None:
    """Whatever it does show is cancelled all the same."""
    hidden = sandbox.place("gate", "BTC_USDT")
    if is_shown:
        sandbox.place("gate", "BTC_USDT")
    account = whole_account(sandbox, "gate")

    def answered(request: Request, response: Response) -> Response:
        if "/spot/open_orders" not in request.url:
            return response
        groups = json.loads(response.body)
        for group in groups:
            group["orders"] = [each for each in group["orders"] if each["id"] != hidden.order_id]
        return replace(response, body=json.dumps(groups).encode())

    account.transport.on_answer = answered
    with pytest.raises(UnreadableResponseError, match="more orders are open than it shows"):
        sweep(account, timeout=20)
    assert sandbox.live("gate") == [hidden]
    account.close()
