"""What an Airflow connection says: which exchange it is for, its settings, and the account that they open."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import mask_secret

from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.exchanges import EXCHANGES, load_exchange
from airflow_provider_exchange.exchanges.arguments import kind_of
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.get_provider_info import connection_type
from airflow_provider_exchange.side_work import SideLog, SideWork

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection

    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["check_conn_id", "mask_secrets", "open_account", "read_settings", "supported_type"]

log = SideLog(logging.getLogger(__name__))


def check_conn_id(value: Any) -> str:
    """
    Return a connection's id.

    :raises ConnectionConfigError: when it is no text, or an empty one.
    """
    if not isinstance(value, str) or not value.strip():
        given = "empty" if isinstance(value, str) else f"{kind_of(value)}, not a text"
        raise ConnectionConfigError(f"exchange_conn_id is {given}; name a connection")
    return value


def supported_type(conn_id: str, connection: Connection) -> str:
    """
    Return a connection's type.

    :raises ConnectionConfigError: when it is not one of this package's.
    """
    conn_type = connection.conn_type or ""
    if conn_type in EXCHANGES:
        return conn_type
    known = ", ".join(sorted(EXCHANGES))
    raise ConnectionConfigError(f"connection {conn_id!r} is of type {conn_type!r}; set its type to one of: {known}")


def read_settings(conn_id: str, conn_type: str, connection: Connection) -> ConnectionSettings:
    """
    Return a connection's fields, and warn of extras that nothing reads.

    :raises ConnectionConfigError: when the extra cannot be read.
    """
    settings = ConnectionSettings(
        conn_id=conn_id,
        conn_type=conn_type,
        login=connection.login,
        password=connection.password,
        host=connection.host,
        schema=connection.schema,
        port=connection.port,
        extra=ConnectionSettings.parse_extra(conn_id, conn_type, connection.extra),
    )
    unknown = settings.unknown_extras(connection_type(conn_type)["conn-fields"])
    if unknown:
        _warn_once(conn_id, ", ".join(unknown))
    return settings


def open_account(settings: ConnectionSettings) -> Exchange:
    """
    Return the account that the settings open.

    :raises ConnectionConfigError: when they are not those of an account, or a package is missing.
    """
    exchange = _load(settings)
    exchange.account = settings.account
    exchange.conn_id = settings.conn_id
    return exchange


def mask_secrets(exchange: Exchange) -> None:
    """Register the secrets of an account with Airflow's secrets masker."""
    secrets: list[Any] = sorted(exchange.secrets)
    # All at once: Airflow remembers them in this process, before it tells its supervisor.
    SideWork().attempt(
        "have Airflow mask the connection's secrets",
        lambda: mask_secret(secrets),
        uses=f"the masks of {exchange.conn_id}",  # one that hangs must not leave another's secrets bare
    )


def _load(settings: ConnectionSettings) -> Exchange:
    try:
        return load_exchange(settings.conn_type).from_settings(settings)
    except ModuleNotFoundError as missing:
        if missing.name != settings.conn_type:
            raise
    raise ConnectionConfigError(  # the type and the extra that it needs have the name of the library
        f"connection {settings.conn_id!r} is of type {settings.conn_type!r}, which needs the Python package "
        f"{settings.conn_type!r}; install it on every scheduler, worker and triggerer: "
        f"pip install 'airflow-provider-exchange[{settings.conn_type}]'",
        exchange=settings.exchange,
    )


@cache
def _warn_once(conn_id: str, names: str) -> None:
    """Warn of unknown extras, once in a process: a sensor looks its connection up at every poke."""
    log.warning("Connection %r: nothing reads the extra %s", conn_id, names)
