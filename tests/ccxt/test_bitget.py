"""What Bitget's answers leave to be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest, UnreadableResponseError
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.ccxt.profiles import bitget_answers
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import rows_of
from airflow_provider_exchange.models.orders import OrderRef
from tests.accounts import Account
from tests.sweeps import cancel_order

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_an_id_that_begins_with_another_kind_is_refused_in_words(sandbox: RunningSandbox) -> None:
    """The lists for several kinds show the order, and a cancel for the wrong kind never reaches it."""
    order = sandbox.place("bitget_futures_plan", "BTCUSDT", stop_price="3", type="pos_loss")
    account = Account(sandbox, "bitget_futures")
    ref = OrderRef(f"loss_plan:{order.order_id}", "BTCUSDT")
    with pytest.raises(InvalidOrderRequest, match="of the kind pos_loss, so its id begins with pos_loss:"):
        account.run(cancel_order(account.exchange, ref, {}, poll_interval=1), timeout=20)
    account.close()
    assert sandbox.mutations("bitget") == []


@pytest.mark.parametrize("odd", ["", 0, False, {}])
def test_only_null_stands_for_an_empty_list(odd: Any) -> None:
    for name in bitget_answers.LISTS:
        body = {"code": "00000", "data": {name: None, "endId": None}}
        assert rows_of(value_at(bitget_answers.data(body), name)) == []
        body["data"] = {name: odd, "endId": None}
        with pytest.raises(UnreadableResponseError):
            rows_of(value_at(bitget_answers.data(body), name))
