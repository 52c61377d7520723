"""The clean-up that a script does with ccxt, which believes what it is told."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_exchange.sandbox.accounts import Accounts

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["run_script"]

NOT_FOUND = "not found"


def run_script(exchange_id: str, base_url: str) -> Mapping[str, str]:
    """
    Cancel all open orders with ccxt, and make sure that none is shown afterwards.

    :param exchange_id: The exchange as ccxt and the paper exchange call it.
    :param base_url: Where the paper exchange listens.
    :return: The status of each order in the answer to its cancel, by order id.
    :raises RuntimeError: The exchange still shows open orders.
    """
    import ccxt  # takes a second, in which this module's importer has other things to do

    exchange = getattr(ccxt, exchange_id)(_settings(exchange_id))
    exchange.urls["api"] = {
        name: base_url + urlsplit(url).path for name, url in exchange.urls["api"].items() if isinstance(url, str)
    }
    with closing(exchange.session):
        answers = {}
        for order in exchange.fetch_open_orders():
            try:
                answers[order["id"]] = exchange.cancel_order(order["id"], order["symbol"])["status"]
            except ccxt.OrderNotFound:  # it ended meanwhile
                answers[order["id"]] = NOT_FOUND
        if exchange.fetch_open_orders():
            raise RuntimeError("orders are still open")
    return answers


def _settings(exchange_id: str) -> dict[str, Any]:
    account = Accounts()[exchange_id]
    return {
        "apiKey": account.key,
        "secret": account.secret,
        "options": {
            "fetchMarkets": {"types": ["spot"]},
            "fetchMargins": False,
            "fetchOpenOrders": {"warnWithoutSymbol": False},
        },
        "has": {"fetchCurrencies": False},
    }
