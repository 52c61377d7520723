"""HTTP messages in their final form: what is signed is what is sent, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LARGEST_BODY", "Request", "Response"]

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at the most. Ten thousand open orders take about 5 MB."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """
    A signed request. A transport sends it as it is: no re-encoding, no redirect, no repetition.

    :param method: The HTTP method in capitals.
    :param url: The complete URL, already percent-encoded.
    :param headers: Every header that the venue asks for.
    :param body: The exact bytes of the body, or None.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url.partition('?')[0]}>"


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """
    An answer, read to its end.

    :param status: The HTTP status.
    :param headers: The headers, with names in lower case.
    :param body: The undecoded body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"
