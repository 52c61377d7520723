from __future__ import annotations

from tests.connections import connect, running, sandbox, venue

__all__ = ["connect", "running", "sandbox", "venue"]
