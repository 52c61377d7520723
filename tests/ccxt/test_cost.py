"""What ccxt costs a process: its import, in a thread where there is a loop, and its markets, once an exchange."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.exchanges.ccxt import client, settings
from airflow_provider_exchange.exchanges.ccxt.client import library
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import SYMBOLS, Account, through_ccxt
from tests.ccxt.classes import SPOT, account
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

MARKETS = 3000
ACCOUNTS = 20
MOST_OF_A_FURTHER_ONE = 5_000_000
"""Bytes."""


@pytest.fixture
def markets(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A list of markets as an exchange may have it, with what the exchange said of each."""
    monkeypatch.setattr(settings, "PROFILES", ())
    monkeypatch.setattr(client, "_markets", {})
    complete = account("binance").client.ccxt.safe_market_structure
    return [
        complete(
            {**SPOT, "id": f"A{i}USDT", "symbol": f"A{i}/USDT", "base": f"A{i}", "info": {"filters": "f" * 500}}
        )
        for i in range(MARKETS)
    ]


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def taken_since(before: int) -> int:
    return tracemalloc.get_traced_memory()[0] - before


def test_markets_are_kept_once_for_all_accounts(markets: list[dict[str, Any]], traced: None) -> None:
    account("binance").client.set_markets(markets)
    before = tracemalloc.get_traced_memory()[0]
    others = [account("binance") for _ in range(ACCOUNTS - 1)]
    assert all(len(each.client.markets()) == MARKETS for each in others if each.client.has_markets())
    assert all(each.client.has_markets() for each in others)
    assert taken_since(before) / len(others) < MOST_OF_A_FURTHER_ONE
    alone = tracemalloc.get_traced_memory()[0]
    others[0].client.set_markets(markets)
    assert taken_since(alone) > MOST_OF_A_FURTHER_ONE, "or the bound above would prove nothing"


def test_what_the_exchange_said_of_its_markets_is_not_kept(markets: list[dict[str, Any]]) -> None:
    made = account("binance")
    made.client.set_markets(markets)
    assert len(made.client.markets()) == MARKETS
    assert not any(market["info"] for market in made.client.markets().values())


def test_a_certified_exchange_needs_no_markets(sandbox: RunningSandbox, venue: str) -> None:
    made = Account(sandbox, venue, **through_ccxt(sandbox, venue))
    (order_id,) = made.place()
    cancellation = made.exchange.cancel_one(made.exchange.check_ref(order_id, SYMBOLS[venue]), {})
    assert cancellation is not None
    made.run(cancellation.operation)
    assert made.run(made.exchange.list_open()) == []
    assert not made.exchange.client.ccxt.markets  # type: ignore[attr-defined]
    made.close()


def test_a_trigger_loads_ccxt_and_makes_its_account_in_a_thread(
    connect: Connect, sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either takes long enough to hold up every other trigger of the process."""
    threads: set[threading.Thread] = set()
    on_a_loop: list[str] = []

    def note(what: str) -> None:
        threads.add(threading.current_thread())
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            on_a_loop.append(what)

    def noting(name: str) -> Any:
        note(name)
        return import_module(name)

    made = client.Client.__init__

    def making(*args: Any) -> None:
        note("an account")
        made(*args)

    order = sandbox.place(venue, SYMBOLS[venue])

    def meanwhile() -> None:
        """The task has left its worker: a triggerer, which has not seen ccxt yet, takes over."""
        library.cache_clear()
        monkeypatch.setattr(client, "import_quietly", noting)
        monkeypatch.setattr(client.Client, "__init__", making)
        sandbox.exchange.books[venue].cancel(order.order_id)

    sensor = OrderStatusSensor(
        task_id="wait",
        exchange_conn_id=connect(venue),
        order_id=order.order_id,
        symbol=SYMBOLS[venue],
        deferrable=True,
        poke_interval=0.05,
    )
    task = Task(sensor, meanwhile)
    task.run()
    assert task.deferred
    assert threads - {threading.main_thread()}, "the worker's own, when the task resumes"
    assert not on_a_loop
