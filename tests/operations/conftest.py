from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import VENUES, Account

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> Iterator[RunningSandbox]:
    running.reset()
    settings = running.exchange.all_settings()
    yield running
    running.exchange.apply_settings(**settings)


@pytest.fixture(params=VENUES)
def account(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> Iterator[Account]:
    made = Account(sandbox, request.param)
    yield made
    made.close()
