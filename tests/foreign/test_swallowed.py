"""What the library would swallow, tell from memory or drop is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    UnreadableResponseError,
)
from airflow_provider_exchange.protocol.steps import Call, DeadlineReached
from airflow_provider_exchange.sandbox.faults import Fault
from tests.foreign import client as library
from tests.foreign.exchanged import (
    MARKETS,
    ORDER,
    answered,
)
from tests.stepping import run_on

if TYPE_CHECKING:
    from tests.foreign.accounts import ForeignAccount
    from tests.foreign.adapter import Foreign


def test_a_list_that_cannot_be_read_is_not_empty(blocking: ForeignAccount) -> None:
    blocking.place(2)
    blocking.sandbox.faults.add(Fault("drop_before", route="open_orders"))
    with pytest.raises(ExchangeUnavailableError):
        blocking.run(blocking.exchange.list_open(), repeat_reads=False)
    with pytest.raises(ExchangeUnavailableError):
        blocking.run(blocking.exchange.list_open(), timeout=5)


@pytest.mark.parametrize("calls_before", [0, 1, 2, 3])
def test_a_deadline_ends_the_operation_wherever_it_comes(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch, calls_before: int
) -> None:
    """Also within a pause of the library's."""
    monkeypatch.setattr(library.Client, "rate_limit", 10**6)
    operation = exchange.list_open()
    answers = [answered(MARKETS), answered({"data": [ORDER]}), answered({"data": [ORDER]})]
    step = next(operation)
    for _ in range(calls_before):
        step = operation.send(step.finish(answers.pop(0)) if isinstance(step, Call) else None)
    with pytest.raises(DeadlineReached):
        operation.throw(DeadlineReached())


def test_a_read_is_repeated_by_the_plan_and_the_library_goes_on(blocking: ForeignAccount) -> None:
    ids = blocking.place(2)
    blocking.sandbox.faults.add(Fault("drop_before", route="open_orders", requests=(1, 3)))
    listed = blocking.run(blocking.exchange.list_open())
    assert {order.order_id for order in listed} == set(ids)
    assert blocking.requests == ["open_orders"] * 4


@pytest.mark.parametrize("memory", [[], [{"id": "7", "symbol": "btc_usdt", "status": "open"}]])
def test_what_the_library_tells_from_memory_is_not_believed(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch, memory: Any
) -> None:
    async def remember(self: library.Client) -> Any:
        await self.load_markets()
        return memory

    monkeypatch.setattr(library.Client, "fetch_open_orders", remember)
    with pytest.raises(UnreadableResponseError, match="did not ask"):
        run_on(exchange.list_open(), answered(MARKETS))


def test_an_order_that_the_library_drops_is_listed_all_the_same(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drop(self: library.Client, row: Any) -> Any:
        raise KeyError("whatever")

    plain, conditional = ORDER, {**ORDER, "id": "SL-8", "status": -1}
    answers = answered(MARKETS), answered({"data": [plain]}), answered({"data": [conditional]})
    assert {order.order_id for order in run_on(exchange.list_open(), *answers)} == {"7", "SL-8"}
    monkeypatch.setattr(library.Client, "parse_order", drop)
    with pytest.raises(UnreadableResponseError, match="failed with a KeyError"):
        run_on(exchange.list_open(), *answers[1:])
