"""Why there is no release."""

from __future__ import annotations

__all__ = ["ReleaseError"]


class ReleaseError(Exception):
    """Raised with one sentence that says what is wrong and, where somebody can mend it, how."""
