"""Whether two JSON values have the same shape: the same keys and types, all the way down."""

from __future__ import annotations

from typing import Any


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", dict: "object", list: "array", type(None): "null"}[type(value)]


def differences(recorded: Any, answered: Any, where: str = "$") -> list[str]:
    """
    Where an answer departs from the recorded one. Each element of an array must look like one of the
    recorded array's elements; an array recorded as empty must be empty.
    """
    if kind(recorded) != kind(answered):
        return [f"{where}: {kind(answered)} instead of {kind(recorded)}"]
    if isinstance(recorded, dict):
        missing = [f"{where}.{key}: missing" for key in recorded.keys() - answered.keys()]
        extra = [f"{where}.{key}: not recorded" for key in answered.keys() - recorded.keys()]
        inner = [
            difference
            for key in recorded.keys() & answered.keys()
            for difference in differences(recorded[key], answered[key], f"{where}.{key}")
        ]
        return missing + extra + inner
    if isinstance(recorded, list):
        found: list[str] = []
        for place, each in enumerate(answered):
            against = [differences(like, each, f"{where}[{place}]") for like in recorded]
            nearest: list[str] = min(against, key=len, default=[f"{where}[{place}]: not recorded"])
            found += nearest
        return found + ([f"{where}: empty"] if recorded and not answered else [])
    return []
