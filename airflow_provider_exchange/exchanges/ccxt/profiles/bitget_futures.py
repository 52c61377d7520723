"""
Bitget's futures: the orders of one product type, such as USDT-M futures.

Sources: Bitget's documents of API v2, "Contract > Trade" and "Contract > Trigger Order". A list shows one product
type. What the documents say of the list of pending orders may mean that it shows orders filled in part only when
asked for them, so it is asked for these, too.

An order that waits for a price is a trigger order: it has lists, ids and a cancel of its own, and when its price is
reached an ordinary order with another id appears, which its history names. Such orders are of seven kinds, which
three lists show. **A cancel must name the kind.** Without it, it is about those of the first kind, and reaches none
of the others, as other clients have reported. A cancel that has no list of orders, or names one anywhere else, may
cancel all orders of the market, so the list is never left out, and never empty.

Both lists go back three months unless they are told other times, and no more may be asked for; whether they show an
order that has been waiting for longer is nowhere said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Endpoint,
    History,
    Listing,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.bitget_answers import (
    ORDER,
    PAGE,
    PLAN_STATES,
    cancelled,
    next_page,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import id_in, ids_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named

__all__ = ["PLAN_KINDS", "futures_books"]

ROWS = "entrustedList"
PENDING = Endpoint("privateMixGetV2MixOrderOrdersPending", "futures")
DETAIL = Endpoint("privateMixGetV2MixOrderDetail", "futures")
PLANS = Endpoint("privateMixGetV2MixOrderOrdersPlanPending", "futures")
ENDED_PLANS = Endpoint("privateMixGetV2MixOrderOrdersPlanHistory", "futures")
CANCEL_PLANS = Endpoint("privateMixPostV2MixOrderCancelPlanOrder", "plan_cancel", changes=True)

READ_ORDER = replace(ORDER, state="state")
"""How the call for a single order writes it; a document has its state under both names."""
PLAN = replace(
    ORDER,
    state="planStatus",
    states=PLAN_STATES,
    price="executePrice",
    kind="planType",
    stop_price="triggerPrice",
    waiting=frozenset({"live", "not_trigger"}),
)

TPSL = "profit_loss"
PLAN_KINDS = {
    "normal_plan": "normal_plan",
    "track_plan": "track_plan",
    "profit_plan": TPSL,
    "loss_plan": TPSL,
    "moving_plan": TPSL,
    "pos_profit": TPSL,
    "pos_loss": TPSL,
}
"""Kinds of trigger orders, and as what the lists are asked for them. An id begins with the kind here."""


def of_kind(kind: str) -> Callable[[Any], bool]:
    """Return what tells the orders of a kind from others."""
    return lambda row: isinstance(row, dict) and row.get("planType") == kind


def placed(row: Mapping[str, Any]) -> list[str]:
    """Return the id of what a trigger order has placed."""
    return [id_in(row.get("executeOrderId"))] if row.get("planStatus") == "executed" else []


def futures_books(market_type: str, product: str, title: str) -> list[Book]:
    """
    Return the books of a product type.

    :param market_type: Its name as a kind of market.
    :param product: Bitget's name of it.
    :param title: What its orders are called.
    """
    return [
        _ordinary(market_type, {"productType": product}, title),
        *(_plan(market_type, {"productType": product}, title, kind) for kind in PLAN_KINDS),
    ]


def _listed(of: Mapping[str, Any], named: Sequence[Named]) -> dict[str, Any]:
    """Return what names orders of one market to a cancel."""
    if not named:
        raise ValueError("a cancel without names would reach every order of the market")
    return {**of, "symbol": named[0][1], "orderIdList": [{"orderId": order_id} for order_id, _ in named]}


def _ordinary(market_type: str, of: dict[str, Any], title: str) -> Book:
    limit = {"limit": str(PAGE)}
    return Book(
        title=title,
        market_type=market_type,
        form=ORDER,
        lists=[
            Listing(PENDING, {**of, **limit, **part}, ROWS, next_page)
            for part in ({}, {"status": "partially_filled"})
        ],
        single=Single(
            DETAIL, lambda order_id, market: {**of, "symbol": market, "orderId": order_id}, form=READ_ORDER
        ),
        by_client_id=Single(
            DETAIL, lambda client_id, market: {**of, "symbol": market, "clientOid": client_id}, form=READ_ORDER
        ),
        cancel=Cancel(
            Endpoint("privateMixPostV2MixOrderCancelOrder", "cancel", changes=True),
            lambda order_id, market: {**of, "symbol": market, "orderId": order_id},
            lambda found: ids_of([found], "orderId"),
        ),
        batch=Batch(
            Endpoint("privateMixPostV2MixOrderBatchCancelOrders", "batch", changes=True),
            size=50,
            of_one_market=True,
            by_ids=lambda named: _listed(of, named),
            acknowledged=cancelled,
        ),
        history=History(
            Endpoint("privateMixGetV2MixOrderOrdersHistory", "futures"),
            lambda market, _ids, _since: {**of, **limit, "symbol": market},
            ROWS,
            next_page,
        ),
    )


def _plan(market_type: str, of: dict[str, Any], title: str, kind: str) -> Book:
    """Return the book of one kind of trigger orders."""
    asked = {**of, "planType": PLAN_KINDS[kind]}
    named = {**of, "planType": kind}
    is_shared = PLAN_KINDS[kind] == TPSL
    is_ours = of_kind(kind)

    def is_not_of_another(_name: str, row: Mapping[str, Any]) -> bool:
        """Refuse an order whose id begins with another kind: a cancel of this one never reaches it."""
        told = row.get("planType")
        if told != kind and isinstance(told, str) and told in PLAN_KINDS:
            raise InvalidOrderRequest(f"the order is of the kind {told}, so its id begins with {told}: here")
        return True

    def read(name: str) -> Single:
        """Return the read of one, live or ended, by a parameter with its name."""
        params = lambda value, market: {**asked, "symbol": market, name: value}  # noqa: E731
        # By a client's id, which orders of several kinds may have, only those of this kind are meant.
        picks = (lambda _name, row: is_ours(row)) if is_shared and name == "clientOid" else is_not_of_another
        return Single(PLANS, params, ROWS, picks=picks, otherwise=Single(ENDED_PLANS, params, ROWS, picks=picks))

    return Book(
        title=f"{title} of type {kind}",
        market_type=market_type,
        form=PLAN,
        mark=f"{kind}:",
        becomes=title,
        placed=placed,
        lists=[Listing(PLANS, {**asked, "limit": str(PAGE)}, ROWS, next_page, only=is_ours if is_shared else None)],
        single=read("orderId"),
        by_client_id=read("clientOid"),
        cancel=Cancel(CANCEL_PLANS, lambda order_id, market: _listed(named, [(order_id, market)]), cancelled),
        batch=Batch(
            CANCEL_PLANS,
            size=20,
            of_one_market=True,
            by_ids=lambda orders: _listed(named, orders),
            acknowledged=cancelled,
        ),
    )
