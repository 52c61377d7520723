"""Places orders, cleans up and shows the result; see :mod:`demo`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING

from airflow_provider_exchange.sandbox.venues import VENUES, titles
from demo.cleanup import DAG_ID, DAGS, PrivateAirflow
from demo.comparison import Cleared, comparison
from demo.desk import MARKETS, MISBEHAVING, Desk, place_orders
from demo.processes import child, until_told_to_stop
from demo.script import run_script
from demo.tables import orders_table, totals_table, why_filled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

LATENCY = 0.05
LOG_LINES_SHOWN = 40


class NotStartedError(Exception):
    """The paper exchange did not start."""


def say(text: str = "") -> None:
    """Print and flush."""
    print(text, flush=True)


async def demonstrate(log: IO[bytes]) -> int:
    """
    Run all steps.

    :param log: Where the output of the paper exchanges and of Airflow goes.
    :return: 0 if the DAG run succeeded and the exchange shows no open order.
    """
    began = time.monotonic()
    try:
        async with AsyncExitStack() as closes:
            home = Path(closes.enter_context(tempfile.TemporaryDirectory(prefix="exchange-demo-")))
            desk = await closes.enter_async_context(paper_exchange(log))
            desk_of_script = await closes.enter_async_context(paper_exchange(log))
            say(f"A paper exchange runs on {desk.base_url}: rate limits on, {LATENCY * 1000:.0f} ms latency.")
            shown = titles(venue for venue in VENUES if venue.name in MARKETS)
            say(f"Placing orders at {shown}, each signed; preparing Airflow's database meanwhile ...")
            airflow = PrivateAirflow(home, desk.base_url, log)
            async with asyncio.TaskGroup() as group:
                preparing = group.create_task(airflow.prepare())
                scripting = group.create_task(asyncio.to_thread(cleared_by_script, desk_of_script))
                for venue in MARKETS:
                    group.create_task(asyncio.to_thread(place_orders, venue, desk))
            desk.forget_requests()

            say(f"Airflow {version('apache-airflow')} runs {DAG_ID} ...")
            succeeded = preparing.result() and await airflow.clean_up()

            after = {venue: desk.orders(venue) for venue in MARKETS}
            reports = airflow.reports() if preparing.result() else {}
            requests, asked = desk.requests(), routes(desk)
    except NotStartedError:
        say("The paper exchange did not start.")
        return 1

    told = {order["order_id"]: order["outcome"] for order in reports.get(MISBEHAVING, {"orders": []})["orders"]}
    still_open = sum(order["live"] for book in after.values() for order in book)
    for part in (
        orders_table(reports, after),
        totals_table(reports, after, requests),
        why_filled(after),
        comparison(MISBEHAVING, scripting.result(), Cleared(told, after[MISBEHAVING], asked)),
        f"The exchange says: {'every book is flat' if not still_open else f'{still_open} orders are still open'}.",
    ):
        say(f"\n{part}")
    say(f"The DAG run {'succeeded' if succeeded else 'failed'}.")
    say(f"The demonstration took {time.monotonic() - began:.0f} s.")
    return 0 if succeeded and not still_open else 1


@asynccontextmanager
async def paper_exchange(log: IO[bytes]) -> AsyncIterator[Desk]:
    """
    Run a paper exchange of its own process.

    :raises NotStartedError: it did not start.
    """
    sandbox = (sys.executable, "-m", "airflow_provider_exchange.sandbox")
    limits = ("--rate-limits", "on", "--latency", str(LATENCY))
    async with child(*sandbox, *limits, log=log, piped=True) as process:
        assert process.stdout is not None  # noqa: S101  (for the type checker: it is a pipe)
        base_url = (await process.stdout.readline()).decode().strip().rpartition(" ")[2]
        if not base_url:
            raise NotStartedError
        with closing(Desk(base_url)) as desk:
            yield desk


def cleared_by_script(desk: Desk) -> Cleared:
    """Have a script clear the venue that misbehaves."""
    place_orders(MISBEHAVING, desk)
    desk.forget_requests()
    told = run_script(MISBEHAVING, desk.base_url)
    return Cleared(told, desk.orders(MISBEHAVING), routes(desk))


def routes(desk: Desk) -> list[str]:
    """Return what was asked of the venue that misbehaves, in order."""
    return [request["route"] for request in desk.requests() if request["venue"] == MISBEHAVING]


@contextmanager
def log_file(kept: str | None) -> Iterator[IO[bytes]]:
    """
    Open the log.

    :param kept: Its path; None for a temporary file.
    """
    with tempfile.TemporaryFile() if kept is None else Path(kept).open("w+b") as log:
        yield log


def main(arguments: Sequence[str] = ()) -> int:
    """Run the demonstration, and leave no process and no file."""
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="Clear paper exchanges with a real Airflow run."
    )
    parser.add_argument("--log", metavar="FILE", help="keep there what Airflow and the paper exchanges write")
    asked = parser.parse_args(arguments)
    if not (DAGS / f"{DAG_ID}.py").is_file():
        say(f"The demonstration needs a clone of the repository: there is no {DAG_ID}.py in {DAGS}.")
        return 2
    with log_file(asked.log) as log:
        status = asyncio.run(until_told_to_stop(demonstrate(log)))
        log.seek(0)
        tail = log.read().decode(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    if status == 1:
        say("\n".join(["", "The last lines of the log, all of which `python -m demo --log FILE` keeps:", *tail]))
    elif status:
        say("Interrupted; the paper exchange and Airflow are stopped.")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
