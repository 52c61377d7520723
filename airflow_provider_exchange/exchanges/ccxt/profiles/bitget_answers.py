"""
What Bitget's answers have in common, on spot and of futures.

Sources: Bitget's documents of API v2, "Error codes" and the pages of the single calls. An error has HTTP status 400
and a ``code``; whatever else has another one than ``00000`` is none either. A call for several orders succeeds
although single ones have failed; it tells them apart in two lists.

Instead of an empty list of futures orders there is a null, with another one for the order that the next page would
begin at; real accounts were seen to get that, and no document has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.profile import Failure
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import ids_of
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["ERRORS", "LISTS", "ORDER", "PAGE", "PLAN_STATES", "cancelled", "data", "failure", "next_page"]

DONE = "00000"
PAGE = 100
LISTS = ("entrustedList", "orderList")
"""Where an answer has its orders, if it has more to say."""

STATES = {
    "init": OrderState.OPEN,
    "new": OrderState.OPEN,
    "live": OrderState.OPEN,
    "partially_filled": OrderState.OPEN,
    "filled": OrderState.FILLED,
    "cancelled": OrderState.CANCELLED,
    "canceled": OrderState.CANCELLED,
}
"""The first two stand in examples only. Spot orders are ``cancelled``, and futures orders ``canceled``."""
PLAN_STATES = {
    "not_trigger": OrderState.OPEN,
    "live": OrderState.OPEN,
    "executing": OrderState.OPEN,
    "executed": OrderState.FILLED,
    "fail_execute": OrderState.REJECTED,
    "fail_trigger": OrderState.REJECTED,
    "cancelled": OrderState.CANCELLED,
}
"""An order that is ``executed`` has placed another one, and goes on as long as that does."""

ORDER = OrderForm(
    order_id="orderId",
    symbol="symbol",
    state="status",
    states=STATES,
    side="side",
    quantity="size",
    filled_quantity="baseVolume",
    price="price",
    client_order_id="clientOid",
    created_at=("cTime",),
    changed_at=("uTime",),
    kind="orderType",
)
"""What every order shows that is not waiting for a price."""

ERRORS = {
    "429": RateLimitedError,
    "22001": OrderNotFoundError,
    "40001": AuthenticationError,
    "40002": AuthenticationError,
    "40003": AuthenticationError,
    "40005": ClockSkewError,
    "40006": AuthenticationError,
    "40008": ClockSkewError,
    "40009": AuthenticationError,
    "40011": AuthenticationError,
    "40012": AuthenticationError,
    "40014": PermissionDeniedError,
    "40017": RequestRefusedError,
    "40018": PermissionDeniedError,
    "40019": RequestRefusedError,
    "40020": RequestRefusedError,
    "40022": PermissionDeniedError,
    "40023": PermissionDeniedError,
    "40024": PermissionDeniedError,
    "40025": PermissionDeniedError,
    "40026": PermissionDeniedError,
    "40034": RequestRefusedError,
    "40036": AuthenticationError,
    "40037": AuthenticationError,
    "40038": PermissionDeniedError,
    "40040": PermissionDeniedError,
    "40041": AuthenticationError,
    "40068": PermissionDeniedError,
    "40078": ClockSkewError,
    "40085": PermissionDeniedError,
    "40099": AuthenticationError,
    "40102": RequestRefusedError,
    "40109": OrderNotFoundError,
    "40199": PermissionDeniedError,
    "40301": PermissionDeniedError,
    "40307": OrderNotFoundError,
    "40402": RequestRefusedError,
    "40768": OrderNotFoundError,
    "40808": RequestRefusedError,
    "40811": RequestRefusedError,
    "40812": RequestRefusedError,
    "40813": RequestRefusedError,
    "43001": OrderNotFoundError,
    "43004": OrderNotFoundError,
    "43020": OrderNotFoundError,
    "43021": OrderNotFoundError,
    "43025": OrderNotFoundError,
    "43026": OrderNotFoundError,
    "45031": OrderNotFoundError,
    "45057": OrderNotFoundError,
    "400172": RequestRefusedError,
}
"""
A cancel says "not found" of orders that have ended, too. 40085 is said to the key of a unified account, whatever it
asks for; 40307 of a trigger order that has placed nothing.
"""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure of an answer; one of several cancels has failed only if it is alone."""
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(code, str):
        return None
    if code != DONE:
        return Failure(code, body.get("msg"))
    found = body.get("data")
    done, failed = (found.get(name) if isinstance(found, dict) else None for name in ("successList", "failureList"))
    if done or not isinstance(failed, list) or len(failed) != 1 or not isinstance(failed[0], dict):
        return None
    return Failure(str(failed[0].get("errorCode") or "failed"), failed[0].get("errorMsg"))


def data(body: Any) -> Any:
    """Return ``data`` of a success; a list that is null, as all is beside it, is one without orders."""
    if not isinstance(body, dict) or body.get("code") != DONE or "data" not in body:
        raise UnreadableResponseError("the response has no code of a success, or no data")
    found = body["data"]
    if isinstance(found, dict):
        for name in LISTS:
            if name in found and found[name] is None and not any(found.values()):
                return {**found, name: []}
    return found


def cancelled(found: Any) -> Iterator[Any]:
    """Yield the ids of the cancels that were taken."""
    return ids_of(found.get("successList") if isinstance(found, dict) else None, "orderId")


def next_page(found: Mapping[str, Any], rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return what asks for the orders that are older than a full page, or than one that says that others follow."""
    follows = found.get("nextFlag", False)
    if not isinstance(follows, bool):
        raise UnreadableResponseError("the response does not say whether another page follows")
    if not follows and len(rows) < PAGE:
        return None
    mark = found.get("endId", found.get("idLessThan"))
    if not isinstance(mark, str) or not mark.isdecimal():
        raise UnreadableResponseError("a full page does not tell where the next one begins")
    return {"idLessThan": mark}
