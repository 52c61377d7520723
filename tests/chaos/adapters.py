"""What the runs are played over: the package's own adapters, or the one over ccxt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.accounts import THROUGH_CCXT, VENUES, connection, through_ccxt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

__all__ = ["ADAPTERS", "Adapter"]


@dataclass(frozen=True)
class Adapter:
    """
    Adapters that runs are played over.

    :param venues: Those that it reaches, or books of theirs.
    :param connection: Returns the fields of a connection to one of them.
    """

    venues: tuple[str, ...]
    connection: Callable[[RunningSandbox, str], dict[str, Any]]


ADAPTERS: Mapping[str, Adapter] = {
    "native": Adapter(VENUES, connection),
    "ccxt": Adapter((*THROUGH_CCXT, "bitopro"), through_ccxt),
}
