"""Keeps a deferred task to the account that it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ConnectionConfigError

if TYPE_CHECKING:
    from airflow_provider_exchange.hooks.exchange import ExchangeHook


def check_account(hook: ExchangeHook, before: Any) -> None:
    """
    Fail if the connection was edited during a deferral: the new account tells nothing about orders of the old one.

    :param before: The account's digest, as it was stored with the deferral; anything else is ignored.
    :raises ConnectionConfigError: before anything is sent.
    """
    if isinstance(before, str) and before != hook.exchange.account:
        raise ConnectionConfigError(
            f"the connection {hook.exchange_conn_id!r} has another account or API key than when the task was "
            "deferred. Nothing was sent since then. What is open at the account that it had is not known: check "
            "there, then run the task again"
        )
