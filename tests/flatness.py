"""A short proof of flatness, for tests that wait for real."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_exchange.operations.cancel import FLAT_FOR, Cancelling

SHORT = 0.02


@pytest.fixture(autouse=True)
def short_flatness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sweeps that leave ``flat_for`` alone read the open list twice within 20 ms, and not within a second."""
    prepare = Cancelling.__init__

    def prepare_quickly(work: Cancelling, *args: Any, flat_for: float = FLAT_FOR, **options: Any) -> None:
        prepare(work, *args, flat_for=SHORT if flat_for == FLAT_FOR else flat_for, **options)

    monkeypatch.setattr(Cancelling, "__init__", prepare_quickly)
