"""
Gate's orders on spot and isolated margin.

Sources: Gate's documents of API v4, "Spot". The list of open orders is grouped by market and counts its pages in
each group; without an account it shows those of the spot, the margin and the unified account. The list of auto
orders shows those of a unified account only if it is asked for them; to an account of another kind the exchange may
say that it is none.

The call for several cancels has to say of what account each order is, which an order's name does not tell, so it is
not used; a single cancel needs no account. A cancelled order that never traded is forgotten 10 minutes later.

An order that is ``closed`` has ended, and need not be filled: the exchange also closes what may not rest in the
book, or would trade at too bad a price. Another field tells how it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.ccxt.profile import (
    Book,
    Cancel,
    Endpoint,
    History,
    Listing,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.gate_answers import CLIENTS_OWN, MARK, PAGE, id_of_placed
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import (
    ids_of,
    overlapping_offsets,
    overlapping_pages,
    rows_of,
    second_word,
)
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SPOT_BOOKS"]

NOT_UNIFIED = frozenset({"INVALID_UNIFIED_ACCOUNT", "UNIFIED_ACCOUNT_NOT_ACTIVATED"})
ONE = Endpoint("privateSpotGetOrdersOrderId", "order")

ORDER = OrderForm(
    order_id="id",
    symbol="currency_pair",
    state="status",
    states={
        "open": OrderState.OPEN,
        "filled": OrderState.FILLED,
        **dict.fromkeys(
            (
                "cancelled",
                "liquidate_cancelled",
                "small",
                "depth_not_enough",
                "trader_not_enough",
                "ioc",
                "poc",
                "fok",
                "stp",
                "price_protect_cancelled",
            ),
            OrderState.CANCELLED,
        ),
    },
    state_word=second_word("status", {"closed"}, "finish_as"),
    side="side",
    quantity="amount",
    filled_quantity="filled_amount",
    price="price",
    client_order_id="text",
    client_ids_start=CLIENTS_OWN,
    created_at=("create_time_ms",),
    changed_at=("update_time_ms",),
    kind="type",
)
AUTO_ORDER = OrderForm(
    order_id="id",
    symbol="market",
    state="status",
    states={
        "open": OrderState.OPEN,
        "finish": OrderState.FILLED,
        "cancelled": OrderState.CANCELLED,
        "canceled": OrderState.CANCELLED,
        "failed": OrderState.REJECTED,
        "expired": OrderState.EXPIRED,
    },
    side="put.side",
    quantity="put.amount",
    filled_quantity=None,
    price="put.price",
    created_at=("ctime",),
    changed_at=("ftime",),
    kind="put.type",
    stop_price="trigger.price",
    waiting=frozenset({"open"}),
)
"""
The documents say "cancelled", answers "canceled". One that is finished has placed another one; see :func:`placed`.
"""


def shows_its_total(found: Any, size: int) -> bool:
    """
    Whether each market shows as many open orders as it says that it has, or a full page.

    By the documents the number is that of the page. Were it that of the market, this would hold, too.
    """
    for group in rows_of(found):
        total, orders = (group.get(name) if isinstance(group, dict) else None for name in ("total", "orders"))
        if type(total) is int and isinstance(orders, list) and len(orders) < min(total, size):
            return False
    return True


def placed(row: Mapping[str, Any]) -> list[str]:
    """Return the id of the order that an auto order on spot has placed."""
    return id_of_placed(row.get("fired_order_id"), has_placed=row.get("status") == "finish")


def history_of_market(market: str, _ids: Sequence[str], since_ms: int | None) -> dict[str, Any]:
    """Ask for the orders of a spot market that ended after a time."""
    since = {} if since_ms is None else {"from": since_ms // 1000}
    return {"currency_pair": market, "status": "finished", **since}


def of_spot(name: str, market: str) -> dict[str, Any]:
    """Name an order by its id or the client's; the latter begins with letters."""
    return {"order_id": name, "currency_pair": market}


SPOT_BOOKS = [
    Book(
        title="spot orders",
        market_type="spot",
        form=ORDER,
        lists=[
            Listing(
                Endpoint("privateSpotGetOpenOrders", "open"),
                rows="[].orders",
                counted=overlapping_pages(PAGE),
                fits_its_total=shows_its_total,
            )
        ],
        single=Single(ONE, of_spot),
        by_client_id=Single(ONE, of_spot),
        cancel=Cancel(
            Endpoint("privateSpotDeleteOrdersOrderId", "cancel", changes=True),
            of_spot,
            lambda found: ids_of([found], "id"),
        ),
        history=History(
            Endpoint("privateSpotGetOrders", "history"),
            history_of_market,
            "",
            counted=overlapping_pages(PAGE),
        ),
    ),
    Book(
        title="spot orders that wait for a price",
        market_type="spot",
        form=AUTO_ORDER,
        mark=MARK,
        becomes="spot orders",
        placed=placed,
        lists=[
            Listing(
                Endpoint("privateSpotGetPriceOrders", "auto"),
                {"status": "open", **account},
                counted=overlapping_offsets(PAGE),
                absent=absent,
            )
            for account, absent in (({}, frozenset[str]()), ({"account": "unified"}, NOT_UNIFIED))
        ],
        single=Single(
            Endpoint("privateSpotGetPriceOrdersOrderId", "order"), lambda order_id, _: {"order_id": order_id}
        ),
        cancel=Cancel(
            Endpoint("privateSpotDeletePriceOrdersOrderId", "auto_cancel", changes=True),
            lambda order_id, _: {"order_id": order_id},
            lambda found: ids_of([found], "id"),
        ),
    ),
]
