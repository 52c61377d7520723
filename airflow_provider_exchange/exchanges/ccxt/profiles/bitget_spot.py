"""
Bitget's spot orders, which are of three kinds.

Sources: Bitget's documents of API v2, "Spot > Trade" and "Spot > Trigger".

Each kind has a list. Take-profit and stop-loss orders are listed and cancelled with a word for their kind
(``tpslType``). Trigger orders ("plan orders") have calls of their own, of which none reads one by its id: it is
looked for in the list of its market, and then in the history. When the price of a trigger order is reached it
places an ordinary order with another id, which only a further call tells; ccxt does not know that one, but signs it
like the others. Whether a take-profit or stop-loss order keeps its id then, the documents do not say; it is looked
for under its own.

A spot order is found by its id, whatever its market, and one that the venue does not know is an empty list.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Endpoint,
    History,
    Listing,
    Placed,
    Single,
    Trail,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.bitget_answers import (
    ORDER,
    PAGE,
    PLAN_STATES,
    cancelled,
    next_page,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import id_in, ids_of, last_of_a_full_page, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named

__all__ = ["ORDER_INFO", "SPOT_BOOKS", "SUB_ORDERS"]

SPOT_ORDERS = "spot orders"
LIMIT = {"limit": str(PAGE)}
OPEN = Endpoint("privateSpotGetV2SpotTradeUnfilledOrders", "spot")
HISTORY = Endpoint("privateSpotGetV2SpotTradeHistoryOrders", "spot")
ORDER_INFO = Endpoint("privateSpotGetV2SpotTradeOrderInfo", "spot")
CANCEL = Endpoint("privateSpotPostV2SpotTradeCancelOrder", "cancel", changes=True)
PLANS = Endpoint("privateSpotGetV2SpotTradeCurrentPlanOrder", "spot")
ENDED_PLANS = Endpoint("privateSpotGetV2SpotTradeHistoryPlanOrder", "spot")
SUB_ORDERS = "privateSpotGetV2SpotTradePlanSubOrder"
OLDER = last_of_a_full_page(PAGE, "orderId", "idLessThan")

LISTED = replace(ORDER, price="priceAvg")
"""The list of open orders has the price that was ordered where other calls have the average one of the trades."""
TPSL = replace(ORDER, kind="tpslType", stop_price="triggerPrice", waiting=frozenset({"live"}))
PLAN = replace(
    ORDER,
    states=PLAN_STATES,
    price="executePrice",
    stop_price="triggerPrice",
    waiting=frozenset({"live", "not_trigger"}),
)


def is_taken(found: Any) -> bool:
    """Return whether a cancel was taken, by an answer that names no order."""
    word = found.get("result") if isinstance(found, dict) else None
    if not isinstance(word, str):
        raise UnreadableResponseError("the response does not say whether the cancel was taken")
    return word == "success"


def sub_orders(found: Any) -> list[str]:
    """Return the ids of what a trigger order has placed, or was to place."""
    rows = rows_of(found)
    if not rows:
        raise UnreadableResponseError("the response shows nothing of what a trigger order has placed")
    never = ("fail", "cancelled")
    return [
        id_in(row.get("orderId") if isinstance(row, dict) else None)
        for row in rows
        if not (isinstance(row, dict) and row.get("status") in never and not row.get("orderId"))
    ]


def batch(named: Sequence[Named]) -> dict[str, Any]:
    """Name orders of one market."""
    return {"symbol": named[0][1], "orderList": [{"orderId": order_id} for order_id, _ in named]}


def ordinary(order_id: str, market: str) -> dict[str, Any]:
    """Name an order and its market."""
    return {"symbol": market, "orderId": order_id}


def tpsl(order_id: str, market: str) -> dict[str, Any]:
    """Name a take-profit or stop-loss order."""
    return {"symbol": market, "orderId": order_id, "tpslType": "tpsl"}


def of_market(_name: str, market: str) -> dict[str, Any]:
    """Ask for the trigger orders of a market."""
    return {"symbol": market, **LIMIT}


def tpsl_of_market(_name: str, market: str) -> dict[str, Any]:
    """Ask for the take-profit and stop-loss orders of a market."""
    return {"symbol": market, "tpslType": "tpsl", **LIMIT}


PLAN_READ = Single(
    PLANS,
    of_market,
    "orderList",
    more=next_page,
    otherwise=Single(ENDED_PLANS, of_market, "orderList", more=next_page),
)
SPOT_BOOKS = [
    Book(
        title=SPOT_ORDERS,
        market_type="spot",
        form=ORDER,
        lists=[Listing(OPEN, {"tpslType": "normal", **LIMIT}, more=OLDER, form=LISTED)],
        single=Single(ORDER_INFO, lambda order_id, _market: {"orderId": order_id}),
        by_client_id=Single(ORDER_INFO, lambda client_id, _market: {"clientOid": client_id}),
        cancel=Cancel(CANCEL, ordinary, lambda found: ids_of([found], "orderId")),
        batch=Batch(
            Endpoint("privateSpotPostV2SpotTradeBatchCancelOrder", "batch", changes=True),
            size=50,
            of_one_market=True,
            by_ids=batch,
            acknowledged=cancelled,
        ),
        history=History(
            HISTORY, lambda market, _ids, _since: {"symbol": market, "tpslType": "normal", **LIMIT}, "", OLDER
        ),
    ),
    Book(
        title="spot take-profit and stop-loss orders",
        market_type="spot",
        form=TPSL,
        mark="tpsl:",
        becomes=SPOT_ORDERS,
        keeps_ids=True,
        lists=[Listing(OPEN, {"tpslType": "tpsl", **LIMIT}, more=OLDER)],
        single=Single(OPEN, tpsl, otherwise=Single(HISTORY, tpsl)),
        by_client_id=Single(
            OPEN, tpsl_of_market, more=OLDER, otherwise=Single(HISTORY, tpsl_of_market, more=OLDER)
        ),
        cancel=Cancel(CANCEL, tpsl, lambda found: ids_of([found], "orderId")),
    ),
    Book(
        title="spot trigger orders",
        market_type="spot",
        form=PLAN,
        mark="plan:",
        becomes=SPOT_ORDERS,
        trail=Trail(
            lambda row: row.get("status") == "executed",
            asks=[
                Placed(
                    Endpoint(SUB_ORDERS, "spot"),
                    lambda order_id, _market: {"planOrderId": order_id},
                    sub_orders,
                )
            ],
        ),
        lists=[Listing(PLANS, LIMIT, "orderList", next_page)],
        single=PLAN_READ,
        by_client_id=PLAN_READ,
        cancel=Cancel(
            Endpoint("privateSpotPostV2SpotTradeCancelPlanOrder", "plan_cancel", changes=True),
            lambda order_id, _market: {"orderId": order_id},
            is_taken,
        ),
    ),
]
