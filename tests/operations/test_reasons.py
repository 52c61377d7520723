"""What a sweep says at its deadline of an order that is not proved gone: why, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import OrdersStillOpenError
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import Account
from tests.sweeps import live, named, sweep

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_a_state_that_is_not_known_is_told(sandbox: RunningSandbox) -> None:
    """It is gone, but only the history tells that, in a word that nobody has documented."""
    account = Account(sandbox, "nami")
    (order_id,) = account.place(1)
    sandbox.faults.add(Fault("odd_order", orders=(order_id,), field="state", real=True))
    with pytest.raises(OrdersStillOpenError, match="state that is not known, 'LIMBO'") as caught:
        sweep(account, timeout=10)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert live(account) == set()
    account.close()


def test_a_refusal_is_told_beside_an_order_that_is_still_being_cancelled(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "bitopro")
    refused, slow = account.place(2)
    sandbox.faults.add(Fault("refuse_cancel", orders=(refused,)))
    sandbox.faults.add(Fault("cancelling", orders=(slow,), reads=1000))
    with pytest.raises(OrdersStillOpenError, match="The venue refused to cancel one: ") as caught:
        sweep(account, timeout=10, orders=named(account, refused, slow))
    assert {ref.order_id for ref in caught.value.orders} == {refused, slow}
    account.close()
