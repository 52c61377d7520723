"""What the runs are played over: the package's own adapters, or one that stands on somebody's client library."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.accounts import VENUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

__all__ = ["ADAPTERS", "Adapter"]


@dataclass(frozen=True)
class Adapter:
    """
    Adapters that runs are played over.

    :param venues: Those that it reaches.
    :param conn_type: The type of its connections; None for the venue's own.
    :param registered: Makes it known to the hooks for a while.
    """

    venues: tuple[str, ...]
    conn_type: str | None = None
    registered: Callable[[], AbstractContextManager[None]] = nullcontext


ADAPTERS: Mapping[str, Adapter] = {
    "native": Adapter(VENUES),
}
