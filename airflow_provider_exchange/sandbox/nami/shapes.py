"""Nami's JSON formats of an order: in answers to calls, in the open list, and in the history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.nami.markets import ASSETS, CLOSED, assets, spelt
from airflow_provider_exchange.sandbox.protocol import number

_WORDS = {
    State.WAITING: "NEW",
    State.OPEN: "NEW",
    State.CANCELLING: "NEW",
    State.FILLED: "FILLED",
    State.CANCELLED: "CANCELED",
    State.EXPIRED: "EXPIRED",
    State.REJECTED: "REJECTED",
}


def _written(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(order: PaperOrder) -> str:
    if order.state.live and order.filled:
        return "PARTIALLY_FILLED"
    return _WORDS[order.state]


def _core(order: PaperOrder) -> dict[str, Any]:
    base, quote = assets(order.symbol)
    return {
        "displayingId": int(order.order_id),
        "userId": 18,
        "symbol": order.symbol,
        "baseAsset": base,
        "baseAssetId": ASSETS.get(base, 0),
        "quoteAsset": quote,
        "quoteAssetId": ASSETS.get(quote, 0),
        "side": order.side,
        "type": order.type,
        "status": _word(order),
        "price": number(order.price),
        "quantity": number(order.quantity),
        "executedQty": number(order.filled),
        "quoteQty": number(order.quantity * order.price),
        "executedQuoteQty": number(order.filled * order.price),
    }


def brief(order: PaperOrder) -> dict[str, Any]:
    """Return the order as place and cancel calls show it, without its times."""
    core = _core(order)
    fee = order.quantity * order.price / 1000
    return {
        **core,
        "liquidityStatus": 1,
        "liquidityUsdtPrice": 1,
        "liquidityTransferPrice": core["price"],
        "liquiditySymbol": order.symbol,
        "liquidityOrderId": order.order_id,
        "feeMetadata": {
            "assetId": core["quoteAssetId"],
            "asset": core["quoteAsset"],
            "value": number(fee),
            "feeRatio": 0.001,
            "executed": number(order.filled * order.price / 1000),
        },
        "useQuoteQty": False,
        "stopPrice": number(order.stop_price) or 0,
    }


def _times(order: PaperOrder) -> dict[str, str]:
    return {"createdAt": _written(order.created_ms), "updatedAt": _written(order.updated_ms)}


def listed(order: PaperOrder, spelling: str) -> dict[str, Any]:
    """Return the order as the open list shows it, with its symbol in one of the spellings of :func:`.spelt`."""
    core = _core(order)
    return {
        **core,
        **_times(order),
        "symbol": spelt(order.symbol, spelling),
        "stopPrice": number(order.stop_price),
        "executedPrice": core["price"] if order.filled else 0,
        "useQuoteQty": None,
        "liquiditySymbol": None,
        "liquidityUsdtPrice": 0,
        "liquidityTransferPrice": 0,
        "liquidityTransferFee": 0,
        "limitPrice": None,
        "executedType": None,
        "feeMetadata": {
            "feeMode": 0,
            "originBaseQty": core["quantity"],
            "assetId": core["quoteAssetId"],
            "value": 0,
            "feeRatio": 0.0004,
        },
        "limitOrderId": None,
        "ocoOrderId": None,
        "priceToCalLockAndFee": None,
        "stopLimitOrderId": None,
        "metadata": {},
    }


def past(order: PaperOrder, spelling: str) -> dict[str, Any]:
    """Return the order as the history shows it, with its symbol in one of the spellings of :func:`.spelt`."""
    core = _core(order)
    return {
        **core,
        **_times(order),
        "symbol": spelt(order.symbol, spelling),
        "stopPrice": number(order.stop_price),
        "executedPrice": core["price"] if order.filled else 0,
        "useQuoteQty": False,
        "liquidityStatus": 0,
        "liquiditySymbol": order.symbol,
        "liquidityUsdtPrice": 1,
        "liquidityTransferPrice": 0,
        "liquidityOrderId": None,
        "liquidityTransferFee": 0,
        "limitPrice": 0,
        "internalError": False,
    }


def market(symbol: str) -> dict[str, Any]:
    """Return a market as the public configuration shows it."""
    base, quote = assets(symbol)
    return {
        "symbol": symbol,
        "status": "BREAK" if symbol in CLOSED else "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET", "STOP_LIMIT"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [{"filterType": "PRICE_FILTER", "minPrice": 0.0001, "maxPrice": 10000000, "tickSize": 0.0001}],
        "permissions": ["SPOT"],
        "baseAssetId": ASSETS[base],
        "quoteAssetId": ASSETS[quote],
        "liquidityBroker": "Paper",
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2025-01-01T00:00:00Z",
    }
