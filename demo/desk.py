"""Places and fills orders at the paper exchange, and reads its books."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.driver.blocking import new_session
from airflow_provider_exchange.models.orders import Side
from airflow_provider_exchange.sandbox.place import NewOrder, Trader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MARKETS", "MISBEHAVING", "Desk", "place_orders"]

MARKETS: dict[str, dict[str, tuple[str, str]]] = {
    "nami": {"BTCUSDT": ("0.05", "64000"), "ETHUSDT": ("1.2", "3100"), "NAMIVNST": ("40000", "250")},
    "bitopro": {"btc_usdt": ("0.08", "64000"), "eth_usdt": ("2.5", "3100"), "bito_twd": ("9000", "2.4")},
    "binance": {"BTCUSDT": ("0.03", "64000"), "ETHUSDT": ("0.9", "3100"), "BNBUSDT": ("4", "610")},
}
"""By venue of the example DAG and symbol: the quantity of each order, and the market price."""

MISBEHAVING = "binance"
"""The venue whose answers cannot be believed."""

ORDERS_KEPT = (1, 6, 8)
"""Which of its orders the misbehaving venue keeps, though it calls them cancelled; by place, from 0."""


class Desk:
    """
    The paper exchange's admin API.

    :param base_url: Where it listens.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session = new_session()

    def orders(self, venue: str) -> list[dict[str, Any]]:
        """Return the venue's book: every order, live or ended, oldest first."""
        orders: list[dict[str, Any]] = self._ask("GET", f"{venue}/orders")
        return orders

    def fill(self, venue: str, order_id: str, share: Decimal) -> None:
        """Fill a share of an order."""
        whole = Decimal(self._ask("GET", f"{venue}/orders/{order_id}")["quantity"])
        self._ask("POST", f"{venue}/orders/{order_id}/fill", {"quantity": str(whole * share)})

    def fill_when_cancelled(self, venue: str, order_id: str) -> None:
        """Fill an order at the moment when its cancel arrives."""
        self._break({"kind": "fill_on_cancel", "venue": venue, "orders": [order_id]})

    def misbehave(self, venue: str, kept: Sequence[str], cancels: int) -> None:
        """
        Have a venue keep orders that it calls cancelled, and then show once that nothing is open.

        :param kept: The ids of these orders.
        :param cancels: For how many cancels. Those that are sent after them have their effect.
        """
        first = list(range(1, cancels + 1))
        self._break(
            {"kind": "ignore_cancel", "venue": venue, "route": "cancels", "orders": kept, "requests": first}
        )
        self._break({"kind": "phantom_empty", "venue": venue, "requests": [2]})

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests that reached the venues, oldest first."""
        requests: list[dict[str, Any]] = self._ask("GET", "requests")
        return requests

    def forget_requests(self) -> None:
        """Clear the log of requests."""
        self._ask("DELETE", "requests")

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _break(self, rule: dict[str, Any]) -> None:
        self._ask("POST", "faults", rule)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.base_url}/sandbox/{path}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()


def place_orders(venue: str, desk: Desk) -> None:
    """
    Place twelve orders through the venue's signed calls: nine limit and three stop-limit orders.

    Two are filled in part before the clean-up; one will be filled while it is being cancelled. At one of the venues
    answers will not be true.
    """
    trader = Trader(venue, desk.base_url)
    try:
        placed = [trader.place(order) for order in _orders(venue)]
    finally:
        trader.close()
    desk.fill(venue, placed[0], Decimal("0.25"))
    desk.fill(venue, placed[5], Decimal("0.6"))
    desk.fill_when_cancelled(venue, placed[10])
    if venue == MISBEHAVING:
        desk.misbehave(venue, [placed[place] for place in ORDERS_KEPT], cancels=len(placed))


def _orders(venue: str) -> Iterator[NewOrder]:
    for symbol, (quantity, price) in MARKETS[venue].items():
        amount, market = Decimal(quantity), Decimal(price)
        yield NewOrder(symbol, Side.BUY, amount, market * Decimal("0.97"))
        yield NewOrder(symbol, Side.SELL, amount, market * Decimal("1.03"))
        yield NewOrder(symbol, Side.SELL, amount, market * Decimal("1.05"))
        yield NewOrder(symbol, Side.SELL, amount, market * Decimal("0.90"), stop_price=market * Decimal("0.92"))
