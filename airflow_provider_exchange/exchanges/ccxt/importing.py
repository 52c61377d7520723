"""
Imports a large library in a thread, without other threads standing still.

An import makes hundreds of thousands of objects, and every so often Python looks through all that there are for
garbage. A look takes a third of a second then, in which no thread runs, such as that of a triggerer's event loop.
What an import makes is no garbage. So none is looked for meanwhile, and what was made counts as looked through.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["import_quietly"]


def import_quietly(name: str) -> Any:
    """
    Return a module.

    :param name: Of the module.
    :raises ModuleNotFoundError: when it, or what it needs, is not installed.
    """
    with _no_collection():
        return import_module(name)


@contextmanager
def _no_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() == 0:  # else somebody has frozen what is there, which must stay so
            # Both move objects and look at none: all of them are among the oldest now, as after a full collection.
            gc.freeze()
            gc.unfreeze()
        if was_enabled:
            gc.enable()
