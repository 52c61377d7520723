"""What Kraken says about the paper account's key, and about its clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.kraken.account import KrakenAccount


def key_facts(account: KrakenAccount, nonce: int, now_ms: int) -> dict[str, Any]:
    """
    Return what the account's key may do.

    :param nonce: the latest one.
    :param now_ms: the venue's clock, in ms since the epoch.
    """
    return {
        "apiKeyName": "paper",
        "apiKey": account.key,
        "nonce": str(nonce),
        "nonceWindow": 0,
        "permissions": list(account.permissions),
        "iban": "AA00 N84G PAPE RXXX",
        "validUntil": "0",
        "queryFrom": str(account.query_from),
        "queryTo": str(account.query_to),
        "createdTime": "1772542900",
        "modifiedTime": "1772543095",
        "ipAllowlist": [],
        "lastUsed": str(now_ms // 1000),
    }


def clock(now_ms: int) -> dict[str, Any]:
    """Return the venue's time, which is told in whole seconds."""
    now = now_ms // 1000
    return {"unixtime": now, "rfc1123": time.strftime("%a, %d %b %y %H:%M:%S +0000", time.gmtime(now))}


def utc(moment_ms: int) -> str:
    """Return a time in whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment_ms // 1000))
