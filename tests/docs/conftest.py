from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import CLEANED_UP, SYMBOLS, VENUES
from tests.docs.blocks import FILLED, OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def running(airflow_home: Path) -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSandbox]:
    """A paper exchange with orders at each venue, and Airflow's default connections to it."""
    running.reset()
    settings = running.exchange.all_settings()
    for venue in {*VENUES, *CLEANED_UP}:
        running.place(venue, SYMBOLS[venue])
        running.place(venue, SYMBOLS[venue], side="BUY", quantity="2", filled="0.5")
        monkeypatch.setenv(f"AIRFLOW_CONN_{venue.upper()}_DEFAULT", json.dumps(running.connection(venue)))
    running.place("bitopro", SYMBOLS["bitopro"], order_id=FILLED, state="filled")
    running.place("bitopro", SYMBOLS["bitopro"], order_id=OPEN)
    monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps(running.connection("okx")))
    yield running
    running.exchange.apply_settings(**settings)


@pytest.fixture
def clean_database(airflow_home: Path) -> Iterator[None]:
    """Take away what commands have put into Airflow's database."""
    yield
    from airflow.models import Connection, Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(Connection).delete()
        session.query(Pool).filter(Pool.pool != Pool.DEFAULT_POOL_NAME).delete()
