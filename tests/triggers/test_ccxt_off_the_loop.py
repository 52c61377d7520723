"""
To import ccxt takes about a second, in which no other trigger would run: so no event loop does it.

Each way by which a loop first gets at an account is tried in a process of its own, in which something watches who
imports ccxt.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.provider.forking import ForkingPython, forking_python
from tests.provider.installation import ROOT, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTION = {
    "conn_type": "ccxt",
    "host": "http://127.0.0.1:1",  # where nobody listens
    "login": "key-of-mine",
    "password": "secret-of-mine",
    "extra": {"exchange": "binance"},
}
LOAD = """
import airflow.models, asyncio, sys, threading, time
from contextlib import suppress
from airflow.models import import_all_models
import_all_models()  # before Airflow 3.2 a connection is made by the database's mapper
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.triggers.events import OrderEventTrigger
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
importing = []

class Watching:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "ccxt":
            importing.append(threading.current_thread())

sys.meta_path.insert(0, Watching())
ORDERS = [{"order_id": "1", "symbol": "BTC-USDT"}]

async def cancelled_once_imported(work):
    task = asyncio.ensure_future(work)
    while not importing:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
"""
TOLD = """
assert "ccxt" not in sys.modules, "what is loaded already is not seen being loaded"
with suppress(Exception):
    asyncio.run(use())
print(len(importing), threading.main_thread() in importing)
"""
WAYS = {
    "sensor": """
async def use():
    await anext(OrderStatusTrigger("mine", ORDERS, ["filled"], [], 1, time.time()).run())
""",
    "asset watcher": """
async def use():
    await cancelled_once_imported(anext(OrderEventTrigger("mine", ["filled"]).run()))
""",
    "asset watcher's check": """
async def use():
    await OrderEventTrigger("mine", ["filled"], symbols=["BTC-USDT"])._check_symbols()
""",
    "notifier": """
async def use():
    await CancelAllOrdersNotifier("mine", timeout=0.1).async_notify({})
""",
    "notifier of several": """
async def use():
    await CancelAllOrdersNotifier(["mine", "mine_too"], timeout=0.1).async_notify({})
""",
}


@pytest.fixture(scope="module")
def python() -> Iterator[ForkingPython]:
    env = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    for conn_id in ("MINE", "MINE_TOO"):
        env[f"AIRFLOW_CONN_{conn_id}"] = json.dumps(CONNECTION)
    with forking_python(sys.executable, LOAD, env=env, cwd=ROOT) as python:
        yield python


@pytest.mark.parametrize("way", WAYS)
def test_a_loop_has_ccxt_imported_elsewhere(python: ForkingPython, way: str) -> None:
    done = succeeded(python.run(LOAD + WAYS[way] + TOLD))
    imports, on_the_loop = done.stdout.splitlines()[-1].split()
    assert int(imports) > 0, "nobody imported it, so nothing was seen"
    assert on_the_loop == "False"


def test_the_watch_sees_an_import_on_the_loop(python: ForkingPython) -> None:
    use = """
async def use():
    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    _ = ExchangeHook.for_connection("mine").exchange
"""
    assert succeeded(python.run(LOAD + use + TOLD)).stdout.splitlines()[-1].endswith(" True")
