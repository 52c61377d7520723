from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .client import OkxClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def raw(sandbox: RunningSandbox) -> OkxClient:
    return OkxClient(sandbox)
