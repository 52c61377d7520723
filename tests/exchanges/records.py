"""The records of orders in an answer: how a test finds and changes one, whatever the venue."""

from __future__ import annotations

from typing import Any


def has(record: Any, path: str) -> bool:
    """Whether a record has a field, at the end of a path of names."""
    first, _, rest = path.partition(".")
    return isinstance(record, dict) and first in record and (not rest or has(record[first], rest))


def put(record: Any, path: str, value: Any) -> None:
    """Set a field of a record, at the end of a path of names."""
    *outer, last = path.split(".")
    for name in outer:
        record = record[name]
    record[last] = value


def container_of(body: Any, record: dict[str, Any]) -> Any:
    """Return the array that a record is in, or the object in which it stands behind the order's id."""
    inner = list(body.values()) if isinstance(body, dict) else body if isinstance(body, list) else []
    if any(member is record for member in inner):
        return body
    return next((found for part in inner if (found := container_of(part, record)) is not None), None)


def rename(container: dict[str, Any], place: int, name: str) -> None:
    """Put a record behind another id, in the same place."""
    records = list(container.items())
    container.clear()
    container.update((name if number == place else key, value) for number, (key, value) in enumerate(records))
