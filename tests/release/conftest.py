from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.once import made_once
from tests.release.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    ready = made_once(tmp_path_factory, "ready-to-be-released", make_repository)
    return shutil.copytree(ready, tmp_path / "repository")
