"""Evidence as tests read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.evidence.folder import attempts_at
from airflow_provider_exchange.evidence.verify import Attempt, check

if TYPE_CHECKING:
    from pathlib import Path


def attempts(folder: Path) -> list[Attempt]:
    """Check every attempt in a folder."""
    return [check(name, parts) for name, parts in attempts_at(str(folder)).items()]


def only(folder: Path) -> Attempt:
    """Check the only attempt in a folder."""
    (attempt,) = attempts(folder)
    return attempt


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return what the lines of the only attempt in a folder say."""
    ((_, parts),) = attempts_at(str(folder)).items()
    return [json.loads(line) for content in parts.values() for line in content.splitlines()]


def text(folder: Path) -> str:
    """Return all that is written in a folder, the names of the files too."""
    return "\n".join([f"{path.name}\n{path.read_text()}" for path in folder.rglob("*.jsonl")])
