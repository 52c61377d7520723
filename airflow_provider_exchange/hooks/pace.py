"""
Finds the Redis that keeps the pace of all workers, by the Airflow connection that an account's connection names.

The look-up is waited for a moment, for then the very first request keeps the pace of all. If it takes longer, it
goes on beside the cancels, and the worker keeps the pace by itself until it is done.

Airflow 3.2 and later have a lock for the line to their supervisor, and Airflow 2 asks its database. In between, two
questions at once could get each other's answers, so the look-up is waited for as long as other side work is.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.connection import get_async_connection
from airflow.providers.common.compat.sdk import BaseHook, mask_secret

from airflow_provider_exchange.driver.pace_line import Line, line_to
from airflow_provider_exchange.driver.shared_pace import SharedPace
from airflow_provider_exchange.side_work import PATIENCE, SideLog, SideWork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.providers.common.compat.sdk import Connection

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

BRIEFLY = 0.2
"""Seconds that the look-up is waited for."""
REDIS_PORT = 6379
TLS = ("ssl_cert_reqs", "ssl_ca_certs", "ssl_keyfile", "ssl_certfile")
"""Extras of a connection to Redis that its client takes as they are."""
HIDDEN = ("None", "none", "false", "False", "")
"""What Airflow's own hook for Redis takes for no password."""

log = SideLog(logging.getLogger(__name__))


class Pace:
    """
    The shared pace of one account, from the time on at which its Redis is found.

    :param conn_id: The Airflow connection of type ``redis``.
    """

    def __init__(self, conn_id: str) -> None:
        self.conn_id = conn_id
        self.line: Line | None = None

    @classmethod
    def looked_up(cls, conn_id: str) -> Pace:
        """Look the connection up, blocking for a moment at most."""
        pace = cls(conn_id)
        _import_redis()
        SideWork().attempt(
            f"look up the pace connection {conn_id!r} in time",
            lambda: pace._use_if_any(lambda: BaseHook.get_connection(conn_id)),
            patience=_patience(),
        )
        return pace

    @classmethod
    async def alooked_up(cls, conn_id: str) -> Pace:
        """Look the connection up on an event loop."""
        pace = cls(conn_id)

        async def look_up() -> None:
            try:
                connection = await get_async_connection(conn_id)
            except Exception as error:  # noqa: BLE001  (it is of no importance for the result)
                pace._tell(error)
            else:
                await asyncio.to_thread(pace._use_if_any, lambda: connection)

        await asyncio.to_thread(_import_redis)
        # To cancel it would leave the answer to whoever asks next.
        task = asyncio.ensure_future(look_up())
        _going_on.add(task)
        task.add_done_callback(_going_on.discard)
        await asyncio.wait({task}, timeout=_patience())
        return pace

    def of(self, exchange: Exchange, settings: ConnectionSettings) -> SharedPace:
        """Return the pace of an account."""
        return SharedPace(
            self.conn_id,
            lambda: self.line,
            exchange.account,
            settings.request_timeout,
            stamps=exchange.timestamps_grow,
        )

    def _use_if_any(self, find: Any) -> None:
        try:
            self._use(find())
        except Exception as error:  # noqa: BLE001  (as above)
            self._tell(error)

    def _use(self, connection: Connection) -> None:
        if connection.password:
            mask_secret([connection.password])  # before anything could tell it
        if connection.conn_type != "redis":
            raise _UnusableError(f"it is of type {connection.conn_type!r}, not redis")
        if not _import_redis():
            raise _UnusableError(
                "the Python package 'redis' is missing; pip install 'airflow-provider-exchange[redis]'"
            )
        self.line = line_to(redis_options(connection))

    def _tell(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, _UnusableError) else type(error).__name__
        log.warning(
            "No shared pace from connection %r (%s). This worker keeps the pace by itself", self.conn_id, reason
        )


_going_on: set[asyncio.Future[None]] = set()
"""Look-ups that nobody waits for any more. The event loop itself would not keep them."""


class _UnusableError(Exception):
    """Says in our own words why a connection is of no use."""


def redis_options(connection: Connection) -> Mapping[str, Any]:
    """Return the arguments of ``redis.Redis`` for a connection, which is read as Airflow's hook for Redis does."""
    extra = connection.extra_dejson
    options: dict[str, Any] = {
        "host": connection.host or "localhost",
        "port": connection.port or REDIS_PORT,
        "db": int(extra.get("db") or 0),
    }
    if connection.login:
        options["username"] = connection.login
    if connection.password not in (None, *HIDDEN):
        options["password"] = connection.password
    if str(extra.get("ssl", "")).lower() == "true":
        options["ssl"] = True
        options |= {name: extra[name] for name in TLS if extra.get(name) not in (None, "")}
        if "ssl_check_hostname" in extra:
            options["ssl_check_hostname"] = str(extra["ssl_check_hostname"]).lower() == "true"
    return options


def _import_redis() -> bool:
    """Import the client, which may take longer than the look-up is waited for; return whether it is there."""
    with suppress(Exception):
        import_module("redis")
        return True
    return False


def _patience() -> float:
    return BRIEFLY if _may_ask_beside() else PATIENCE


def _may_ask_beside() -> bool:
    """Whether another thread may ask Airflow something while a question of this one is unanswered."""
    if find_spec("airflow.sdk") is None:
        return True
    from airflow.sdk.execution_time.comms import CommsDecoder

    return hasattr(CommsDecoder, "_thread_lock")
