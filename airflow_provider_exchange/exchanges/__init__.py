"""The venues, one file each, and their registry by connection type. Pure: no Airflow, no network, no clock."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["EXCHANGES", "load_exchange"]

EXCHANGES: dict[str, str] = {
    "bitopro": "BitoPro",
    "loopring": "Loopring",
    "nami": "Nami",
}
"""Connection type, which is also the module's name, to the class in that module."""


def load_exchange(conn_type: str) -> type[Exchange]:
    """
    Return the exchange class of a connection type.

    :param conn_type: One of :data:`EXCHANGES`.
    :raises KeyError: for any other.
    """
    class_name = EXCHANGES[conn_type]
    found: type[Exchange] = getattr(import_module(f"{__name__}.{conn_type}"), class_name)
    return found
