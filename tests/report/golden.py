"""Reports as files: what each says of one story, but for what differs from run to run."""

from __future__ import annotations

import json
import os
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Mapping

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
WRITES = "WRITE_GOLDEN_REPORTS" in os.environ
"""Set it to write the files anew, and read their difference before it is committed."""

TIMES = frozenset(
    {"started_at", "flat_since", "proved_at", "proved_at_venue", "cancel_sent_at", "read_at", "created_at"}
)
ORIGIN = ("dag_id", "run_id", "task_id", "map_index", "attempt", "triggered_by")


def validate(report: Any) -> None:
    """Hold a report against the published schema."""
    json.dumps(report, allow_nan=False)
    checked = jsonschema.validators.validator_for(SCHEMA)
    checked.check_schema(SCHEMA)
    checked(_without_others(SCHEMA)).validate(report)


def _without_others(schema: Any) -> Any:
    """Allow no member that the schema does not tell. Whoever reads reports has to: later versions have more."""
    if isinstance(schema, list):
        return [_without_others(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _without_others(each) for name, each in schema.items()}
    return {"additionalProperties": False, **strict} if "required" in schema else strict


def assert_golden(name: str, report: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """
    Compare a report with the file of a story.

    :param name: of the story.
    :param names: what the orders are called in the file, by their ids.
    """
    validate(report)
    told = _settled({key: value for key, value in report.items() if key not in ORIGIN}, names)
    path = GOLDEN / f"{name}.json"
    if WRITES:
        path.write_text(json.dumps(told, indent=2) + "\n")
    golden = json.loads(path.read_text())
    assert told == golden, "\n".join(unified_diff(_lines(golden), _lines(told), "golden", "told", lineterm=""))


def _settled(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    match key, value:
        case _, dict():
            return {each: _settled(member, names, each) for each, member in value.items()}
        case _, list():
            return sorted((_settled(member, names) for member in value), key=_place)
        case "requests", int() if value > 0:
            return "some"
        case "listed", int():  # since the latest deferral
            return "some"
        case "age", int() | float():
            return "some"
        case "account", str() if value:
            return "a digest"
        case _, str() if key in TIMES:
            return "a time"
        case _, str():
            for order_id, called in names.items():
                value = value.replace(order_id, called)
    return value


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=2).splitlines()


def _place(value: Any) -> str:
    """Orders of one rank may come in any order."""
    return json.dumps(value) if not isinstance(value, dict) else str(value.get("order_id"))
