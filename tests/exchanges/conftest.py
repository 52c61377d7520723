"""Each test finds the adapters as a new process does."""

from __future__ import annotations

import pytest

from tests.foreign import adapter


@pytest.fixture(autouse=True)
def no_markets_yet() -> None:
    """The library's markets are read once a process."""
    adapter.shared_markets.clear()
