"""
An adapter whose requests are made by somebody else's client library.

It stands directly on the port, :class:`airflow_provider_exchange.exchanges.base.Exchange`. The library decides
which requests an operation takes, and signs them. When they are sent is decided by the plan, and what an answer
means is read here, from the answer itself: nothing that the library makes of it is taken for the venue's word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_exchange.errors import (
    OrderNotFoundError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Option, Options
from airflow_provider_exchange.exchanges.common import Named, only_one
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.markets import (
    ASSET,
    MARKET_START,
    by_symbol,
    check_market,
    market_spelling,
)
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.models import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from tests.foreign.calls import (
    BALANCE,
    BATCH,
    CANCEL,
    MARKETS,
    OPEN,
    ORDER,
    ORDERS,
    READERS,
    Answer,
    ForeignCall,
    Route,
    SteppedClient,
    explained,
)
from tests.foreign.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.protocol.steps import Call, Operation
    from tests.foreign.client import Parsed

    Markets = dict[str, Parsed]
    Use = Callable[[SteppedClient], Coroutine[Any, Any, Any]]

__all__ = ["Foreign"]

BATCH_SIZE = 100
LARGEST_CLIENT_ID = 2**31 - 1
SPELLING = market_spelling("_", capitals=False)

STATES: dict[int, OrderState] = {
    -1: OrderState.OPEN,
    0: OrderState.OPEN,
    1: OrderState.OPEN,
    2: OrderState.FILLED,
    3: OrderState.CANCELLED,
    4: OrderState.CANCELLED,
    6: OrderState.CANCELLED,
}

ORDER_FORM = OrderForm(
    order_id="id",
    symbol="pair",
    state="status",
    states=STATES,
    side="action",
    quantity="originalAmount",
    filled_quantity="executedAmount",
    price="price",
    client_order_id="clientId",
    created_at=("createdTimestamp", "timestamp"),
)


@dataclass(frozen=True)
class Venue:
    """
    One of the venues that the library serves.

    :param title: Its name in texts for people.
    :param limits: Its rate limits by endpoint, in the library's costs.
    """

    title: str
    limits: Mapping[str, RateLimit]


VENUES: Mapping[str, Venue] = {
    "bitopro": Venue(
        "BitoPro",
        {
            "cancel": RateLimit(900, 60),
            "batch": RateLimit(10, 1),
            "open": RateLimit(10, 1),
            "total": RateLimit(1200, 60),
        },
    ),
    "bitopro_small": Venue("BitoPro for small accounts", {"total": RateLimit(120, 60)}),
}

shared_markets: dict[str, Markets] = {}
"""The library's markets by base URL: read once a process, and again for a market that is not among them."""


