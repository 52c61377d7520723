"""Places orders, cleans up and shows the result; see :mod:`demo`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack, closing
from importlib.metadata import version
from pathlib import Path
from typing import IO

from airflow_provider_exchange.sandbox.venues import VENUES, titles
from demo.cleanup import DAG_ID, DAGS, PrivateAirflow
from demo.desk import MARKETS, Desk, place_orders
from demo.processes import child, until_told_to_stop
from demo.tables import orders_table, totals_table

LATENCY = 0.05
LOG_LINES_SHOWN = 40


def say(text: str = "") -> None:
    """Print and flush."""
    print(text, flush=True)


async def demonstrate(log: IO[bytes]) -> int:
    """Run all steps. Return 0 if the DAG run succeeded and the exchange shows no open order."""
    began = time.monotonic()
    async with AsyncExitStack() as closes:
        home = Path(closes.enter_context(tempfile.TemporaryDirectory(prefix="exchange-demo-")))
        sandbox = (sys.executable, "-m", "airflow_provider_exchange.sandbox")
        limits = ("--rate-limits", "on", "--latency", str(LATENCY))
        process = await closes.enter_async_context(child(*sandbox, *limits, log=log, piped=True))
        assert process.stdout is not None  # noqa: S101  (for the type checker: it is a pipe)
        base_url = (await process.stdout.readline()).decode().strip().rpartition(" ")[2]
        if not base_url:
            say("The paper exchange did not start.")
            return 1
        say(f"A paper exchange runs on {base_url}: rate limits on, {LATENCY * 1000:.0f} ms latency.")

        desk = closes.enter_context(closing(Desk(base_url)))
        airflow = PrivateAirflow(home, base_url, log)
        shown = titles(venue for venue in VENUES if venue.name in MARKETS)
        say(f"Placing orders at {shown}, each signed; preparing Airflow's database meanwhile ...")
        async with asyncio.TaskGroup() as group:
            preparing = group.create_task(airflow.prepare())
            for venue in MARKETS:
                group.create_task(asyncio.to_thread(place_orders, venue, desk))
        desk.forget_requests()

        say(f"Airflow {version('apache-airflow')} runs {DAG_ID} ...")
        succeeded = preparing.result() and await airflow.clean_up()

        after = {venue: desk.orders(venue) for venue in MARKETS}
        reports = airflow.reports() if preparing.result() else {}
        say(f"\n{orders_table(reports, after)}\n\n{totals_table(reports, after, desk.requests())}\n")

    still_open = sum(order["live"] for book in after.values() for order in book)
    say(f"The exchange says: {'every book is flat' if not still_open else f'{still_open} orders are still open'}.")
    say(f"The DAG run {'succeeded' if succeeded else 'failed'}. It took {time.monotonic() - began:.0f} s.")
    return 0 if succeeded and not still_open else 1


def main() -> int:
    """Run the demonstration, and stop everything that it started."""
    if not (DAGS / f"{DAG_ID}.py").is_file():
        say(f"The demonstration needs a clone of the repository: there is no {DAG_ID}.py in {DAGS}.")
        return 2
    with tempfile.NamedTemporaryFile(prefix="exchange-demo-", suffix=".log", delete=False) as log:
        say(f"Airflow's log is in {log.name}")
        status = asyncio.run(until_told_to_stop(demonstrate(log)))
    if status == 1:
        tail = Path(log.name).read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        say("\n".join(["", f"The last lines of {log.name}:", *tail]))
    elif status:
        say("Interrupted; the paper exchange and Airflow are stopped.")
    return status


if __name__ == "__main__":
    sys.exit(main())
