"""Accounts at the paper exchange for tests: an adapter, its plans, and a driver whose sleeps take no time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from multidict import CIMultiDict

from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.clock import SystemClock, VenueClock
from airflow_provider_exchange.driver.effects import Send, Sleep, in_order
from airflow_provider_exchange.driver.freshness import Freshness
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.exchange import PaperExchange
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

T = TypeVar("T")

VENUES = ("nami", "bitopro", "loopring")
TRADED = ("nami", "bitopro")
"""Venues with a type of connection of their own that are open for trade."""
CLEANED_UP = (*TRADED, "binance")
"""Venues that the example for the end of the day cleans up; one of them is reached with ccxt."""
THROUGH_CCXT: dict[str, tuple[str, dict[str, str]]] = {
    "binance": ("binance", {"default_type": "spot"}),
    "binance_linear": ("binance", {"default_type": "linear"}),
    "okx": ("okx", {}),
    "bybit": ("bybit", {"default_type": "spot"}),
    "bybit_linear": ("bybit", {"default_type": "linear"}),
    "kraken": ("kraken", {}),
    "gate": ("gate", {"default_type": "spot"}),
    "gate_linear": ("gate", {"default_type": "linear"}),
    "coinbase": ("coinbase", {}),
    "deribit": ("deribit", {}),
    "hyperliquid": ("hyperliquid", {}),
    "bitget": ("bitget", {"default_type": "spot"}),
    "bitget_futures": ("bitget", {"default_type": "usdt-futures"}),
    "kucoin": ("kucoin", {}),
}
"""Books that are reached with ccxt: of which venue, and the extras of a connection that covers the book alone."""
UNKNOWN_IDS = {
    "nami": "999999",
    "bitopro": "999999",
    "loopring": "0x" + "9" * 64,
    **dict.fromkeys(THROUGH_CCXT, "999999"),
    "kraken": "OGONEG-ONEGO-NEGONE",
    "coinbase": "99999999-9999-4999-8999-999999999999",
    "kucoin": "9" * 24,
}
"""An id that no order has."""
IDS_SUFFICE = frozenset(
    {"loopring", "bybit", "bybit_linear", "bitget", "coinbase", "deribit", "gate_linear", "hyperliquid", "kraken"}
)
"""Venues that find an order by its id, whatever market is named beside it."""
NO_SUCH_STATES = {
    "bitopro": {"expired", "rejected"},
    "okx": {"expired", "rejected"},
    "bybit": {"expired"},
    "bybit_linear": {"expired"},
    "kraken": {"rejected"},
    "gate": {"expired", "rejected"},
    "gate_linear": {"expired", "rejected"},
    "deribit": {"expired"},
    "hyperliquid": {"expired"},
    "bitget": {"expired", "rejected"},
    "bitget_futures": {"expired", "rejected"},
    "kucoin": {"expired", "rejected"},
}
"""States that an order of a venue does not have: such an order shows as cancelled there."""
SYMBOLS = {
    "nami": "BTCUSDT",
    "bitopro": "btc_usdt",
    "loopring": "LRC-ETH",
    **dict.fromkeys(THROUGH_CCXT, "BTCUSDT"),
    "okx": "BTC-USDT",
    "kraken": "XBTUSD",
    **dict.fromkeys(("gate", "gate_linear"), "BTC_USDT"),
    "coinbase": "BTC-USD",
    "deribit": "BTC-PERPETUAL",
    "hyperliquid": "BTC",
    "kucoin": "BTC-USDT",
}
OTHER_SYMBOLS = {
    "nami": "ETHUSDT",
    "bitopro": "eth_usdt",
    "loopring": "ETH-USDT",
    **dict.fromkeys(THROUGH_CCXT, "ETHUSDT"),
    "okx": "ETH-USDT",
    "kraken": "ETHUSD",
    **dict.fromkeys(("gate", "gate_linear"), "ETH_USDT"),
    "coinbase": "ETH-USD",
    "deribit": "ETH-PERPETUAL",
    "hyperliquid": "ETH",
    "kucoin": "ETH-USDT",
}


class SkippingClock(SystemClock):
    """
    A clock that is moved on by sleeps, and goes with the machine's otherwise.

    :param exchange: A paper exchange whose clock goes with this one; None where the venue's clock is left alone.
    """

    def __init__(self, exchange: PaperExchange | None = None) -> None:
        self.skipped = 0.0
        self._moves_the_venue = exchange is not None
        if exchange is not None:
            exchange.clock = self.wall

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped

    def wall(self) -> float:
        return super().wall() + self.skipped

    def drive(self, planner: Planner) -> None:
        """Let a planner go by this clock; also in what it knows of the venue's clock, if that follows ours."""
        planner.clock = self
        if self._moves_the_venue:
            planner.venue_clock = VenueClock(self)
            planner.freshness = Freshness(self)


class StandingClock(SkippingClock):
    """A clock that is moved on by sleeps alone: what a test reads from it does not depend on the machine."""

    def monotonic(self) -> float:
        return self.skipped


