"""The venues, one file each, and their registry by connection type. Pure: no Airflow, no network, no clock."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["EXCHANGES", "load_exchange"]

EXCHANGES: dict[str, str] = {
    "bitopro": f"{__name__}.bitopro.BitoPro",
    "loopring": f"{__name__}.loopring.Loopring",
    "nami": f"{__name__}.nami.Nami",
}
"""Connection type to the import path of the exchange class. It is imported when a connection is first used."""


def load_exchange(conn_type: str) -> type[Exchange]:
    """
    Return the exchange class of a connection type.

    :param conn_type: One of :data:`EXCHANGES`.
    :raises KeyError: for any other.
    """
    found: type[Exchange] = resolve_name(EXCHANGES[conn_type])
    return found
