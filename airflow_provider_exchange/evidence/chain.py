"""
Lines of JSON that are chained: each ends with its own hash and holds the hash of the line before it.

A line is an object in one fixed spelling, so that its hash is that of its bytes:
``{"data":{...},"kind":"request","prev":"<hash>","seq":2,"time":"...","hash":"<hash>"}``. The hash is the SHA-256
of the line as it reads without the member ``hash``. A line that was changed has another hash, and a line that was
taken away, added or moved is missed by the one behind it. Only whoever rewrites a line and all that follow it
leaves no trace in them; so the last hash has to be kept elsewhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["GENESIS", "Chain", "Line", "Link", "NotALine", "read_line"]

GENESIS = "0" * 64
"""What the first line of a chain holds in the place of a hash."""
ENDING = re.compile(rb'^(\{.*),"hash":"([0-9a-f]{64})"\}$', re.DOTALL)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """
    Where a chain has got to.

    :param seq: The number of its last line, from 1; 0 before the first.
    :param hash: The hash of that line.
    """

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Line:
    """
    A line that is what its hash says.

    :param link: Its own number and hash.
    :param prev: The hash that it holds of the line before.
    :param time: When it was written, by the clock of the machine that wrote it.
    :param kind: What it is about.
    :param data: What it says.
    """

    link: Link
    prev: str
    time: str
    kind: str
    data: Mapping[str, Any]


class NotALine(ValueError):  # noqa: N818  (says what some bytes are)
    """Some bytes are no line of a chain, or not the one that was written."""


class Chain:
    """
    Makes the lines of one chain, one after the other.

    :param link: Where it goes on; nothing for a new one.
    """

    def __init__(self, link: Link | None = None) -> None:
        self.link = link or Link()

    def line(self, kind: str, data: Mapping[str, Any], now: datetime) -> bytes:
        """
        Return the next line, with its line feed.

        :param kind: What it is about.
        :param data: Anything that JSON can hold.
        :param now: The time to write into it, in UTC.
        """
        seq = self.link.seq + 1
        written = {"data": data, "kind": kind, "prev": self.link.hash, "seq": seq, "time": now.isoformat()}
        body = json.dumps(written, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        digest = sha256(body).hexdigest()
        self.link = Link(seq, digest)
        return body[:-1] + f',"hash":"{digest}"}}\n'.encode()


def read_line(raw: bytes) -> Line:
    """
    Return a line.

    :param raw: Its bytes, without the line feed.
    :raises NotALine: when they are not what was written, in any byte.
    """
    found = ENDING.match(raw)
    if found is None:
        raise NotALine("it is no line of a chain")
    body = found[1] + b"}"
    digest = found[2].decode()
    if sha256(body).hexdigest() != digest:
        raise NotALine("it is not what its hash says")
    try:
        told = json.loads(body)
        seq, prev, time, kind, data = (told[name] for name in ("seq", "prev", "time", "kind", "data"))
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NotALine("it lacks what a line has") from None
    is_form = type(seq) is int and isinstance(prev, str) and HASH.fullmatch(prev) and isinstance(data, dict)
    if not (is_form and isinstance(time, str) and isinstance(kind, str)):
        raise NotALine("it lacks what a line has")
    return Line(Link(seq, digest), prev, time, kind, data)
