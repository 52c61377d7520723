"""A cache in front of a venue, which answers when a ``cached`` fault says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Cache:
    """Keeps the last answer to each read that the venue answered itself."""

    def __init__(self) -> None:
        self._answers: dict[Key, Answer] = {}

    def keep(self, venue: str, request: ReceivedRequest, passing: Collection[str], answer: Answer) -> None:
        """
        Keep the answer to a read.

        :param passing: fields of the query or the body that differ in every request, such as a signature.
        """
        self._answers[_key(venue, request, passing)] = answer

    def find(self, venue: str, request: ReceivedRequest, passing: Collection[str]) -> Answer | None:
        """Return the answer that such a read got last; ``None`` when there was none."""
        return self._answers.get(_key(venue, request, passing))

    def clear(self) -> None:
        """Forget every answer."""
        self._answers.clear()


def _key(venue: str, request: ReceivedRequest, passing: Collection[str]) -> Key:
    asked = [*_fields(request.query), *_posted(request.body)]
    return venue, request.path, tuple(sorted((name, value) for name, value in asked if name not in passing))


def _posted(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a body: a JSON object, or a form."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return _fields(body.decode(errors="replace"))
    return [(name, json.dumps(value)) for name, value in sent.items()] if isinstance(sent, dict) else []


def _fields(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")
