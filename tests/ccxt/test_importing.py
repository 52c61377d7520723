"""A large library is imported without a look for garbage, which no other thread would outrun."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.exchanges.ccxt.importing import import_quietly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANY = "held = [[] for _ in range(200_000)]"
"""As many objects as set off a look for garbage."""


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """The generation of each look for garbage while the test runs."""
    looks: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            looks.append(info["generation"])

    gc.callbacks.append(note)
    yield looks
    gc.callbacks.remove(note)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "large_library.py").write_text(MANY)
    yield "large_library"
    sys.modules.pop("large_library", None)


def test_nothing_is_looked_through(module: str, collected: list[int]) -> None:
    loaded = import_quietly(module)
    looks = list(collected)
    assert len(loaded.held) == 200_000
    assert looks == []
    assert gc.isenabled()
    young, middle, _ = gc.get_count()
    assert young < 200_000 > middle, "what was made counts as looked through"


@pytest.mark.parametrize("is_enabled", [True, False])
def test_it_is_as_before_although_the_library_is_missing(is_enabled: bool) -> None:
    if not is_enabled:
        gc.disable()
    try:
        with pytest.raises(ModuleNotFoundError):
            import_quietly("a_library_that_nobody_has")
        assert gc.isenabled() is is_enabled
    finally:
        gc.enable()


def test_what_somebody_froze_stays_frozen(module: str) -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        import_quietly(module)
        assert 0 < frozen - 1000 < gc.get_freeze_count()
    finally:
        gc.unfreeze()
