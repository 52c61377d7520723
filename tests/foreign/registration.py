"""Makes the adapter known to hooks, operators and triggers, as a connection type of its own."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.hooks.exchange import ExchangeHook

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONN_TYPE", "ForeignHook", "registered"]

CONN_TYPE = "foreign"


class ForeignHook(ExchangeHook):
    """The hook of its connections."""

    conn_type = CONN_TYPE
    hook_name = "Foreign"
    default_conn_name = "foreign_default"


@contextmanager
def registered() -> Iterator[None]:
    """Put the adapter and its hook where the package's registry looks for those of a connection type."""
    from tests.foreign import adapter

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXCHANGES, CONN_TYPE, adapter.Foreign.__name__)
        patch.setitem(sys.modules, f"airflow_provider_exchange.exchanges.{CONN_TYPE}", adapter)
        patch.setitem(sys.modules, f"airflow_provider_exchange.hooks.{CONN_TYPE}", sys.modules[__name__])
        yield
