"""What stands in the registries for Harbor, once it is added."""

from __future__ import annotations

from airflow_provider_exchange.get_provider_info import Venue
from tests.fourth_venue.paper.venue import PaperHarbor

__all__ = ["EXCHANGE", "PAPER_VENUE", "PROVIDER_INFO"]

EXCHANGE = "tests.fourth_venue.exchange.Harbor"
"""In ``EXCHANGES`` of ``exchanges/__init__.py``."""

PROVIDER_INFO = Venue(
    title="Harbor",
    documentation="https://docs.harbor.example",
    host="https://api.harbor.example",
    hook="tests.fourth_venue.hook.HarborHook",
)
"""In ``VENUES`` of ``get_provider_info.py``."""

PAPER_VENUE = PaperHarbor
"""In ``VENUES`` of ``sandbox/venues.py``."""
