"""A folder in an object store, through Airflow's connections; and a local one, read in the same way."""

from __future__ import annotations

from typing import Any

__all__ = ["Store", "open_store"]


class Store:
    """
    One folder of a store.

    :param filesystem: Of fsspec.
    :param root: The folder, in the store's own form.
    """

    def __init__(self, filesystem: Any, root: str) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")

    def write(self, file: str, content: bytes) -> None:
        """
        Write a whole file, as a store cannot append to one.

        :raises FileExistsError: when it holds something else already: Airflow may let a deferred task go on twice.
        """
        path = f"{self._root}/{file}"
        # An earlier try may have written the beginning, although it seemed to fail.
        if self._filesystem.exists(path) and not content.startswith(self._filesystem.cat_file(path)):
            raise FileExistsError(path)
        self._filesystem.pipe_file(path, content)

    def read(self, file: str) -> bytes:
        """Return the content of a file; "" for the root itself, where that is a file."""
        content: bytes = self._filesystem.cat_file(f"{self._root}/{file}" if file else self._root)
        return content

    def files(self) -> list[str]:
        """Return the names of its files."""
        self._filesystem.invalidate_cache()  # it may know an earlier list
        found = self._filesystem.ls(self._root, detail=False)
        return sorted(str(each).rpartition("/")[2] for each in found)

    def is_file(self) -> bool:
        """Whether the root is a file."""
        return bool(self._filesystem.isfile(self._root))


def open_store(where: str) -> Store:
    """
    Open a folder. This may look a connection up, import what its kind of store needs, and take long.

    :param where: A URL for Airflow's ``ObjectStoragePath``, with the connection's id in it if it needs one.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    path = ObjectStoragePath(where)
    return Store(path.fs, path.path)
