"""What the DAGs of this rehearsal are made of. They talk with it through files of one folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

from airflow.providers.common.compat.sdk import task

FOLDER = "KILL_SWITCH_FOLDER"
"""Environment variable that names the folder."""
BREAK = "break"
"""A file with this name breaks every strategy."""
POLL = 0.02
"""Seconds between two looks for it."""


@task
def trade(dag_id: str) -> None:
    """Stand in for a strategy: tell which process it is, trade until told to break, then break."""
    folder = Path(os.environ[FOLDER])
    started = folder / f"{dag_id}.new"
    started.write_text(str(os.getpid()))
    started.rename(folder / f"{dag_id}.pid")
    while not (folder / BREAK).exists():
        time.sleep(POLL)
    raise RuntimeError("the strategy broke down")
