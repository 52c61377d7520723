"""The supported exchanges by connection type, one module each. No Airflow, no network, no clock in here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

EXCHANGES: dict[str, str] = {
    "bitopro": "BitoPro",
    "loopring": "Loopring",
    "nami": "Nami",
}
"""Connection type, which is also the name of the module, to the class in it."""


def load_exchange(conn_type: str) -> type[Exchange]:
    """Return the class of a connection type, which must be in :data:`EXCHANGES`."""
    class_name = EXCHANGES[conn_type]
    found: type[Exchange] = getattr(import_module(f"{__name__}.{conn_type}"), class_name)
    return found