class Foreign(Exchange):
    """
    One account at one of the library's venues.

    :param base_url: Scheme, host and port.
    :param api_key: The API key.
    :param api_secret: The API secret.
    :param identity: The account's e-mail address.
    :param venue: Which of :data:`VENUES`.
    """

    needs_symbol = True
    options: Mapping[str, Option] = {"isAllStrategyCanceled": Option("whether an order's strategies go with it")}
    order_ids = Grammar(re.compile(r"(SL-)?[0-9]{1,20}", re.ASCII), "12234566", "d")
    client_order_ids = Grammar(re.compile(r"[1-9][0-9]{0,9}", re.ASCII), "7100001", "d")
    symbols = Grammar(re.compile(f"{MARKET_START}{ASSET}_{ASSET}", re.ASCII), "btc_usdt", any_script=True)

    def __init__(self, base_url: str, api_key: str, api_secret: str, identity: str, venue: str = "bitopro") -> None:
        super().__init__((api_key, api_secret))
        self.name = venue
        self.title = VENUES[venue].title
        self.limits = VENUES[venue].limits
        self._config = {"base_url": base_url, "api_key": api_key, "secret": api_secret, "identity": identity}
        self.assumes = Assumptions(order=ORDER_FORM, orders={"/orders/": ("data", "")})
        self.orders = OrderReader(self, ORDER_FORM)
        """Reads the orders of the venue's answers."""

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Build the account of an Airflow connection; see :meth:`Exchange.from_settings`."""
        venue = settings.extra.get("venue") or "bitopro"
        if venue not in VENUES:
            settings.refuse("extra 'venue'", "is unknown", f"enter one of {', '.join(VENUES)}")
        return cls(
            base_url=settings.base_url("https://api.bitopro.com"),
            api_key=settings.required_text(settings.login, "login", "enter the API key"),
            api_secret=settings.required_text(settings.password, "password", "enter the API secret"),
            identity=settings.required_text(
                settings.extra.get("identity"), "extra 'identity'", "enter the account's e-mail address"
            ),
            venue=venue,
        )

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """Return a pair in lower case, with an underscore; see :meth:`Exchange.check_symbol`."""
        return check_market(self.symbols, SPELLING, value, field)

    def check_client_order_id(self, value: Any, field: str = "client_order_id") -> str:
        """Return a client id within the venue's range; see :meth:`Exchange.check_client_order_id`."""
        text = super().check_client_order_id(value, field)
        if int(text) > LARGEST_CLIENT_ID:
            raise self.client_order_ids.malformed(text, field)
        return text

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        """List what the venue showed in any of the library's reads; see :meth:`Exchange.list_open`."""
        answers = yield from self._ask(lambda client: client.fetch_open_orders(), OPEN)
        return self._shown(answers)

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read one order by its id, or find it by the client's own; see :meth:`Exchange.read_order`."""
        if ref.order_id is None:
            return (yield from self._read_by_client_id(ref))
        named, symbol = ref.order_id, ref.symbol or ""
        answers = yield from self._ask(lambda client: client.fetch_order(named, symbol), ORDER, symbol)
        return self.expect(answers[-1].orders[0], ref)

    def _read_by_client_id(self, ref: OrderRef) -> Operation[Order]:
        only = {"clientId": ref.client_order_id}
        named = [order for order in (yield from self._list_all(ref.symbol, None, only)) if order.is_named_by(ref)]
        if not named:
            raise OrderNotFoundError("no order has this client order id", orders=[ref])
        return only_one(named)

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more by the list of their market; see :meth:`Exchange.read_ended`."""
        found: dict[OrderKey, Order] = {}
        for symbol, wanted in _by_market(refs).items():
            if len(wanted) <= self.few or any(ref.order_id is None for ref in wanted):
                found |= yield from super().read_ended(wanted, since)
                continue
            named = Named({self.key(ref): ref for ref in wanted})
            named.take({self.key(order): order for order in (yield from self._list_all(symbol, since))})
            found |= named.orders()
        return found

    def _list_all(
        self, symbol: str | None, since: datetime | None, only: Mapping[str, Any] | None = None
    ) -> Operation[list[Order]]:
        market, from_ms = symbol or "", None if since is None else int(since.timestamp() * 1000)
        answers = yield from self._ask(
            lambda client: client.fetch_closed_orders(market, from_ms, dict(only or {})), ORDERS, market
        )
        return self._shown(answers)

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """Return the cancel of one order; None while only the client's own id is known."""
        if ref.order_id is None or ref.symbol is None:
            return None
        order_id, symbol = ref.order_id, ref.symbol
        chosen = {name: "true" if value else "false" for name, value in options.items()}
        operation = self._cancel(
            lambda client: client.cancel_order(order_id, symbol, dict(chosen)),
            CANCEL,
            {"pair": symbol, "id": order_id, **chosen},
            symbol,
        )
        return Cancellation((ref,), operation)

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return a batch for each market, or single cancels where options are given, which a batch has none of."""
        if options:
            return [one for ref in refs if (one := self.cancel_one(ref, options))]
        return [
            self._batch(symbol or "", alike[start : start + BATCH_SIZE])
            for symbol, alike in _by_market(refs).items()
            for start in range(0, len(alike), BATCH_SIZE)
        ]

    def _batch(self, symbol: str, refs: Sequence[OrderRef]) -> Cancellation:
        ids = [ref.order_id for ref in refs if ref.order_id]
        operation = self._cancel(
            lambda client: client.cancel_orders(list(ids), symbol), BATCH, {symbol.upper(): ids}, symbol
        )
        return Cancellation(tuple(refs), operation, is_batch=True)

    def _cancel(
        self, use: Use, route: Route, params: Mapping[str, Any], symbol: str
    ) -> Operation[frozenset[OrderKey]]:
        """Let the library make this one change, and no other."""
        answers = yield from self._ask(use, route, symbol, params)
        return frozenset().union(*(answer.acknowledged for answer in answers))

    def probe(self) -> Operation[None]:
        """Read the balance."""
        yield from self._ask(lambda client: client.fetch_balance(), BALANCE)

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public list of pairs, and let later operations use it."""
        yield from self._ask(lambda client: client.load_markets(reload=True), MARKETS)
        listed = [Record(market, "market") for market in shared_markets[self._config["base_url"]].values()]
        return {symbol: market.get("active") is not False for symbol, market in by_symbol(self, listed, "id")}

    def _ask(
        self, use: Use, needed: Route, symbol: str | None = None, change: Mapping[str, Any] | None = None
    ) -> Operation[list[Answer]]:
        """
        Step the library through one of its methods.

        :param use: Calls the method.
        :param needed: What the library has to ask for; what it tells from memory is not the venue's word.
        :param symbol: The market that it needs to know.
        :param change: The parameters of the only request that may change anything; None for a read.
        :return: What the venue answered to the requests that were needed.
        """
        client = SteppedClient(self, self._config)
        client.markets = self._known_markets(symbol)

        def is_permitted(call: Call[Any]) -> bool:
            if not isinstance(call, ForeignCall) or call.route not in READERS:
                return False
            return not call.mutating or (call.route, call.params) == (needed, change)

        try:
            yield from stepped(use(client), is_permitted, explained)
        finally:
            if client.markets is not None:
                shared_markets[self._config["base_url"]] = client.markets
        answers = [answer for answer in client.answers if answer.route == needed]
        if not answers:
            raise UnreadableResponseError("the client library did not ask the venue")
        return answers

    def _known_markets(self, symbol: str | None) -> Markets | None:
        """Return the markets that another operation has read, unless the one that matters is not among them."""
        known = shared_markets.get(self._config["base_url"])
        if known is None or symbol is None or any(market["id"] == symbol for market in known.values()):
            return known
        return None

    def _shown(self, answers: Iterable[Answer]) -> list[Order]:
        return list({self.key(order): order for answer in answers for order in answer.orders}.values())


def _by_market(refs: Iterable[OrderRef]) -> dict[str | None, list[OrderRef]]:
    grouped: dict[str | None, list[OrderRef]] = {}
    for ref in refs:
        grouped.setdefault(ref.symbol, []).append(ref)
    return grouped
