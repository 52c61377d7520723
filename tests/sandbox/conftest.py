from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running
