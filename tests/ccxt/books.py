"""What an account holds at an exchange that keeps several books, and how a test looks into all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State
from tests.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from airflow_provider_exchange.sandbox.exchange import Logged, Visit
    from airflow_provider_exchange.sandbox.protocol import Answer
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@dataclass(frozen=True)
class Kind:
    """
    One kind of order.

    :param book: the paper book that it goes to.
    :param symbol: its market as the paper book spells it.
    :param unified: the market as ccxt calls it.
    :param own: the market as this package calls it.
    :param mark: what its id begins with in this package.
    :param how: what it is placed with.
    :param may_be_named: whether it may have an id of the client's.
    :param placed_in: the paper book where its order appears when its price is reached; None if it waits for none.
    :param is_listed_apart: whether no list shows both the order, while it waits, and what it becomes.
    :param is_like_another: whether it is listed and read just as another kind is; long tests may pass it over then.
    :param is_followed: whether the exchange tells which order that is.
    :param tells: which of side and client's id its list shows.
    """

    book: str
    symbol: str
    unified: str
    own: str
    mark: str = ""
    how: dict[str, Any] = field(default_factory=dict)
    placed_in: str | None = None
    may_be_named: bool = True
    is_listed_apart: bool = True
    is_like_another: bool = False
    is_followed: bool = True
    tells: frozenset[str] = frozenset({"side", "client_order_id"})

    def place(self, sandbox: RunningSandbox, **how: Any) -> str:
        """Place an order; return its id as this package writes it."""
        return self.mark + sandbox.place(self.book, self.symbol, **{**self.how, **how}).order_id

    def trigger(self, sandbox: RunningSandbox, order_id: str) -> None:
        """Let an order's price be reached."""
        sandbox.book(self.book).trigger(order_id.removeprefix(self.mark), symbol=self.symbol)

    def settle(self, sandbox: RunningSandbox, order_id: str) -> None:
        """Let the cancel of an order take effect, if it has not yet."""
        book, own_id = sandbox.book(self.book), order_id.removeprefix(self.mark)
        if book.named(own_id, self.symbol).state.live:
            book.finish(own_id, State.CANCELLED, symbol=self.symbol)

    def ref(self, order_id: str) -> dict[str, str]:
        """Return how an argument names an order."""
        return {"order_id": order_id, "symbol": self.own}


STOP = {"stop_price": "90"}

