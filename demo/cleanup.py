"""Runs the example DAG once, in an Airflow with its own home directory."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from demo.desk import MARKETS
from demo.processes import child

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DAGS", "DAG_ID", "PrivateAirflow"]

DAG_ID = "end_of_day_cleanup"
DAGS = Path(__file__).resolve().parents[1] / "dags_examples"
MARKET_TYPES = {"binance": "spot"}
"""The only kind of market that a connection covers, where a venue has several, and orders are placed in one."""
TIMEOUT = 300.0
"""Seconds for one Airflow command. They take tens of seconds on an idle machine."""


class PrivateAirflow:
    """
    An Airflow that neither reads nor changes the user's Airflow.

    :param home: An empty directory for its database, configuration and logs.
    :param base_url: Where the paper exchange listens.
    :param log: Where the output of its commands goes.
    """

    def __init__(self, home: Path, base_url: str, log: IO[bytes]) -> None:
        self._home = home
        self._log = log
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        self._env |= {
            "AIRFLOW_HOME": str(home),
            "TMPDIR": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        }
        for venue in MARKETS:
            self._env[f"AIRFLOW_CONN_{venue.upper()}_DEFAULT"] = json.dumps(_connection(venue, base_url))

    async def prepare(self) -> bool:
        """Create its database; return whether that succeeded."""
        return await self._run("db", "migrate")

    async def clean_up(self) -> bool:
        """Run the DAG; return whether the run succeeded."""
        return await self._run("dags", "test", DAG_ID) and self._read("SELECT state FROM dag_run") == [("success",)]

    def reports(self) -> Mapping[str, dict[str, Any]]:
        """Return the reports that the cancel tasks pushed to XCom, by venue."""
        rows = self._read("SELECT value FROM xcom WHERE key = 'report' AND task_id LIKE '%.cancel'")
        return {report["exchange"]: report for report in (json.loads(value) for (value,) in rows)}

    async def _run(self, *arguments: str) -> bool:
        command = (sys.executable, "-m", "airflow", *arguments)
        async with child(*command, log=self._log, env=self._env) as process:
            try:
                return await asyncio.wait_for(process.wait(), TIMEOUT) == 0
            except TimeoutError:
                return False

    def _read(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._home / "airflow.db")) as database:
            return database.execute(query).fetchall()


def _connection(venue: str, base_url: str) -> dict[str, Any]:
    fields = Accounts().connection(venue, base_url)
    market_type = MARKET_TYPES.get(venue)
    return fields if market_type is None else {**fields, "extra": {**fields["extra"], "default_type": market_type}}
