"""
Gate's orders of perpetual contracts that are settled in USDT.

Sources: Gate's documents of API v4, "Futures". Sizes of contracts may be fractions, and are texts for clients that
say so in a header, as later versions of ccxt do, and this package always.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Counted,
    Endpoint,
    History,
    Listing,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.gate_answers import CLIENTS_OWN, MARK, PAGE, id_of_placed
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import (
    ids_of,
    last_of_a_full_page,
    overlapping_offsets,
    rows_of,
    second_word,
)
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Params

__all__ = ["CONTRACT_BOOKS", "USDT"]

PAGES_OF_HISTORY = 25
"""How far back a history of contracts is read; what is not found there is read by itself."""
USDT = {"settle": "usdt"}
"""The part of the path that says in what contracts are settled."""
HOW_IT_ENDED = second_word("status", {"finished"}, "finish_as")
ONE = Endpoint("privateFuturesGetSettleOrdersOrderId", "order")
LIST = Endpoint("privateFuturesGetSettleOrders", "open")
AUTO_LIST = Endpoint("privateFuturesGetSettlePriceOrders", "auto")
PAST = Counted(
    lambda number: {"limit": PAGE, "offset": number * PAGE} if number < PAGES_OF_HISTORY else None,
    lambda _number: PAGE,
)

ORDER = OrderForm(
    order_id="id",
    symbol="contract",
    state="status",
    states={
        "open": OrderState.OPEN,
        "filled": OrderState.FILLED,
        "cancelled": OrderState.CANCELLED,
        "liquidated": OrderState.CANCELLED,
        "ioc": OrderState.CANCELLED,
        "auto_deleveraged": OrderState.CANCELLED,
        "reduce_only": OrderState.CANCELLED,
        "position_closed": OrderState.CANCELLED,
        "reduce_out": OrderState.CANCELLED,
        "stp": OrderState.CANCELLED,
    },
    state_word=HOW_IT_ENDED,
    side="size",
    sign_tells_side=True,
    quantity="size",
    filled_quantity=None,
    left="left",
    price="price",
    client_order_id="text",
    client_ids_start=CLIENTS_OWN,
    created_at=("create_time",),
    changed_at=("finish_time",),
)
AUTO_ORDER = replace(
    ORDER,
    symbol="initial.contract",
    states={
        "open": OrderState.OPEN,
        "inactive": OrderState.OPEN,
        "succeeded": OrderState.FILLED,
        "cancelled": OrderState.CANCELLED,
        "failed": OrderState.REJECTED,
        "expired": OrderState.EXPIRED,
        "invalid": OrderState.CANCELLED,
    },
    side="initial.size",
    quantity="initial.size",
    left=None,
    price="initial.price",
    client_order_id="initial.text",
    stop_price="trigger.price",
    waiting=frozenset({"open", "inactive"}),
)
"""
A size of 0 closes a position, whatever its side. An inactive order belongs to one that has not traded yet, and is
invalid once that has ended without a trade.
"""


def placed(row: Mapping[str, Any]) -> list[str]:
    """Return the id of the order that an auto order for a contract has placed."""
    return id_of_placed(row.get("trade_id"), has_placed=row.get("finish_as") == "succeeded")


def cancelled(found: Any) -> Iterator[Any]:
    """Yield the ids of those of several cancels that went well."""
    for row in rows_of(found):
        if isinstance(row, dict) and row.get("succeeded") is True:
            yield row.get("id")


def cancel_several(named: Sequence[Named]) -> Params:
    """Name several orders; ccxt takes the path's parameter from the first element."""
    return [USDT, *(order_id for order_id, _ in named)]


def has_clients_id(name: str, row: Mapping[str, Any]) -> bool:
    """Whether an auto order for a contract has an id of the client's, by which the exchange does not find it."""
    initial = row.get("initial")
    return isinstance(initial, dict) and initial.get("text") == name


def of_any_contract(name: str, _market: str) -> dict[str, Any]:
    """Name an order of any contract by its id or the client's."""
    return {**USDT, "order_id": name}


CONTRACT_BOOKS = [
    Book(
        title="orders of contracts settled in USDT",
        market_type="linear",
        form=ORDER,
        lists=[
            Listing(
                LIST,
                {**USDT, "limit": PAGE, "status": "open"},
                more=last_of_a_full_page(PAGE, "id", "last_id"),
            )
        ],
        single=Single(ONE, of_any_contract),
        by_client_id=Single(ONE, of_any_contract),
        cancel=Cancel(
            Endpoint("privateFuturesDeleteSettleOrdersOrderId", "cancel", changes=True),
            of_any_contract,
            lambda found: ids_of([found], "id"),
        ),
        batch=Batch(
            Endpoint("privateFuturesPostSettleBatchCancelOrders", "batch", changes=True),
            size=20,
            of_one_market=False,
            by_ids=cancel_several,
            acknowledged=cancelled,
        ),
        history=History(
            LIST,
            lambda market, _ids, _since: {**USDT, "contract": market, "status": "finished"},
            "",
            counted=PAST,
        ),
    ),
    Book(
        title="orders of contracts settled in USDT that wait for a price",
        market_type="linear",
        form=AUTO_ORDER,
        mark=MARK,
        becomes="orders of contracts settled in USDT",
        placed=placed,
        lists=[
            Listing(
                AUTO_LIST,
                {**USDT, "status": "open"},
                counted=overlapping_offsets(PAGE),
            )
        ],
        single=Single(Endpoint("privateFuturesGetSettlePriceOrdersOrderId", "order"), of_any_contract),
        by_client_id=Single(
            AUTO_LIST,
            lambda _name, market: {**USDT, "contract": market, "limit": PAGE, "status": "finished"},
            picks=has_clients_id,
        ),
        cancel=Cancel(
            Endpoint("privateFuturesDeleteSettlePriceOrdersOrderId", "auto_cancel", changes=True),
            of_any_contract,
            lambda found: ids_of([found], "id"),
        ),
    ),
]
