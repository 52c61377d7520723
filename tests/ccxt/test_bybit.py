"""What Bybit alone has: the call for live orders forgets those that have ended sooner than the history does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import OrderNotFoundError
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from tests.accounts import SYMBOLS, UNKNOWN_IDS, Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

EACH = pytest.mark.parametrize("book", ["bybit", "bybit_linear"])


@pytest.fixture
def account(sandbox: RunningSandbox, book: str) -> Iterator[Account]:
    sandbox.exchange.apply_settings(bybit_ended="forgotten")
    made = Account(sandbox, book)
    yield made
    made.close()


@EACH
def test_an_ended_order_that_only_the_history_has_is_found_by_either_id(
    account: Account, sandbox: RunningSandbox, book: str
) -> None:
    order_id = sandbox.place(book, SYMBOLS[book], state="filled", client_order_id="mine").order_id
    for ref in (OrderRef(order_id, SYMBOLS[book]), OrderRef(None, SYMBOLS[book], "mine")):
        shown = account.run(account.exchange.read_order(ref))
        assert (shown.order_id, shown.state) == (order_id, OrderState.FILLED)


@EACH
def test_an_order_that_neither_has_is_not_found(account: Account, book: str) -> None:
    with pytest.raises(OrderNotFoundError):
        account.run(account.exchange.read_order(OrderRef(UNKNOWN_IDS[book], SYMBOLS[book])))