KINDS: dict[str, list[Kind]] = {
    "binance": [
        Kind("binance", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT"),
        Kind("binance", "ETHUSDT", "ETH/USDT", "spot:ETHUSDT", how=STOP),
        Kind("binance_linear", "BTCUSDT", "BTC/USDT:USDT", "linear:BTCUSDT"),
        Kind("binance_linear", "BTCUSDT_280331", "BTC/USDT:USDT-280331", "linear:BTCUSDT_280331"),
        Kind("binance_algo", "BTCUSDT", "BTC/USDT:USDT", "linear:BTCUSDT", "algo:", STOP, "binance_linear"),
    ],
    "okx": [
        Kind("okx", "BTC-USDT", "BTC/USDT", "BTC-USDT"),
        Kind("okx", "BTC-USDT-SWAP", "BTC/USDT:USDT", "BTC-USDT-SWAP"),
        *(
            Kind("okx_algo", "BTC-USDT", "BTC/USDT", "BTC-USDT", "algo:", {"type": kind, **STOP}, "okx")
            for kind in ("trigger", "conditional", "oco", "move_order_stop", "chase")
        ),
        *(
            Kind("okx_algo", "ETH-USDT-SWAP", "ETH/USDT:USDT", "ETH-USDT-SWAP", "algo:", {"type": kind})
            for kind in ("iceberg", "twap", "smart_iceberg")
        ),
    ],
    "kucoin": [
        Kind("kucoin", "BTC-USDT", "BTC/USDT", "BTC-USDT"),
        Kind("kucoin", "ETH-USDT", "ETH/USDT", "ETH-USDT"),
        Kind("kucoin_stop", "BTC-USDT", "BTC/USDT", "BTC-USDT", "stop:", STOP, "kucoin", is_followed=False),
        Kind(
            "kucoin_oco",
            "ETH-USDT",
            "ETH/USDT",
            "ETH-USDT",
            "oco:",
            STOP,
            "kucoin",
            is_followed=False,
            tells=frozenset({"client_order_id"}),
        ),
    ],
    "bybit": [
        Kind("bybit", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT"),
        Kind("bybit", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT", "stop:", STOP, "bybit"),
        Kind("bybit", "ETHUSDT", "ETH/USDT", "spot:ETHUSDT", "tpsl:", {"type": "tpslOrder", **STOP}, "bybit"),
        Kind("bybit_linear", "BTCUSDT", "BTC/USDT:USDT", "linear:BTCUSDT"),
        Kind("bybit_linear", "ETHUSDT", "ETH/USDT:USDT", "linear:ETHUSDT", how=STOP),
        Kind("bybit_linear", "BTCPERP", "BTC/USDC:USDC", "linear:BTCPERP"),
    ],
    "kraken": [
        Kind("kraken", "XBTUSD", "BTC/USD", "XBTUSD"),
        Kind("kraken", "ETHXBT", "ETH/BTC", "ETHXBT"),
        *(
            Kind("kraken", "ETHUSD", "ETH/USD", "ETHUSD", how={"type": kind, **STOP})
            for kind in ("STOP_LIMIT", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "TRAILING_STOP")
        ),
    ],
    "gate": [
        Kind("gate", "BTC_USDT", "BTC/USDT", "spot:BTC_USDT"),
        Kind("gate", "ETH_USDT", "ETH/USDT", "spot:ETH_USDT"),
        Kind("gate_auto", "BTC_USDT", "BTC/USDT", "spot:BTC_USDT", "auto:", STOP, "gate", may_be_named=False),
        Kind("gate_linear", "BTC_USDT", "BTC/USDT:USDT", "linear:BTC_USDT"),
        Kind(
            "gate_linear_auto",
            "ETH_USDT",
            "ETH/USDT:USDT",
            "linear:ETH_USDT",
            "auto:",
            STOP,
            "gate_linear",
        ),
    ],
    "coinbase": [
        Kind("coinbase", "BTC-USD", "BTC/USD", "BTC-USD"),
        Kind("coinbase", "BTC-USD", "BTC/USD", "BTC-USD", how=STOP),
        Kind("coinbase", "ETH-USD", "ETH/USD", "ETH-USD", how={"state": "waiting"}, placed_in="coinbase"),
        Kind("coinbase", "BIT-26MAR27-CDE", "BIT-26MAR27-CDE", "BIT-26MAR27-CDE"),
        Kind("coinbase_simple", "SOL-USD", "SOL/USD", "SOL-USD"),
        Kind("coinbase_simple", "SOL-USD", "SOL/USD", "SOL-USD", how={"state": "waiting"}),
    ],
    "deribit": [
        Kind("deribit", "BTC-PERPETUAL", "BTC/USD:BTC", "BTC-PERPETUAL"),
        Kind("deribit", "BTC-26MAR27-100000-C", "BTC/USD:BTC-270326-100000-C", "BTC-26MAR27-100000-C"),
        Kind("deribit", "BTC_USDC", "BTC/USDC", "BTC_USDC"),
        *(
            Kind(
                "deribit",
                "BTC-PERPETUAL",
                "BTC/USD:BTC",
                "BTC-PERPETUAL",
                "",
                {"type": kind, **STOP},
                "deribit",
                is_listed_apart=False,
            )
            for kind in ("STOP_LIMIT", "TAKE_LIMIT")
        ),
        Kind("deribit", "BTC-FS-26MAR27_PERP", "BTC-FS-26MAR27_PERP", "BTC-FS-26MAR27_PERP"),
    ],
    "hyperliquid": [
        Kind("hyperliquid", "BTC", "BTC/USDC:USDC", "BTC"),
        Kind("hyperliquid", "kPEPE", "KPEPE/USDC:USDC", "kPEPE", how=STOP),
        Kind("hyperliquid", "PURR/USDC", "PURR/USDC", "PURR/USDC"),
        Kind("hyperliquid", "@107", "@107", "@107"),
    ],
    "bitget": [
        Kind("bitget", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT"),
        Kind("bitget_plan", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT", "plan:", STOP, "bitget"),
        Kind("bitget", "ETHUSDT", "ETH/USDT", "spot:ETHUSDT", "tpsl:", {"type": "tpsl", **STOP}, "bitget"),
        Kind("bitget_futures", "BTCUSDT", "BTC/USDT:USDT", "usdt-futures:BTCUSDT"),
        Kind("bitget_futures", "BTCPERP", "BTC/USDC:USDC", "usdc-futures:BTCPERP", is_like_another=True),
        Kind("bitget_futures", "BTCUSD", "BTC/USD:BTC", "coin-futures:BTCUSD", is_like_another=True),
        *(
            Kind(
                "bitget_futures_plan",
                "BTCUSDT",
                "BTC/USDT:USDT",
                "usdt-futures:BTCUSDT",
                f"{kind}:",
                {"type": kind, **STOP},
                "bitget_futures" if kind == "normal_plan" else None,
                is_like_another=kind not in ("normal_plan", "pos_loss"),
            )
            for kind in (
                "normal_plan",
                "track_plan",
                "profit_plan",
                "loss_plan",
                "moving_plan",
                "pos_profit",
                "pos_loss",
            )
        ),
    ],
}
"""All kinds of orders of each exchange."""

CONDITIONAL = {venue: [kind for kind in kinds if kind.placed_in is not None] for venue, kinds in KINDS.items()}
"""Those that become an order of another list when their price is reached."""


def own_id(venue: str, text: str, *, is_prefix: bool = False) -> str:
    """Return a client's id, or the beginning of one, in the form that an exchange wants."""
    if venue == "gate":
        return f"t-{text}"
    if venue != "hyperliquid":
        return text
    digits = text.encode().hex()
    return f"0x{digits if is_prefix else digits.ljust(32, '0')}"


def whole_account(sandbox: RunningSandbox, venue: str) -> Account:
    """Return an account that covers every book of an exchange."""
    return Account(sandbox, venue, **sandbox.connection(venue))


def live(sandbox: RunningSandbox, venue: str) -> set[tuple[str, str]]:
    """Return every live order of an exchange: its paper book, and its id there."""
    names = [name for name in sandbox.exchange.books if sandbox.exchange.owner(name).name == venue]
    return {(name, order.order_id) for name in names for order in sandbox.live(name)}


def before_each_answer(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Logged], None]
) -> None:
    """Let something happen at the paper exchange before it answers a request, whoever has sent it."""
    answer = sandbox.exchange.answer

    def answered(visit: Visit) -> Answer:
        happens(visit.logged)
        return answer(visit)

    monkeypatch.setattr(sandbox.exchange, "answer", answered)


def is_list(logged: Logged) -> bool:
    """Return whether a request asks for a list of open orders."""
    return logged.route.startswith("open_")
