"""How many orders go into one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.exchanges.bitopro import BitoPro
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import Account
from tests.stepping import first_call
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from collections.abc import Sequence

GATEWAY = 8190
"""Bytes of a header's value that common servers take; the paper exchange's too."""

order_ids = st.integers(1, 10**20 - 1).map(str) | st.integers(1, 10**20 - 1).map("SL-{}".format)
pairs = st.sampled_from(["btc_usdt", "a_b", f"{'x' * 20}_{'y' * 20}"]) | st.from_regex(
    r"[a-z]{3,20}_[a-z]{3,20}", fullmatch=True
)


@given(st.lists(st.tuples(order_ids, pairs), unique=True), st.integers(1, 40))
def test_a_batch_fits_into_a_header(named: Sequence[tuple[str, str]], times: int) -> None:
    exchange = BitoPro("https://example.com", "key", "secret", "me@example.com")
    refs = [OrderRef(order_id, pair) for order_id, pair in named] * times
    cancellations = exchange.cancel_several(refs, {})
    assert [ref for cancellation in cancellations for ref in cancellation.orders] == refs
    for cancellation in cancellations:
        request = first_call(cancellation.operation).begin(1)
        assert len(request.headers["X-BITOPRO-PAYLOAD"]) <= GATEWAY
        assert cancellation.orders


def test_orders_of_one_pair_go_by_hundreds() -> None:
    exchange = BitoPro("https://example.com", "key", "secret", "me@example.com")
    refs = [OrderRef(str(2_220_000_000 + number), "btc_usdt") for number in range(1000)]
    assert len(exchange.cancel_several(refs, {})) == 3


@pytest.mark.parametrize("venue", ["bitopro", "nami"])
def test_a_large_book_goes_in_batches_alone(venue: str) -> None:
    with running_sandbox() as sandbox:
        account = Account(sandbox, venue)
        account.place(700)
        selection = Selectors().check(account.exchange)
        report = account.run(cancel_orders(account.exchange, selection, {}, poll_interval=2))
        account.close()
        assert (len(report.results), report.open_after) == (700, 0)
        assert {route for _, route in account.mutations} == {"cancel_orders"}
