"""Answers as the vendors publish them, or in the shapes that they document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from airflow_provider_exchange.protocol.messages import Response

FOLDER = Path(__file__).parent


def names(venue: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / venue).glob("*.json"))


def load(venue: str, name: str) -> Any:
    return json.loads((FOLDER / venue / f"{name}.json").read_text())


def response(venue: str, name: str) -> Response:
    answer = load(venue, name)
    headers = {key.lower(): value for key, value in answer["headers"].items()}
    return Response(answer["status"], headers, json.dumps(answer["body"]).encode())
