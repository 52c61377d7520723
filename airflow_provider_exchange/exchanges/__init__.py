"""The supported exchanges by connection type. No Airflow, no network, no clock in here."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

EXCHANGES: dict[str, str] = {
    "bitopro": f"{__name__}.bitopro.BitoPro",
    "ccxt": f"{__name__}.ccxt.exchange.Ccxt",
    "loopring": f"{__name__}.loopring.Loopring",
    "nami": f"{__name__}.nami.Nami",
}
"""Connection type to the import path of the exchange class, which is imported when a connection is first used."""


def load_exchange(conn_type: str) -> type[Exchange]:
    """Return the class of a connection type, which must be in :data:`EXCHANGES`."""
    found: type[Exchange] = resolve_name(EXCHANGES[conn_type])
    return found
