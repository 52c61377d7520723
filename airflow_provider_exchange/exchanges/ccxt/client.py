"""
All that is used of ccxt: its endpoints, its URLs, and how it signs.

ccxt is imported when the first account is made, never before: that takes up to a second, so it must not happen
while DAGs are parsed or on an event loop. Nothing of it opens a connection: a call gets as far as the request that
ccxt wants to make, which is taken from it unsigned, and signed once it is due.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import dataclass, replace
from decimal import localcontext
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from airflow_provider_exchange.errors import ConnectionConfigError, PermanentError
from airflow_provider_exchange.exchanges.ccxt.importing import import_quietly
from airflow_provider_exchange.exchanges.ccxt.stepping import Asyncio
from airflow_provider_exchange.protocol.hosts import is_loopback
from airflow_provider_exchange.protocol.messages import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping

    from airflow_provider_exchange.exchanges.ccxt.profile import Params

__all__ = ["Client", "Signature", "Wanted", "known_exchanges", "library", "names_near"]

MARKET_ATTRIBUTES = (
    "markets",
    "markets_by_id",
    "symbols",
    "ids",
    "currencies",
    "currencies_by_id",
    "codes",
    "baseCurrencies",
    "quoteCurrencies",
)
"""What ccxt keeps of the markets; none of it is changed once it is there."""
_markets: dict[tuple[str, str], dict[str, Any]] = {}
"""The markets of each exchange and its URLs, read once a process: they take tens of megabytes."""
URL_CHARACTERS = "%/:?#[]@!$&'()*+,;=-._~\"{}|\\^`<>"
"""What stays as ccxt writes it into a URL: every mark of ASCII, as it may be part of what was signed."""


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """
    A request that ccxt wants to make, not yet signed.

    :param path: ccxt's template of the path.
    :param api: Which of the exchange's APIs, in ccxt's words.
    :param method: The HTTP method.
    :param params: The parameters.
    """

    path: str
    api: Any
    method: str
    params: Params

    def __await__(self) -> Generator[Wanted, Any, Any]:
        """Hand the request to whoever steps the coroutine, and return what that sends back."""
        return (yield self)


@dataclass(frozen=True, slots=True, repr=False)
class Signature:
    """
    A signed request.

    :param request: As it is sent.
    :param url: As ccxt wrote it, with the exchange's own host, by which ccxt tells what an error means.
    """

    request: Request
    url: str


@cache
def library() -> Any:
    """
    Return ``ccxt.async_support``.

    :raises ModuleNotFoundError: when ccxt is not installed.
    """
    # It would exchange a part of aiohttp for a faster one, for everybody in this process. An import that fails
    # keeps it from that.
    patches = "aiohttp_fast_zlib"
    kept = sys.modules.get(patches)
    sys.modules[patches] = None  # type: ignore[assignment]
    try:
        return import_quietly("ccxt.async_support")
    finally:
        if kept is None:
            del sys.modules[patches]
        else:
            sys.modules[patches] = kept


def known_exchanges() -> frozenset[str]:
    """Return the ids of the exchanges that ccxt has classes of."""
    return frozenset(library().exchanges)


def names_near(exchange: str, known: frozenset[str]) -> str | None:
    """Return the id that a misspelt one may have been meant for, if there is one."""
    return next(iter(get_close_matches(exchange.lower(), sorted(known), n=1)), None)


@cache
def _class(exchange: str) -> Any:
    """Return ccxt's class of an exchange, with its I/O replaced."""
    kind = getattr(library(), exchange)

    async def fetch2(
        _self: Any,
        path: str,
        api: Any = "public",
        method: str = "GET",
        params: Any = None,
        *_: Any,
        **__: Any,
    ) -> Any:
        return await Wanted(path, api, method, {} if params is None else params)

    def milliseconds(self: Any) -> int:
        moment: int = self.moment
        return moment

    def seconds(self: Any) -> int:
        moment: int = self.moment
        return moment // 1000

    def incrementing_nonce(self: Any) -> Any:
        # Ours grow in milliseconds. ccxt would count on from the largest, though a clock was set right meanwhile.
        told = self.nonce()
        return kind.incrementing_nonce(self) if told == self.seconds() else told

    async def load_markets(self: Any, reload: bool = False, params: Any = None) -> Any:
        if not self.markets or reload:
            self.set_markets(await self.fetch_markets(params or {}))
        return self.markets

    replaced = {
        "fetch2": fetch2,
        "milliseconds": milliseconds,
        "seconds": seconds,
        "incrementing_nonce": incrementing_nonce,
        "load_markets": load_markets,
        "moment": 0,
    }
    made = type(f"Signing_{exchange}", (kind,), replaced)
    for base in made.__mro__:
        module = vars(sys.modules[base.__module__])
        if base.__module__.startswith(library().__name__) and module.get("asyncio") is asyncio:
            module["asyncio"] = Asyncio()
    return made


