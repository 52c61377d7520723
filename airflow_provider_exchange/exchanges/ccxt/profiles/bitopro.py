"""
BitoPro, its spot book alone: ccxt knows none of the calls for margin orders, which the native adapter has.

Sources: the vendor's official API documentation. What an order looks like is told in :mod:`...bitopro`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.bitopro import ORDER, BitoPro
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Endpoint,
    Failure,
    History,
    Listing,
    Markets,
    MarketType,
    Profile,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import ids_of, last_of_a_full_page
from airflow_provider_exchange.exchanges.http import STATUS_ERRORS
from airflow_provider_exchange.exchanges.markets import market_spelling
from airflow_provider_exchange.exchanges.texts import upper
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Unified

PAGE = 1000
OK = 200
SPELLING = market_spelling("_", capitals=False)


def failure(status: int, body: Any) -> Failure | None:
    """Return the failure of a body with an ``error`` text; the HTTP status is its code."""
    if status == OK or not isinstance(body, dict) or not isinstance(body.get("error"), str):
        return None
    return Failure(str(status), body["error"])


def data(body: Any) -> Any:
    """Return the body, which has no envelope; a list that is null is an empty one."""
    if not isinstance(body, dict):
        raise UnreadableResponseError("the response is not an object")
    return {**body, "data": []} if "data" in body and body["data"] is None else body


def pair_of(name: Unified) -> str | None:
    """Return the id of a spot market."""
    return None if name.settle else f"{name.base}_{name.quote}"


def ids_by_pair(named: Sequence[Named]) -> dict[str, Any]:
    """Name several orders by their pairs."""
    ids: dict[str, Any] = {}
    for order_id, pair in named:
        ids.setdefault(upper(pair), []).append(order_id)
    return ids


def cancelled(found: Any) -> Iterator[Any]:
    """Yield the ids that a batch's answer lists by pair."""
    answered = found.get("data")
    if not isinstance(answered, dict) or not all(isinstance(ids, list) for ids in answered.values()):
        raise UnreadableResponseError("the response's data does not list ids by pair")
    for ids in answered.values():
        yield from ids


def first_page(pair: str, _ids: Sequence[str], since_ms: int | None) -> dict[str, Any]:
    """Ask for the orders of a pair, the latest first."""
    window = {} if since_ms is None else {"startTimestamp": since_ms}
    return {"pair": pair, "statusKind": "ALL", "limit": PAGE, **window}


PROFILE = Profile(
    exchange="bitopro",
    title="BitoPro through ccxt",
    market_types=[
        MarketType(
            name="spot",
            ids=BitoPro.symbols,
            spell=lambda pair: pair.translate(SPELLING),
            from_unified=pair_of,
            markets=[
                Markets(
                    Endpoint("publicGetProvisioningTradingPairs"),
                    {},
                    "data",
                    "pair",
                    "maintain",
                    frozenset({False, None}),
                )
            ],
            probe=(Endpoint("privateGetAccountsBalance"), {}),
        )
    ],
    books=[
        Book(
            title="spot orders",
            market_type="spot",
            form=ORDER,
            lists=[Listing(Endpoint("privateGetOrdersOpen", "open"), rows="data")],
            single=Single(
                Endpoint("privateGetOrdersPairOrderId"), lambda order_id, pair: {"pair": pair, "orderId": order_id}
            ),
            by_client_id=Single(
                Endpoint("privateGetOrdersAllPair"),
                lambda client_id, pair: {**first_page(pair, (), None), "clientId": client_id},
                "data",
            ),
            cancel=Cancel(
                Endpoint("privateDeleteOrdersPairId", "cancel", changes=True),
                lambda order_id, pair: {"pair": pair, "id": order_id},
                lambda found: ids_of([found], "orderId"),
            ),
            batch=Batch(
                Endpoint("privatePutOrders", "batch", changes=True),
                size=100,
                of_one_market=False,
                by_ids=ids_by_pair,
                acknowledged=cancelled,
            ),
            history=History(
                Endpoint("privateGetOrdersAllPair"), first_page, "data", last_of_a_full_page(PAGE, "id", "orderId")
            ),
        )
    ],
    limits={name: limit for name, limit in BitoPro.limits.items() if isinstance(limit, RateLimit)},
    order_ids=BitoPro.order_ids,
    client_order_ids=Grammar(re.compile(r"[1-9][0-9]{0,9}", re.ASCII), "a whole number up to 2147483647", "d"),
    never_an_order_id=BitoPro.never_an_order_id,
    timestamps_grow=BitoPro.timestamps_grow,
    failure=failure,
    data=data,
    errors={str(status): kind for status, (kind, _) in STATUS_ERRORS.items()},
    words=BitoPro.assumes.words,
)
