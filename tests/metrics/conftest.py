from __future__ import annotations

from tests.connections import connect, running, sandbox, venue
from tests.flatness import short_flatness
from tests.metrics.listener import statsd
from tests.several import several

__all__ = ["connect", "running", "sandbox", "several", "short_flatness", "statsd", "venue"]
