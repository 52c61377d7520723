"""
What the venues of the paper exchange have in common: a request as it came in, an answer, a route.

A venue's handler is a plain function from :class:`ReceivedRequest` to :class:`Answer`. It does no I/O, so
everything that HTTP adds (delays, broken connections, endless bodies) stays in the server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from airflow_provider_exchange.sandbox.faults import Behaviour


@dataclass(frozen=True)
class ReceivedRequest:
    """
    One request as the venue received it.

    :param path: as it stands in the request line, undecoded, without the query.
    :param query: as it stands in the request line, undecoded; empty without one.
    :param headers: looked up without regard to case.
    :param base_url: scheme, host and port by which the client addressed the exchange.
    :param now_ms: the venue's clock, in ms since the epoch.
    :param args: what the route took out of the path.
    :param behaviour: what the fault rules ask of this request.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    now_ms: int
    args: Mapping[str, str] = field(default_factory=dict)
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(frozen=True)
class Answer:
    """
    What a venue says.

    :param body: anything JSON can hold.
    """

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as the bytes that go out."""
        return json.dumps(self.body, separators=(",", ":")).encode()


class Refusal(Exception):  # noqa: N818  not a failure: the venue's regular way to say no
    """The venue says no, in its own words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


Handler = Callable[[ReceivedRequest], Answer]


@dataclass(frozen=True)
class Route:
    """
    One call of a venue's API.

    :param name: what fault rules and the request log call it.
    :param pattern: of the path, after percent-decoding and dot-segment removal.
    :param mutating: whether a success changes the book.
    """

    name: str
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    mutating: bool = False


def route(name: str, method: str, pattern: str, handler: Handler, *, mutating: bool = False) -> Route:
    """A :class:`Route` whose pattern must match the whole path."""
    return Route(name, method, re.compile(pattern), handler, mutating)


def number(value: Decimal | None) -> int | float | None:
    """A decimal as a JSON number; ``None`` stays ``None``."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def plain(value: Decimal | None) -> str:
    """A decimal as text without an exponent and without trailing zeros; ``None`` as ``"0"``."""
    text = f"{value or Decimal(0):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def positive(value: object) -> Decimal | None:
    """A positive decimal number read from JSON text or number, else ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?", text):
        return None
    read = Decimal(text)
    return read if read > 0 else None
