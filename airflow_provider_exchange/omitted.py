"""The default of arguments that select orders. Importing it costs nothing."""

from __future__ import annotations

__all__ = ["OMITTED", "Omitted"]


class Omitted:
    """
    The default of arguments for which None is an error.

    ``symbols`` left out means the whole account. A template or a mapped task that computes None must not.
    """

    def __repr__(self) -> str:
        return "<omitted>"

    def __bool__(self) -> bool:
        return False


OMITTED = Omitted()
