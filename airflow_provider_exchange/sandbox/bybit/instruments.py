"""Bybit's public list of markets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bybit.answers import refusal
from airflow_provider_exchange.sandbox.bybit.markets import MARKETS, SPOT
from airflow_provider_exchange.sandbox.bybit.paging import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.bybit.markets import Market
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest


def instruments(request: ReceivedRequest, asked: Mapping[str, Any], category: str) -> dict[str, Any]:
    """
    Return the markets of a category: at once for spot, in pages for contracts.

    :param asked: the request's parameters.
    :raises Refusal: a limit or a cursor that the venue does not take; or a contract that it does not have, while
        a spot market that it does not have is just not in the list.
    """
    symbol, status = asked.get("symbol"), asked.get("status", "Trading")
    markets = MARKETS.get(category, {})
    rows = [
        listed(name, market, category)
        for name, market in markets.items()
        if status == market.status
        and symbol in (None, name)
        and (category == SPOT or asked.get("baseCoin") in (None, market.base))
    ]
    if category == SPOT:
        return {"category": category, "list": rows}
    if symbol is not None and symbol not in markets:
        nothing = {"category": "", "list": [], "nextPageCursor": ""}
        raise refusal(request, 10001, "params error: symbol invalid", result=nothing)
    limit = whole(request, asked, "limit", 500, 1000)
    start = whole(request, asked, "cursor", 1, len(rows) + 1) - 1
    end = start + limit
    return {
        "category": category,
        "list": rows[start:end],
        "nextPageCursor": str(end + 1) if end < len(rows) else "",
    }


def listed(symbol: str, market: Market, category: str) -> dict[str, Any]:
    """Return a market as the public list shows it."""
    risk = {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"}
    names = {"symbol": symbol, "baseCoin": market.base, "quoteCoin": market.quote, "status": market.status}
    if category == SPOT:
        return {
            **names,
            "innovation": "0",
            "symbolType": "",
            "marginTrading": "utaOnly",
            "stTag": "0",
            "lotSizeFilter": {
                "basePrecision": "0.000001",
                "quotePrecision": "0.0000001",
                "minOrderQty": "0.000001",
                "maxOrderQty": "1000000",
                "minOrderAmt": "1",
                "maxOrderAmt": "4000000",
            },
            "priceFilter": {"tickSize": "0.01"},
            "riskParameters": risk,
        }
    return {
        **names,
        "contractType": "LinearFutures" if market.delivery_ms else "LinearPerpetual",
        "launchTime": "1585526400000",
        "deliveryTime": str(market.delivery_ms),
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.01", "maxPrice": "1999999.80", "tickSize": "0.01"},
        "lotSizeFilter": {
            "maxOrderQty": "100000.000",
            "minOrderQty": "0.001",
            "qtyStep": "0.001",
            "postOnlyMaxOrderQty": "100000.000",
            "maxMktOrderQty": "500.000",
            "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": market.settle,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": market.status == "PreLaunch",
        "preListingInfo": None,
        "riskParameters": risk,
        "symbolType": "",
    }