class Client:
    """
    ccxt's object of one account.

    :param exchange: ccxt's id of the exchange.
    :param credentials: In ccxt's names, such as ``apiKey``.
    :param options: ccxt's options.
    :param base_url: Scheme, host and port instead of those of every URL; None for ccxt's own.
    :param unlisted: See :attr:`.Profile.unlisted`.
    :param headers: See :attr:`.Profile.headers`.
    """

    def __init__(
        self,
        exchange: str,
        credentials: Mapping[str, str],
        options: Mapping[str, Any],
        base_url: str | None = None,
        unlisted: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.ccxt = _class(exchange)({**credentials, "options": dict(options), "enableRateLimit": False})
        self.ccxt.headers = {**(self.ccxt.headers or {}), **headers}
        self.base_url = base_url
        self._unlisted = unlisted
        self._lock = threading.Lock()

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        return str(self.ccxt.id)

    @property
    def title(self) -> str:
        """Ccxt's name of the exchange."""
        return str(self.ccxt.name)

    def has(self, method: str) -> bool:
        """Whether ccxt has one of its methods for this exchange, and does not only imitate it."""
        return self.ccxt.has.get(method) is True

    def required_credentials(self) -> list[str]:
        """Return ccxt's names of what it needs to sign."""
        return [name for name, is_needed in self.ccxt.requiredCredentials.items() if is_needed]

    def use_sandbox(self) -> bool:
        """Take the exchange's testnet from now on. Return whether ccxt knows one."""
        return self._is_done(lambda: self.ccxt.set_sandbox_mode(True))

    def use_demo(self) -> bool:
        """Take the exchange's demo trading from now on. Return whether ccxt knows one."""
        return self._is_done(lambda: self.ccxt.enable_demo_trading(enable=True))

    @staticmethod
    def _is_done(change: Callable[[], object]) -> bool:
        try:
            change()
        except Exception:  # noqa: BLE001  (ccxt raises several, a KeyError for missing URLs among them)
            return False
        return True

    def wanted(self, endpoint: str, params: Params) -> Wanted:
        """
        Return the request that one of ccxt's methods for single endpoints makes.

        :param endpoint: The method.
        :param params: Handed to it.
        :raises ConnectionConfigError: when this version of ccxt has no such method.
        """
        if endpoint in self._unlisted:
            like, path = self._unlisted[endpoint]
            return replace(self.wanted(like, params), path=path)
        method = getattr(self.ccxt, endpoint, None)
        if method is None:
            raise ConnectionConfigError(
                f"ccxt {library().__version__} does not know {endpoint} of {self.ccxt.id}; install a later one"
            )
        coroutine = method(params)
        try:
            wanted = coroutine.send(None)
        finally:
            coroutine.close()
        if not isinstance(wanted, Wanted):
            raise PermanentError(f"ccxt awaits a {type(wanted).__name__} and not an answer of the exchange")
        return wanted

    def sign(
        self,
        wanted: Wanted,
        timestamp: int,
        complete: Callable[[Any, Params, int], Params] | None = None,
    ) -> Signature:
        """
        Sign a request.

        :param timestamp: The exchange's time in ms.
        :param complete: See :class:`.Endpoint`.
        :raises PermanentError: when ccxt cannot; its own words may hold what it was to sign with.
        """
        # ccxt asks the object for the time while it signs, and tasks that share an account may sign side by side.
        with self._lock, localcontext():  # which ccxt would change
            self.ccxt.moment = timestamp
            try:
                params = wanted.params if complete is None else complete(self.ccxt, wanted.params, timestamp)
                signed = self.ccxt.sign(wanted.path, wanted.api, wanted.method, params)
            except Exception as error:  # noqa: BLE001  (whatever ccxt raises)
                signed = type(error).__name__
        if isinstance(signed, str):
            raise PermanentError(f"ccxt cannot sign {wanted.method} {wanted.path}: it raised a {signed}")
        url = str(signed["url"])
        headers = {**(self.ccxt.headers or {}), **(signed.get("headers") or {})}
        body = signed.get("body")
        return Signature(
            Request(
                str(signed["method"]),
                quote(self._checked(self._moved(url)), safe=URL_CHARACTERS),
                {str(name): str(value) for name, value in headers.items()},
                body.encode() if isinstance(body, str) and body else None,
            ),
            url,
        )

    def can_sign(self, wanted: Wanted) -> bool:
        """Whether ccxt knows where a request goes to, and can sign it."""
        try:
            self.sign(wanted, 0)
        except PermanentError:
            return False
        return True

    def begin(self, use: Callable[[Any], Coroutine[Any, Any, Any]], moment: int) -> Coroutine[Any, Any, Any]:
        """
        Return one of ccxt's coroutines, to be stepped.

        :param use: Calls ccxt's method.
        :param moment: The exchange's time in ms, for those that sign what they send before it is due.
        """
        with self._lock:
            self.ccxt.moment = moment
        return use(self.ccxt)

    def failure(
        self, wanted: Wanted, status: int, headers: Mapping[str, str], text: str, decoded: Any
    ) -> Exception | None:
        """Return ccxt's exception for an answer that means a failure, as ccxt sees it; None for any other."""
        url = f"{self.ccxt.urls.get('api')}/{wanted.path}"
        try:
            self.ccxt.handle_errors(status, "", url, wanted.method, headers, text, decoded, {}, "")
            self.ccxt.handle_http_status_code(status, "", url, wanted.method, text)
        except Exception as error:  # noqa: BLE001  (whatever ccxt raises)
            return error
        return None

    def has_markets(self) -> bool:
        """Whether the markets are known, be it from another account of this process."""
        known = _markets.get(self._place)
        if known is not None and not self.ccxt.markets:
            vars(self.ccxt).update(known)
        return bool(self.ccxt.markets)

    def set_markets(self, found: Any) -> None:
        """Take ccxt's list of markets, and keep it for the other accounts; what the exchange said is left out."""
        self.ccxt.set_markets([{**market, "info": {}} for market in found])
        _markets[self._place] = {name: getattr(self.ccxt, name) for name in MARKET_ATTRIBUTES}

    def markets(self) -> Mapping[str, Any]:
        """Return ccxt's markets by name."""
        markets: Mapping[str, Any] = self.ccxt.markets
        return markets

    @property
    def _place(self) -> tuple[str, str]:
        return self.exchange, str(self.base_url or self.ccxt.urls.get("api"))

    def _moved(self, url: str) -> str:
        if self.base_url is None:
            return url
        scheme, host = urlsplit(self.base_url)[:2]
        return urlsplit(url)._replace(scheme=scheme, netloc=host).geturl()

    def _checked(self, url: str) -> str:
        """Return a URL to which a key may be sent: over TLS, or to loopback."""
        place = urlsplit(url)
        if place.scheme != "https" and not (place.scheme == "http" and is_loopback(place.hostname or "")):
            raise PermanentError(f"ccxt would send the key to {place.scheme}://{place.hostname}, without TLS")
        return url
