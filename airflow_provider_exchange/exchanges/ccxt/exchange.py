"""The exchange of a connection of type ``ccxt``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.base import Exchange
from airflow_provider_exchange.exchanges.ccxt.settings import account_of

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

__all__ = ["Ccxt"]


class Ccxt(Exchange):
    """One account at one of the exchanges that ccxt knows."""

    needs_symbol = True

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Any:
        """
        Build the account of an Airflow connection, by whether a profile certifies its exchange.

        See :mod:`.settings` for the fields of the connection.
        """
        account = account_of(settings)
        if account.profile is None:
            from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified

            return Uncertified(account.client, account.secrets)
        from airflow_provider_exchange.exchanges.ccxt.certified import Certified

        return Certified(account.profile, account.client, account.secrets, account.market_type)
