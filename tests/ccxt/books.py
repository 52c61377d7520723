"""What an account holds at an exchange that keeps several books, and how a test looks into all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
    :param placed_in: the paper book where its order appears when its price is reached; None if it waits for none.
    """

    book: str
    symbol: str
    unified: str
    own: str
    mark: str = ""
    how: dict[str, Any] = field(default_factory=dict)
    placed_in: str | None = None

    def place(self, sandbox: RunningSandbox, **how: Any) -> str:
        """Place an order; return its id as this package writes it."""
        return self.mark + sandbox.place(self.book, self.symbol, **{**self.how, **how}).order_id

    def trigger(self, sandbox: RunningSandbox, order_id: str) -> None:
        """Let an order's price be reached."""
        sandbox.book(self.book).trigger(order_id.removeprefix(self.mark), symbol=self.symbol)

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
    "bybit": [
        Kind("bybit", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT"),
        Kind("bybit", "BTCUSDT", "BTC/USDT", "spot:BTCUSDT", "stop:", STOP, "bybit"),
        Kind("bybit", "ETHUSDT", "ETH/USDT", "spot:ETHUSDT", "tpsl:", {"type": "tpslOrder", **STOP}, "bybit"),
        Kind("bybit_linear", "BTCUSDT", "BTC/USDT:USDT", "linear:BTCUSDT"),
        Kind("bybit_linear", "ETHUSDT", "ETH/USDT:USDT", "linear:ETHUSDT", how=STOP),
        Kind("bybit_linear", "BTCPERP", "BTC/USDC:USDC", "linear:BTCPERP"),
    ],
}
"""All kinds of orders of each exchange."""

CONDITIONAL = {venue: [kind for kind in kinds if kind.placed_in is not None] for venue, kinds in KINDS.items()}
"""Those that become an order of another list when their price is reached."""


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
