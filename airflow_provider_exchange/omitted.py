"""The default of selection arguments, for which None is an error. Imports nothing: every DAG file loads it."""

from __future__ import annotations


class Omitted:
    """
    The type of ``OMITTED``.

    Leaving ``symbols`` out selects the whole account; a template or mapped task that produces None must not.
    """

    def __repr__(self) -> str:
        return "<omitted>"

    def __bool__(self) -> bool:
        return False


OMITTED = Omitted()
