"""HTTP requests and responses. A request is sent byte for byte as it was signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_BODY = 32 * 1024 * 1024
"""Maximum size of a response in bytes. Ten thousand open orders take about 5 MB."""
LONGEST_LINE = 64 * 1024
"""Maximum size of a line in a response's head, in bytes."""
MOST_HEADERS = 200
"""Maximum number of headers of a response."""
SESSION_HEADERS = {
    "User-Agent": "airflow-provider-exchange",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
}
"""Headers of every request beside its own: no answer may come from a cache. No venue signs them."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A signed request with its final URL, percent-encoded; drivers do not re-encode, redirect or resend it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url.partition('?')[0]}>"


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A response with its whole body; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"
