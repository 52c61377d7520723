"""Fixtures of tests over all books of an exchange, at each that keeps several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.models.orders import OrderRef
from tests.ccxt.books import KINDS, whole_account
from tests.sweeps import cancel_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.models.reports import Outcome
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.accounts import Account
    from tests.ccxt.books import Kind
    from tests.connections import Connect


@pytest.fixture(params=KINDS)
def venue(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def account(sandbox: RunningSandbox, venue: str) -> Iterator[Account]:
    made = whole_account(sandbox, venue)
    yield made
    made.close()


@pytest.fixture(params=[False, True], ids=["in the task", "deferred"])
def how(
    request: pytest.FixtureRequest,
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:
    """Return the arguments of an operator over the whole account, which does not wait for rate limits."""
    monkeypatch.setattr(Pacer, "delay", lambda *_: 0.0)
    return {
        "task_id": "cancel",
        "exchange_conn_id": connect(venue, extra=sandbox.connection(venue)["extra"]),
        "poll_interval": 0.02,
        "timeout": 10,
        "deferrable": request.param,
    }


def placed(sandbox: RunningSandbox, kinds: list[Kind], **order: Any) -> dict[str, Kind]:
    """Place an order of each kind; return their kinds by id."""
    return {kind.place(sandbox, **order): kind for kind in kinds}


def plain_ids(left: set[tuple[str, str]]) -> set[str]:
    return {order_id for _, order_id in left}


def without_marks(orders: dict[str, Kind]) -> set[str]:
    return {order_id.removeprefix(kind.mark) for order_id, kind in orders.items()}


def cancelled(account: Account, kind: Kind, order_id: str) -> Outcome:
    """Cancel one order; return what became of it."""
    ref = OrderRef(order_id, kind.own)
    return account.run(cancel_order(account.exchange, ref, {}, poll_interval=2)).outcome
