"""
What KuCoin's answers mean: failures, states, pages.

Sources: KuCoin's documents, "Error Code" and "Spot Trading, Orders"; see :mod:`.kucoin` for what they leave open.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.profile import Failure
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import rows_of
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DONE = "200000"
WRONG_PARAMETER = "400100"
NAME = re.compile(r"order_[a-z_]+", re.ASCII)
"""A message that is a name of what is wrong with the order; see :data:`NAMED_IN_WORDS` for others."""
HISTORY_PAGE = 100

STATES = {"active": OrderState.OPEN, "done": OrderState.FILLED, "cancelled": OrderState.CANCELLED}
"""An order is done when it was cancelled or filled in full, and then a cancellation record tells which."""
WAITING_STATES = {
    "NEW": OrderState.OPEN,
    "TRIGGERED": OrderState.UNKNOWN,
    "DONE": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
    "CANCELED": OrderState.CANCELLED,
}
"""
States of stop and OCO orders; the documents of OCO orders spell the last one both ways.

One that was triggered has placed another order, which is not told, so whether that is still open is not known.
"""
ERRORS = {
    "230005": ExchangeUnavailableError,
    "400001": AuthenticationError,
    "400002": ClockSkewError,
    "400003": AuthenticationError,
    "400004": AuthenticationError,
    "400005": AuthenticationError,
    "400006": PermissionDeniedError,
    "400007": PermissionDeniedError,
    "400008": AuthenticationError,
    "400009": AuthenticationError,
    "400010": PermissionDeniedError,
    "400100": RequestRefusedError,
    "400301": PermissionDeniedError,
    "411100": PermissionDeniedError,
    "429000": RateLimitedError,
    "500000": ExchangeUnavailableError,
    "900001": RequestRefusedError,
    "order_not_exist": OrderNotFoundError,
    "order_not_exist_or_not_allow_to_cancel": OrderNotFoundError,
}
NAMED_IN_WORDS = {
    "Order not exist or not allow to be cancelled": "order_not_exist_or_not_allow_to_cancel",
    "The order does not exist.": "order_not_exist",
    "order not exist": "order_not_exist",
    "order not exist.": "order_not_exist",
}
"""Messages that clients have met, and the names that they stand for."""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure of an answer."""
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(code, str) or code == DONE:
        return None
    text = body.get("msg")
    name = NAMED_IN_WORDS.get(text, text) if isinstance(text, str) else ""
    return Failure(name if code == WRONG_PARAMETER and NAME.fullmatch(name) else code, text)


def data(body: Any) -> Any:
    """Return ``data`` of a success, which may be null."""
    if not isinstance(body, dict) or body.get("code") != DONE or "data" not in body:
        raise UnreadableResponseError("the response has no code of a success, or no data")
    return body["data"]


def state_word(order: Mapping[str, Any]) -> str | None:
    """Return the word for an order's state."""
    is_active, is_cancelled = order.get("active"), order.get("cancelExist")
    if is_active is True:
        return "active"
    if is_active is False and type(is_cancelled) is bool:
        return "cancelled" if is_cancelled else "done"
    return None


ORDER = OrderForm(
    order_id="id",
    symbol="symbol",
    state="active",
    states=STATES,
    state_word=state_word,
    side="side",
    quantity="size",
    filled_quantity="dealSize",
    price="price",
    client_order_id="clientOid",
    created_at=("createdAt",),
    changed_at=("lastUpdatedAt",),
    kind="type",
)
STOP_ORDER = OrderForm(
    order_id="id",
    symbol="symbol",
    state="status",
    states=WAITING_STATES,
    side="side",
    quantity="size",
    filled_quantity="dealSize",
    price="price",
    client_order_id="clientOid",
    created_at=("createdAt", "orderTime"),
    kind="type",
    stop_price="stopPrice",
    waiting=frozenset({"NEW"}),
)
OCO_ORDER = OrderForm(
    order_id="orderId",
    symbol="symbol",
    state="status",
    states=WAITING_STATES,
    side="side",
    quantity="size",
    filled_quantity="dealSize",
    price="price",
    client_order_id="clientOid",
    created_at=("orderTime",),
    waiting=frozenset({"NEW"}),
)
"""Its side, price and amounts are those of its two parts, which the list does not show."""


def before_the_last(field: str) -> Callable[[Any, Sequence[Any]], dict[str, Any] | None]:
    """
    Return what goes on from the time of a page's last order, if the list has more than the page.

    :param field: The field with that time, in ms.
    """

    def more(found: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
        total = found.get("totalNum") if isinstance(found, dict) else None
        if type(total) is not int or total < len(rows):
            raise UnreadableResponseError("the response does not say how many orders the list has")
        if total == len(rows):
            return None
        for row in reversed(rows):
            if isinstance(row, dict) and type(row.get(field)) is int:
                return {"endAt": str(row[field] + 1)}  # one ms later: it is not said whether the end counts
        raise UnreadableResponseError("no order of a page tells where the next page begins")

    return more


def next_ended(found: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return what goes on from a full page of ended orders."""
    if len(rows_of(rows)) < HISTORY_PAGE:
        return None
    mark = found.get("lastId")
    if type(mark) not in (int, str):
        raise UnreadableResponseError("the response does not say where the next page begins")
    return {"lastId": str(mark)}


def parts_cancelled(found: Any) -> list[Any]:
    """Return the ids of the orders that were cancelled."""
    return rows_of(found.get("cancelledOrderIds") if isinstance(found, dict) else None)


def told(found: Any, field: str) -> Any:
    """Return a field of an answer; raise ``UnreadableResponseError`` where there is none."""
    if not isinstance(found, dict) or field not in found:
        raise UnreadableResponseError(f"the response has no {field}")
    return found[field]


def is_classic(found: Any) -> bool:
    """Whether the account is a classic one."""
    return bool(told(found, "selfAccountMode") == "CLASSIC")


def is_high_frequency(found: Any) -> bool:
    """Whether the account trades through the high-frequency system."""
    if type(found) is not bool:
        raise UnreadableResponseError("the response does not tell through which system the account trades")
    return found


def may_withdraw(found: Any) -> bool:
    """Return whether the key may withdraw: unless the answer lists what it may do, it may."""
    listed = told(found, "permission")
    rights = {right.strip() for right in listed.split(",")} if isinstance(listed, str) else None
    return rights is None or not rights.isdisjoint({"Transfer", "Withdrawal"})