class SkippingTransport(Transport):
    """
    Sends for real; sleeps by moving the clock on.

    A test may put functions in ``before_send`` and ``on_sleep``, for what happens elsewhere meanwhile, and one in
    ``on_answer`` that returns another answer than the one received.

    :param exchange: A paper exchange whose clock goes with ours; see :class:`SkippingClock`.
    """

    def __init__(self, exchange: PaperExchange | None = None) -> None:
        super().__init__(new_session())
        self.clock = SkippingClock(exchange)
        self.slept: list[float] = []
        self.before_send: Callable[[Request], None] = lambda _request: None
        self.on_sleep: Callable[[], None] = lambda: None
        self.on_answer: Callable[[Request, Response], Response] = lambda _request, response: response

    def _fork(self, plans: Sequence[Plan[Any]]) -> list[Any]:
        """Run plans one after the other, so that a run can be told from its beginning."""
        return in_order([self._end_of(plan) for plan in plans])

    def _perform(self, effect: Send | Sleep) -> Response | None:
        if isinstance(effect, Sleep):
            self.slept.append(effect.seconds)
            self.clock.skipped += effect.seconds
            self.on_sleep()
            return None
        self.before_send(effect.request)
        response = super()._perform(effect)
        return None if response is None else self.on_answer(effect.request, response)


def planner_on(transport: SkippingTransport, exchange: Exchange, request_timeout: float) -> Planner:
    """Return a planner that goes by the transport's clock."""
    planner = Planner(exchange.name, exchange.limits, request_timeout)
    transport.clock.drive(planner)
    return planner


class Account:
    """
    One paper account.

    :param sandbox: where it is.
    :param venue: which one, or one of :data:`THROUGH_CCXT`.
    :param adapter: reaches it; None for the registered one.
    :param changes: fields of the connection that differ.
    """

    def __init__(
        self,
        sandbox: RunningSandbox,
        venue: str,
        request_timeout: float = 5,
        adapter: type[Exchange] | None = None,
        **changes: Any,
    ) -> None:
        self.sandbox = sandbox
        self.venue = venue
        fields = settings(sandbox, venue, **changes)
        adapter = load_exchange(fields.conn_type) if adapter is None else adapter
        self.exchange: Exchange = adapter.from_settings(fields)
        self.transport = SkippingTransport()
        self.planner = planner_on(self.transport, self.exchange, request_timeout)

    def stop_the_clock(self) -> None:
        """Let no time pass from now on but by sleeps."""
        self.transport.clock = StandingClock()
        self.transport.clock.drive(self.planner)

    def run(self, operation: Operation[T], timeout: float = 60, *, repeat_reads: bool = True) -> T:
        return self.transport.run(self.planner.plan(operation, timeout, repeat_reads=repeat_reads))

    def place(self, count: int = 1, **kwargs: Any) -> list[str]:
        symbol = kwargs.pop("symbol", None) or SYMBOLS[self.venue]
        return [self.sandbox.place(self.venue, symbol, **kwargs).order_id for _ in range(count)]

    @property
    def mutations(self) -> list[tuple[str, str]]:
        return [(logged.method, logged.route) for logged in self.sandbox.mutations(paper(self.venue))]

    @property
    def requests(self) -> list[str]:
        return [logged.route for logged in self.sandbox.request_log if logged.venue == paper(self.venue)]

    def changes(self, request: Request) -> bool:
        """Return whether a request is to change something, whatever its method is."""
        return asks_for_change(self.sandbox.exchange, request)

    def close(self) -> None:
        self.transport.session.close()


def asks_for_change(exchange: PaperExchange, request: Request) -> bool:
    """Return whether a request to a paper exchange is to change something, by its route."""
    url = urlsplit(request.url)
    target = f"{url.path}?{url.query}"
    return exchange.changes(request.method, target, CIMultiDict(request.headers), request.body or b"")


def paper(venue: str) -> str:
    """Return the venue of the paper exchange that a book belongs to."""
    return THROUGH_CCXT[venue][0] if venue in THROUGH_CCXT else venue


def connection(sandbox: RunningSandbox, venue: str) -> dict[str, Any]:
    """Return the fields of a connection to a venue, or to one of :data:`THROUGH_CCXT`."""
    fields = sandbox.connection(paper(venue))
    _, extra = THROUGH_CCXT.get(venue, (venue, {}))
    return {**fields, "extra": {**fields.get("extra", {}), **extra}} if extra else fields


def through_ccxt(sandbox: RunningSandbox, venue: str) -> dict[str, Any]:
    """Return the fields of a connection of type ``ccxt``, be it to a venue that has an adapter of its own."""
    fields = connection(sandbox, venue)
    return (
        fields if fields["conn_type"] == "ccxt" else {**fields, "conn_type": "ccxt", "extra": {"exchange": venue}}
    )


def settings(sandbox: RunningSandbox, venue: str, **changes: Any) -> ConnectionSettings:
    fields = {**connection(sandbox, venue), **changes}
    return ConnectionSettings(conn_id=f"{venue}_default", **fields)
