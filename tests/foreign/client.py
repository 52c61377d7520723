# ruff: noqa: BLE001, N818

"""
A client library as somebody else would write it, for the API of BitoPro.

It stands for the asynchronous libraries that serve a hundred venues, and has their habits, bad ones included: it
tries everything again, cancels too; it takes what is missing for nothing; where it cannot read, it tells what it
read last; its errors repeat the whole request with its signature; and it makes a few reads of its own beside.
Nothing in here knows of the package under test.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import aiohttp

log = logging.getLogger(__name__)

TRIES = 3
RETRY_DELAY = 0.5


class LibraryError(Exception):
    """Whatever goes wrong in here."""


class NetworkError(LibraryError):
    pass


class ExchangeNotAvailable(NetworkError):
    pass


class RateLimitExceeded(NetworkError):
    pass


class InvalidNonce(NetworkError):
    pass


class ExchangeError(LibraryError):
    pass


class AuthenticationError(ExchangeError):
    pass


class PermissionDenied(AuthenticationError):
    pass


class BadRequest(ExchangeError):
    pass


class BadSymbol(BadRequest):
    pass


class OrderNotFound(ExchangeError):
    pass


class InvalidOrder(ExchangeError):
    pass


class NotSupported(ExchangeError):
    pass


STATUS_EXCEPTIONS: dict[int, type[LibraryError]] = {
    400: BadRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: OrderNotFound,
    409: InvalidNonce,
    422: InvalidOrder,
    429: RateLimitExceeded,
}

Parsed = dict[str, Any]


class Client:
    """
    Everything a user of the library sees.

    :param config: ``base_url``, ``api_key``, ``secret``, ``identity``.
    """

    rate_limit = 20
    """Milliseconds between two requests, for a cost of 1."""
    page_size = 1000
    costs = MappingProxyType(
        {
            ("GET", "/provisioning/trading-pairs"): 1,
            ("GET", "/accounts/balance"): 1,
            ("GET", "/orders/open"): 2,
            ("GET", "/orders/all/{pair}"): 5,
            ("GET", "/orders/{pair}/{id}"): 1,
            ("DELETE", "/orders/{pair}/{id}"): 1,
            ("PUT", "/orders"): 5,
        }
    )
    public = frozenset({"/provisioning/trading-pairs"})

    def __init__(self, config: dict[str, str]) -> None:
        self.base_url = config["base_url"]
        self.api_key = config["api_key"]
        self.secret = config["secret"]
        self.identity = config["identity"]
        self.markets: dict[str, Parsed] | None = None
        self.last_open_orders: list[Parsed] = []
        self._last_request = 0.0

    # -- what a user calls

    async def load_markets(self, reload: bool = False) -> dict[str, Parsed]:
        if self.markets is None or reload:
            answer = await self.request("/provisioning/trading-pairs")
            self.markets = {
                f"{row['base']}/{row['quote']}".upper(): {"id": row["pair"], "active": not row.get("maintain")}
                for row in answer.get("data") or []
            }
        return self.markets

    async def fetch_time(self) -> int:
        raise NotSupported("the venue has no call for its time")

    async def fetch_balance(self) -> Parsed:
        await self.load_markets()
        balance: Parsed = await self.request("/accounts/balance")
        return balance

    async def fetch_open_orders(self) -> list[Parsed]:
        """Plain and conditional orders, asked for at once. Some venues keep them apart; this one shows both."""
        await self.load_markets()
        try:
            answers = await asyncio.gather(
                self.request("/orders/open"), self.request("/orders/open", params={"type": "STOP_LIMIT"})
            )
        except Exception as error:
            log.warning("telling what was open before: %s", error)
            return self.last_open_orders
        rows = {row["id"]: row for answer in answers for row in answer.get("data") or []}
        self.last_open_orders = [self.parse_order(row) for row in rows.values()]
        return self.last_open_orders

    async def fetch_order(self, order_id: str, symbol: str) -> Parsed:
        await self.load_markets()
        return self.parse_order(
            await self.request("/orders/{pair}/{id}", params={"pair": self.market(symbol)["id"], "id": order_id})
        )

    async def fetch_closed_orders(
        self, symbol: str, since: int | None = None, params: Parsed | None = None
    ) -> list[Parsed]:
        """Orders of a market, page by page, newest first."""
        await self.load_markets()
        asked: Parsed = {"pair": self.market(symbol)["id"], "statusKind": "ALL", "limit": self.page_size}
        asked |= {} if since is None else {"startTimestamp": since}
        asked |= params or {}
        orders: dict[str, Parsed] = {}
        try:
            while True:
                rows = (await self.request("/orders/all/{pair}", params=asked)).get("data") or []
                orders |= {row["id"]: self.parse_order(row) for row in rows}
                if len(rows) < self.page_size:
                    break
                asked = {**asked, "orderId": rows[-1]["id"]}
        except Exception as error:
            log.warning("telling the pages that came: %s", error)
        return list(orders.values())

    async def cancel_order(self, order_id: str, symbol: str, params: Parsed | None = None) -> Parsed:
        await self.load_markets()
        asked = {"pair": self.market(symbol)["id"], "id": order_id, **(params or {})}
        for _ in range(TRIES):
            answer = await self.request("/orders/{pair}/{id}", "DELETE", asked)
            if answer.get("timestamp"):
                return self.parse_order({**answer, "id": answer["orderId"], "pair": asked["pair"]})
            await asyncio.sleep(RETRY_DELAY)  # a cancel without a time may not have been taken
        raise NetworkError(f"no time in {answer}")

    async def cancel_orders(self, order_ids: list[str], symbol: str) -> Parsed:
        await self.load_markets()
        market = self.market(symbol)["id"].upper()
        answer: Parsed = await self.request("/orders", "PUT", {market: order_ids})
        return answer

    # -- from words to requests

    def market(self, symbol: str) -> Parsed:
        assert self.markets is not None
        by_id = {market["id"]: market for market in self.markets.values()}
        market = self.markets.get(symbol) or by_id.get(symbol)
        if market is None:
            raise BadSymbol(f"no market {symbol}")
        return market

    def parse_order(self, row: Parsed) -> Parsed:
        status = {2: "closed", 3: "canceled", 4: "canceled", 6: "canceled"}.get(row.get("status", 0), "open")
        return {"id": row["id"], "symbol": row.get("pair"), "status": status, "info": row}

    def milliseconds(self) -> int:
        return int(time.time() * 1000)

    async def throttle(self, cost: int) -> None:
        now = time.monotonic()
        wait = self._last_request + cost * self.rate_limit / 1000 - now
        self._last_request = now + max(wait, 0)
        if wait > 0:
            await asyncio.sleep(wait)

    async def request(self, path: str, method: str = "GET", params: Parsed | None = None) -> Any:
        await self.throttle(self.costs[method, path])
        tries = 0
        while True:
            try:
                return await self.fetch2(path, method, params or {})
            except Exception as error:
                tries += 1
                log.warning("%s (%s of %s)", error, tries, TRIES)
                if tries == TRIES:
                    raise
                await asyncio.sleep(RETRY_DELAY)

    async def fetch2(self, path: str, method: str, params: Parsed) -> Any:
        """All that ever goes over the wire goes through here."""
        request = self.sign(path, method, params)
        return await self.fetch(**request)

    def sign(self, path: str, method: str, params: Parsed) -> Parsed:
        rest = {name: value for name, value in params.items() if f"{{{name}}}" not in path}
        url = f"{self.base_url}/v3{path.format(**params)}"
        headers = {"Accept": "application/json"}
        body = None
        if path not in self.public:
            if method in ("POST", "PUT"):
                body = json.dumps(rest)
                payload = base64.b64encode(body.encode()).decode()
                headers["Content-Type"] = "application/json"
            else:
                stamp = {"identity": self.identity, "nonce": self.milliseconds()}
                payload = base64.b64encode(json.dumps(stamp).encode()).decode()
            headers["X-BITOPRO-APIKEY"] = self.api_key
            headers["X-BITOPRO-PAYLOAD"] = payload
            headers["X-BITOPRO-SIGNATURE"] = hmac.new(
                self.secret.encode(), payload.encode(), hashlib.sha384
            ).hexdigest()
        if rest and body is None:
            url += f"?{urlencode(rest)}"
        return {"url": url, "method": method, "headers": headers, "body": body}

    async def fetch(self, url: str, method: str, headers: dict[str, str], body: str | None) -> Any:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, url, headers=headers, data=body) as answer,
            ):
                text = await answer.text()
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"{method} {url} {headers} {error!r}") from error
        self.handle_errors(answer.status, url, method, headers, text)
        return json.loads(text)

    def handle_errors(self, status: int, url: str, method: str, headers: dict[str, str], text: str) -> None:
        """Raise the exception that an answer means, by its status."""
        if status != 200:
            kind = STATUS_EXCEPTIONS.get(status, ExchangeNotAvailable)
            raise kind(f"{method} {url} {headers} {status} {text}")
