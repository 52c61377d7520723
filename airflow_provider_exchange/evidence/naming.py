"""
Names of files of evidence, safe for every file system and object store.

One attempt has one name. Its lines are in parts: a process begins a stretch, of which a store gets one segment
after the other, and a local folder all lines in one. So ``night.manual_1.clear.try1.nami.a3f01c77-01-000002.jsonl``
is the second segment of the first stretch.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from airflow_provider_exchange.models.reports import Origin

__all__ = ["Part", "attempt_name", "is_mark", "new_mark", "part_of"]

LONGEST = 48
"""Characters of an id in a name."""
UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
MARK = re.compile(r"[0-9a-f]{8}", re.ASCII)
PART = re.compile(r"(?P<name>.+)-(?P<stretch>[0-9]{2,})-(?P<segment>[0-9]{6,})\.jsonl", re.ASCII)


class Part(NamedTuple):
    """
    One file of an attempt.

    :param name: Of the attempt.
    :param stretch: The number of the process, from 1: a task that was deferred goes on in another one; 0 for a file
        that is called otherwise, whose whole name is ``name``.
    :param segment: The number of the file in the stretch, from 1.
    """

    name: str
    stretch: int
    segment: int

    @property
    def is_named(self) -> bool:
        """Whether the file is called as one of an attempt."""
        return self.stretch > 0

    @property
    def file(self) -> str:
        """The name of the file."""
        if not self.is_named:
            return self.name
        return f"{self.name}-{self.stretch:02}-{self.segment:06}.jsonl"


def part_of(file: str) -> Part | None:
    """Return what a name of a file says; None for another file's, also if it is only spelt like one."""
    found = PART.fullmatch(file)
    part = Part(found["name"], int(found["stretch"]), int(found["segment"])) if found else None
    return part if part is not None and part.file == file else None


def attempt_name(origin: Origin, conn_id: str, mark: str) -> str:
    """
    Return the name of an attempt.

    :param mark: Keeps two apart that are called alike, such as those of a callback.
    """
    number = None if origin.map_index is None else f"map{origin.map_index}"
    attempt = None if origin.attempt is None else f"try{origin.attempt}"
    ids = (origin.dag_id, origin.run_id, origin.task_id, number, attempt, conn_id)
    return ".".join([*(UNSAFE.sub("_", each)[:LONGEST] for each in ids if each), mark])


def new_mark() -> str:
    """Return a mark that no other attempt has."""
    return secrets.token_hex(4)


def is_mark(text: object) -> bool:
    """Whether a text may be a mark."""
    return isinstance(text, str) and MARK.fullmatch(text) is not None
