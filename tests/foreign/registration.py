"""Makes the adapter known to hooks, operators and triggers, as a connection type of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.get_provider_info import VENUES, Venue
from airflow_provider_exchange.hooks.exchange import ExchangeHook

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONN_TYPE", "EXCHANGE", "PROVIDER_INFO", "ForeignHook", "registered"]

CONN_TYPE = "foreign"
EXCHANGE = "tests.foreign.adapter.Foreign"


class ForeignHook(ExchangeHook):
    """The hook of its connections."""

    conn_type = CONN_TYPE
    hook_name = "Foreign"
    default_conn_name = "foreign_default"


PROVIDER_INFO = Venue(
    title="Foreign", documentation="https://example.com", host="", hook=f"{__name__}.{ForeignHook.__name__}"
)


@contextmanager
def registered() -> Iterator[None]:
    """Enter the adapter and its hook into the package's registries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXCHANGES, CONN_TYPE, EXCHANGE)
        patch.setitem(VENUES, CONN_TYPE, PROVIDER_INFO)
        yield
