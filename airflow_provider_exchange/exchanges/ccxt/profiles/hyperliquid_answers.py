"""
What Hyperliquid's answers mean: the words for states and failures, and where orders are.

See :mod:`.hyperliquid` for the sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    OrderNotFoundError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.profile import Failure
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState, Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Params

__all__ = ["ERRORS", "FIELDS", "LIST", "ORDER", "STATES", "data", "failure", "is_of_its_kind"]

LIST = "frontendOpenOrders"
"""The type of the read that lists open orders."""
OPEN = ("open", "triggered")
"""States in which a read of one order does not tell what is left of it by now."""

STATES = {
    "open": OrderState.OPEN,
    "triggered": OrderState.OPEN,
    "filled": OrderState.FILLED,
    **dict.fromkeys(
        (
            "canceled",
            "marginCanceled",
            "vaultWithdrawalCanceled",
            "openInterestCapCanceled",
            "selfTradeCanceled",
            "reduceOnlyCanceled",
            "siblingFilledCanceled",
            "delistedCanceled",
            "liquidatedCanceled",
            "outcomeSettledCanceled",
            "scheduledCancel",
            "internalCancel",
        ),
        OrderState.CANCELLED,
    ),
    **dict.fromkeys(
        (
            "rejected",
            "tickRejected",
            "minTradeNtlRejected",
            "perpMarginRejected",
            "reduceOnlyRejected",
            "badAloPxRejected",
            "iocCancelRejected",
            "badTriggerPxRejected",
            "marketOrderNoLiquidityRejected",
            "positionIncreaseAtOpenInterestCapRejected",
            "positionFlipAtOpenInterestCapRejected",
            "tooAggressiveAtOpenInterestCapRejected",
            "openInterestIncreaseRejected",
            "insufficientSpotBalanceRejected",
            "oracleRejected",
            "perpMaxPositionRejected",
            "tooManyOpenOrdersRejected",
        ),
        OrderState.REJECTED,
    ),
}
"""A triggered order has been sent to the order book, under the same id."""

ORDER = OrderForm(
    order_id="oid",
    symbol="coin",
    state="status",
    states=STATES,
    side="side",
    sides={"B": Side.BUY, "A": Side.SELL},
    quantity="origSz",
    filled_quantity=None,
    left="sz",
    price="limitPx",
    client_order_id="cloid",
    created_at=("timestamp",),
    changed_at=("statusTimestamp",),
    kind="orderType",
    stop_price="triggerPx",
)

WORDS = {
    "Order was never placed, already canceled, or filled.": "MissingOrder",
    "User or API Wallet ": "UnknownWallet",
    "L1 error: User or API Wallet ": "UnknownWallet",
    "Must deposit before performing actions": "NoDeposit",
    "Invalid nonce": "InvalidNonce",
    "Too many cumulative requests sent": "TooManyRequests",
}
"""
How texts of failures begin, and what they are called here; the first name is the exchange's own.

