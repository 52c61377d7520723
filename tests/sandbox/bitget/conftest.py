from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .client import BitgetClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def raw(sandbox: RunningSandbox) -> BitgetClient:
    return BitgetClient(sandbox)
