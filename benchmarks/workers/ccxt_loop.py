"""Prints the longest seconds for which an event loop stood still while its first account of ccxt was made."""

import asyncio
import sys
import time

import airflow_provider_exchange.hooks.exchange  # noqa: F401  (a triggerer has the parts of Airflow that this loads)
from airflow_provider_exchange.triggers.shared_reader import shared_reader

BEAT = 0.002
gaps: list[float] = []


async def beat() -> None:
    """Note by how much each short sleep is late."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(BEAT)
        gaps.append(time.perf_counter() - began - BEAT)


async def main() -> None:
    """Make the account, and read once with it."""
    beating = asyncio.create_task(beat())
    await asyncio.sleep(BEAT)
    async with shared_reader("paper") as reader:
        await reader.read(reader.hook.check_orders(["1"], "BTCUSDT"))
    beating.cancel()


assert "ccxt" not in sys.modules  # noqa: S101
asyncio.run(main())
assert "ccxt" in sys.modules  # noqa: S101
print(max(gaps))