A wrong signature is that of another key, so what it brings is an unknown wallet, or one that never had a deposit.
"""
MALFORMED = (422, "Failed to deserialize the JSON body into the target type")
"""What is said in plain words of a body that is none that the exchange knows."""
ERRORS = {
    "Malformed": RequestRefusedError,
    "MissingOrder": OrderNotFoundError,
    "unknownOid": OrderNotFoundError,
    "UnknownWallet": AuthenticationError,
    "NoDeposit": AuthenticationError,
    "InvalidNonce": ClockSkewError,
    "TooManyRequests": RateLimitedError,
}
"""The first two are also said of an order that has just been placed; the first of those that have ended, too."""
FIELDS = frozenset(
    {
        "coin",
        "oid",
        "cloid",
        "limitPx",
        "origSz",
        "sz",
        "triggerPx",
        "isTrigger",
        "triggerCondition",
        "isPositionTpsl",
        "children",
        "tif",
        "universe",
        "szDecimals",
        "weiDecimals",
        "tokens",
        "tokenId",
        "evmContract",
        "isCanonical",
        "isDelisted",
        "collateralToken",
        "marginTables",
        "marginTableId",
        "marginSummary",
        "crossMarginSummary",
        "totalNtlPos",
        "totalRawUsd",
        "crossMaintenanceMarginUsed",
        "withdrawable",
        "assetPositions",
        "specialStatuses",
    }
)
"""Names of fields that no English word explains."""


def failure(http_status: int, body: Any) -> Failure | None:
    """Return the failure of an answer; one of several cancels has failed only if it is alone."""
    if (http_status, body) == MALFORMED:
        return Failure("Malformed", body)
    status = body.get("status") if isinstance(body, dict) else None
    if status == "unknownOid":
        return Failure("unknownOid")
    if status == "err":
        return _in_words(body.get("response"))
    if status == "ok" and len(results := _results(body)) == 1 and isinstance(results[0], dict):
        return _in_words(results[0].get("error"))
    return None


def _in_words(text: Any) -> Failure:
    told = text if isinstance(text, str) else ""
    name = next((name for beginning, name in WORDS.items() if told.startswith(beginning)), "err")
    return Failure(name, told)


def _results(body: Mapping[str, Any]) -> list[Any]:
    """Return what an answer says of each cancel of a request; nothing where it is another answer."""
    found: Any = body
    for name in ("response", "data", "statuses"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, list) else []


def data(body: Any) -> Any:
    """Return the results of cancels, an order, a list of orders, or another object as it is."""
    if isinstance(body, list):
        return _orders(body)
    if type(body) is not dict:
        raise UnreadableResponseError("the response is neither an object nor a list")
    status = body.get("status")
    if status is None:
        return body
    if status == "order":
        return _told(body.get("order"))
    results = _results(body)
    if status != "ok" or not results:
        raise UnreadableResponseError("the response is no documented success")
    return results


def _orders(rows: Sequence[Any]) -> list[Any]:
    """
    Return the orders of a list, each as one object; of several states of an order, which a history has, the latest.

    Orders that wait for another one to fill are shown beside it, and once more as its children. One that is shown
    as a child alone is taken for a further order.
    """
    shown = [_told(row) if isinstance(row, dict) and "order" in row else _open(row) for row in rows]
    known = {_id_of(row) for row in rows}
    for row in rows:
        children = row.get("children") if isinstance(row, dict) else None
        for child in children if isinstance(children, list) else ():
            if _id_of(child) not in known:
                known.add(_id_of(child))
                shown.append(_open(child))
    latest: dict[Any, Any] = {}
    for place, row in enumerate(shown):
        changed = row.get("statusTimestamp") if isinstance(row, dict) else None
        key = (_id_of(row), str(row.get("coin"))) if type(changed) is int else place
        if key not in latest or _moment(row) > _moment(latest[key]):
            latest[key] = row
    return list(latest.values())


def _moment(row: Mapping[str, Any]) -> tuple[int, bool]:
    """Return what tells which of two states of an order is the later one; in one millisecond, that of its end."""
    return row["statusTimestamp"], row.get("status") not in OPEN


def _id_of(row: Any) -> str | None:
    order_id = row.get("oid") if isinstance(row, dict) else None
    return str(order_id) if type(order_id) in (int, str) else None


def _told(record: Any) -> Any:
    """Return an order and its state, which a read of it shows beside it, as one object."""
    order = record.get("order") if type(record) is dict else None
    if type(order) is not dict:
        return record
    told = {**order, **{name: value for name, value in record.items() if name != "order"}}
    if told.get("status") in OPEN:
        told.pop("sz", None)
    elif told.get("status") == "filled":
        told["sz"] = "0"
    return told


def _open(row: Any) -> Any:
    """Return an order of the list of open ones with its state."""
    return {"status": "open", **row} if type(row) is dict and "oid" in row else row


def is_of_its_kind(params: Params, found: Any) -> bool:
    """Whether an answer can be the list of open orders, if that was asked for: others tell when a state changed."""
    if not isinstance(params, dict) or params.get("type") != LIST or not isinstance(found, list):
        return True
    return not any("statusTimestamp" in row for row in found if isinstance(row, dict))
