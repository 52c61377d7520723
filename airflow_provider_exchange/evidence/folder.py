"""Reads evidence from where it is: a file or a folder of this machine, or one in a store that Airflow knows."""

from __future__ import annotations

from errno import EINVAL
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from airflow_provider_exchange.evidence.naming import Part, part_of
from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.evidence.store import Store

__all__ = ["LOCAL", "attempts_at"]

LOCAL = frozenset({"", "file", "local"})
"""Schemes of URLs that mean a path of this machine."""


def attempts_at(where: str) -> dict[str, dict[Part, bytes]]:
    """
    Return the contents of all files of each attempt, in their order, by its name.

    A single file is an attempt of its own, whatever it is called. Other files of a folder are passed over.

    :param where: A path, or a URL as of ``ObjectStoragePath``.
    :raises Exception: whatever a store raises; ``OSError`` for what is not there.
    """
    url = urlsplit(where)
    if url.scheme in LOCAL:
        found = dict(_local(Path(unquote(url.path) if url.scheme else where)))
    else:
        from airflow_provider_exchange.evidence.store import open_store

        found = dict(_stored(open_store(where), where))
    attempts: dict[str, dict[Part, bytes]] = {}
    for part in sorted(found):
        attempts.setdefault(part.name, {})[part] = found[part]
    return attempts


def _local(path: Path) -> Iterator[tuple[Part, bytes]]:
    if not path.is_dir():
        yield _part(path.name), path.read_bytes()
        return
    for file in path.iterdir():
        if (part := part_of(file.name)) is not None:
            if file.exists() and not file.is_file():  # to read a pipe may take for ever
                raise OSError(EINVAL, f"{one_line(file.name)} is no file")
            yield part, file.read_bytes()


def _stored(store: Store, where: str) -> Iterator[tuple[Part, bytes]]:
    if store.is_file():
        yield _part(where.rpartition("/")[2]), store.read("")
        return
    for file in store.files():
        if (part := part_of(file)) is not None:
            yield part, store.read(file)


def _part(file: str) -> Part:
    return part_of(file) or Part(file, 0, 1)
