from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running
