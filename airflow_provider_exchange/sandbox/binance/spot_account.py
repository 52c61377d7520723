"""What the spot API of the paper Binance tells beside orders: the account, the key, the markets and the time."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.api import Api
from airflow_provider_exchange.sandbox.binance.errors import refused
from airflow_provider_exchange.sandbox.binance.markets import CLOSED, SPOT, spot_market
from airflow_provider_exchange.sandbox.binance.signing import open_parameters
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.venue import PaperVenue


class SpotAccountApi(Api):
    """
    The account and the markets of spot.

    :param venue: as for :class:`.Api`.
    :param book: as for :class:`.Api`.
    """

    strict = True
    markets = (*SPOT, *CLOSED)
    places = MappingProxyType({})

    def __init__(self, venue: PaperVenue[BinanceAccount, Any], book: Book) -> None:
        super().__init__(venue, book)
        self.routes = (
            route("account", "GET", "/api/v3/account", self.account),
            route("api_restrictions", "GET", "/sapi/v1/account/apiRestrictions", self.api_restrictions),
            route("exchange_info", "GET", "/api/v3/exchangeInfo", self.exchange_info),
            route("time", "GET", "/api/v3/time", self.time),
            route("ping", "GET", "/api/v3/ping", self.ping),
        )

    def account(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/account``."""
        asked = self.asked(request)
        all_shown = asked.text("omitZeroBalances") != "true"
        asked.finish()
        account = self._venue.account
        names = sorted({name for pair in SPOT.values() for name in pair})
        rows = [{"asset": name, "free": "1000.00000000", "locked": "0.00000000"} for name in names]
        empty = [{"asset": "BCC", "free": "0.00000000", "locked": "0.00000000"}] if all_shown else []
        return Answer(
            {
                "makerCommission": 10,
                "takerCommission": 10,
                "buyerCommission": 0,
                "sellerCommission": 0,
                "commissionRates": {
                    "maker": "0.00100000",
                    "taker": "0.00100000",
                    "buyer": "0.00000000",
                    "seller": "0.00000000",
                },
                "canTrade": account.may_trade,
                "canWithdraw": True,
                "canDeposit": True,
                "brokered": False,
                "requireSelfTradePrevention": False,
                "preventSor": False,
                "updateTime": request.now_ms,
                "accountType": "SPOT",
                "balances": [*rows, *empty],
                "permissions": ["SPOT"],
                "uid": 354_937_868,
            }
        )

    def api_restrictions(self, request: ReceivedRequest) -> Answer:
        """``GET /sapi/v1/account/apiRestrictions``: what the key may do."""
        self.asked(request).finish()
        account = self._venue.account
        return Answer(
            {
                "ipRestrict": False,
                "createTime": 1_698_645_219_000,
                "enableReading": True,
                "enableWithdrawals": account.may_withdraw,
                "enableInternalTransfer": False,
                "enableMargin": False,
                "enableFutures": account.may_trade,
                "permitsUniversalTransfer": False,
                "enableVanillaOptions": False,
                "enableFixApiTrade": False,
                "enableFixReadOnly": False,
                "enableSpotAndMarginTrading": account.may_trade,
                "enablePortfolioMarginTrading": False,
            }
        )

    # -- public

    def exchange_info(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/exchangeInfo``: the markets."""
        symbol = open_parameters(request, strict=True).text("symbol")
        if symbol is not None and symbol not in self.markets:
            raise refused(-1121, "Invalid symbol.")
        return Answer(
            {
                "timezone": "UTC",
                "serverTime": request.now_ms,
                "rateLimits": [
                    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
                    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
                    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000},
                    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000},
                ],
                "exchangeFilters": [],
                "symbols": [spot_market(each) for each in self.markets if symbol in (None, each)],
            }
        )

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/time``."""
        return Answer({"serverTime": request.now_ms})

    def ping(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  (public, takes nothing)
        """``GET /api/v3/ping``."""
        return Answer({})
