"""What has to be true of an account before its answers prove anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint

__all__ = ["Owner", "Requirement"]


@dataclass(frozen=True, slots=True)
class Owner:
    """
    How it is proved that a key may act for the account that is read, where reads are not signed.

    An account that the connection names by mistake has an empty list, too. So no read counts before this one.

    :param params: Of the read.
    :param check: Takes ccxt's object of the account and the data; raises ``AuthenticationError`` unless the data
        prove it.
    """

    endpoint: Endpoint
    params: Mapping[str, Any]
    check: Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True)
class Requirement:
    """
    What an account has to be, so that the lists of its profile show everything. It is read with every look, and
    before it is believed that there is no order of a name.

    :param is_met: Takes the data; raises ``UnreadableResponseError`` where it does not tell.
    :param otherwise: What is wrong with an account that is another one, and what to do.
    :param may_change: False where an account that once is so stays so; then it is read until it is met.
    """

    endpoint: Endpoint
    is_met: Callable[[Any], bool]
    otherwise: str
    may_change: bool = True
