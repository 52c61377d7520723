"""
What the venues of the paper exchange share: the received request, the answer, and the route.

A venue's handler is a plain function from :class:`ReceivedRequest` to :class:`Answer`. It does no I/O:
the server simulates delays, broken connections and endless bodies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.faults import Behaviour


@dataclass(frozen=True)
class ReceivedRequest:
    """
    One request as the venue received it.

    :param path: as it stands in the request line, undecoded, without the query.
    :param query: as it stands in the request line, undecoded; empty without one.
    :param headers: case-insensitive.
    :param base_url: scheme, host and port that the client used.
    :param now_ms: the venue's clock, in ms since the epoch.
    :param args: the values that the route's pattern found in the path.
    :param behaviour: the fault rules that fire on this request.
    :param verdicts: whether each signature that the venue looked at is valid; see :meth:`judged`.
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
    verdicts: list[bool] = field(default_factory=list, compare=False)

    def judged(self, valid: bool) -> bool:
        """Note for the log whether a signature is valid, and return that."""
        self.verdicts.append(valid)
        return valid


@dataclass(frozen=True)
class Answer:
    """
    A venue's answer.

    :param body: any JSON value; ``bytes`` are sent as they are, as a plain text.
    """

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the body as the bytes to send."""
        return self.body if self.is_text else json.dumps(self.body, separators=(",", ":")).encode()

    @property
    def is_text(self) -> bool:
        """Whether the body is a plain text, and no JSON."""
        return isinstance(self.body, bytes)


class Refusal(Exception):  # noqa: N818  not a failure, but a regular answer of the venue
    """The venue refuses a request, with its own error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


Handler = Callable[[ReceivedRequest], Answer]


@dataclass(frozen=True)
class Route:
    """
    One call of a venue's API.

    :param name: its name in fault rules and the request log.
    :param pattern: matches the path after percent-decoding and removal of dot segments.
    :param mutating: whether the call changes the book when it succeeds.
    :param lists: whether the call lists orders.
    :param when: fields of the query, one of which has to be in it, for a call that shares its path with another;
        any query will do when empty.
    :param asks: whether a JSON body, decoded, asks for this call, where several share their path and differ in what
        is posted; ``None`` for any body.
    """

    name: str
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    mutating: bool = False
    lists: bool = False
    when: frozenset[str] = frozenset()
    asks: Callable[[Any], bool] | None = None

    def suits(self, query: str, body: bytes) -> bool:
        """Return whether a request with this query, as in the request line, and this body is this call."""
        if self.when and self.when.isdisjoint(dict(parse_qsl(query, errors="replace"))):
            return False
        return self.asks is None or self.asks(_decoded(body))


def route(
    name: str,
    method: str,
    pattern: str,
    handler: Handler,
    *,
    mutating: bool = False,
    lists: bool = False,
    when: Collection[str] = (),
    asks: Callable[[Any], bool] | None = None,
) -> Route:
    """Return a :class:`Route` whose pattern must match the whole path."""
    return Route(name, method, re.compile(pattern), handler, mutating, lists, frozenset(when), asks)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def number(value: Decimal | None) -> int | float | None:
    """Return a decimal as a JSON number; ``None`` stays ``None``."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def plain(value: Decimal | None) -> str:
    """Return a decimal as text without exponent or trailing zeros; ``None`` as ``"0"``."""
    text = f"{value or Decimal(0):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def positive(value: object) -> Decimal | None:
    """Return a positive decimal from a JSON string or number, else ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?", text):
        return None
    read = Decimal(text)
    return read if read > 0 else None
