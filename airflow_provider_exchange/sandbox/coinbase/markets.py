"""The markets of the paper Coinbase, and the public list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SPOT, FUTURE = "SPOT", "FUTURE"
EXPIRING, PERPETUAL = "EXPIRING", "PERPETUAL"


@dataclass(frozen=True)
class Market:
    """
    A market.

    :param base: its base currency; empty for a contract.
    :param quote: its quote currency.
    :param alias: the market whose order book it shares, under another name.
    :param expiry: of a contract, whether it expires.
    :param open: whether it takes orders.
    """

    base: str
    quote: str
    alias: str = ""
    expiry: str = ""
    open: bool = True

    @property
    def kind(self) -> str:
        """The venue's word for the kind of market."""
        return FUTURE if self.expiry else SPOT


MARKETS: Mapping[str, Market] = {
    "BTC-USD": Market("BTC", "USD"),
    "BTC-USDC": Market("BTC", "USDC", alias="BTC-USD"),
    "ETH-USD": Market("ETH", "USD"),
    "ETH-BTC": Market("ETH", "BTC"),
    "SOL-USD": Market("SOL", "USD"),
    "OMG-USD": Market("OMG", "USD", open=False),
    "BIT-26MAR27-CDE": Market("", "USD", expiry=EXPIRING),
    "BTC-PERP-INTX": Market("", "USDC", expiry=PERPETUAL),
}
LISTED = tuple(MARKETS)


def kind_of(symbol: str) -> str:
    """Return the kind of a market; that of an unlisted one is a guess from its name."""
    known = MARKETS.get(symbol)
    if known is not None:
        return known.kind
    return FUTURE if symbol.count("-") > 1 else SPOT


def listed(kind: str, expiry: str) -> dict[str, Any]:
    """
    Return the public list of markets.

    :param kind: the kind asked for; spot markets when it is empty.
    :param expiry: whether contracts shall expire; empty for those that do.
    """
    rows = [
        product(name, market)
        for name, market in MARKETS.items()
        if market.kind == (kind or SPOT) and (market.kind == SPOT or market.expiry == (expiry or EXPIRING))
    ]
    return {"products": rows, "num_products": len(rows), "pagination": None}


def product(symbol: str, market: Market) -> dict[str, Any]:
    """Return a market as the public list shows it."""
    own = {"future_product_details": details(symbol, market)} if market.kind == FUTURE else {}
    return {
        "product_id": symbol,
        "price": "100",
        "price_percentage_change_24h": "0",
        "volume_24h": "1",
        "volume_percentage_change_24h": "0",
        "base_increment": "0.00000001",
        "quote_increment": "0.01",
        "quote_min_size": "1",
        "quote_max_size": "150000000",
        "base_min_size": "0.00000001",
        "base_max_size": "3400",
        "base_name": market.base,
        "quote_name": market.quote,
        "watched": False,
        "is_disabled": not market.open,
        "new": False,
        "status": "" if market.kind == FUTURE else "online" if market.open else "delisted",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": not market.open,
        "auction_mode": False,
        "product_type": market.kind,
        "quote_currency_id": market.quote,
        "base_currency_id": market.base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": market.alias,
        "alias_to": [name for name, other in MARKETS.items() if other.alias == symbol],
        "base_display_symbol": market.base,
        "quote_display_symbol": market.quote,
        "view_only": False,
        "price_increment": "0.01",
        "display_name": symbol,
        "product_venue": "FCM" if market.kind == FUTURE else "CBE",
        "approximate_quote_24h_volume": "100",
        "new_at": "2023-01-01T00:00:00Z",
        **own,
    }


def details(symbol: str, market: Market) -> dict[str, Any]:
    """Return what the public list says of a contract beside."""
    return {
        "venue": "cde",
        "contract_code": symbol.partition("-")[0],
        "contract_expiry": "2027-03-26T15:00:00Z" if market.expiry == EXPIRING else None,
        "contract_size": "0.01",
        "contract_root_unit": "BTC",
        "contract_expiry_type": market.expiry,
        "perpetual_details": {
            "open_interest": "1",
            "funding_rate": "0",
            "base_asset_uuid": "",
            "max_leverage": "10",
        },
        "contract_display_name": symbol,
    }
