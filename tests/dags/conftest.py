from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import CLEANED_UP, VENUES, connection
from tests.flatness import short_flatness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["running", "sandbox", "short_flatness"]


@pytest.fixture(scope="package")
def running(airflow_home: Path) -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> RunningSandbox:
    """An empty paper exchange, with Airflow's default connections to it."""
    running.reset()
    for venue in {*VENUES, *CLEANED_UP}:
        monkeypatch.setenv(f"AIRFLOW_CONN_{venue.upper()}_DEFAULT", json.dumps(connection(running, venue)))
    return running
