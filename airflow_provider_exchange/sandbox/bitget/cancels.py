"""How the paper Bitget cancels an order, or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitget.answers import TEXTS, OrderError, named, refused
from airflow_provider_exchange.sandbox.bitget.parameters import Parameters
from airflow_provider_exchange.sandbox.book import Cancel
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

CANNOT = "45055"


def cancel(book: Book, request: ReceivedRequest, found: Sequence[PaperOrder], unknown: str) -> PaperOrder:
    """
    Cancel the order that was found, if one was.

    :param unknown: what the venue says of an order that it does not know, or that has ended.
    :raises OrderError: it was not cancelled.
    """
    live = [order for order in found if order.state.live]
    if not live:
        raise OrderError(unknown)
    outcome, order = cancel_one(book, live[0].order_id, request.behaviour, live[0].symbol)
    if outcome in (Cancel.REFUSED, Cancel.ALREADY):
        raise OrderError(CANNOT)
    if order is None or outcome not in (Cancel.DONE, Cancel.PENDING):
        raise OrderError(unknown)
    return order


def rows_of(asked: Parameters, name: str, most: int) -> list[Parameters]:
    """
    Return the orders that a request lists.

    :param name: of the list.
    :param most: how many there may be.
    :raises Refusal: it is no such list.
    """
    members = asked.asked.get(name, [])
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise refused(asked.request, "40020", name)
    if len(members) > most:
        raise refused(asked.request, "40912")
    sent = [{key: value for key, value in member.items() if value not in (None, "")} for member in members]
    return [Parameters(asked.request, member) for member in sent]


def several(
    book: Book,
    request: ReceivedRequest,
    members: Sequence[Parameters],
    found: Callable[[Parameters], Sequence[PaperOrder]],
    unknown: str,
) -> dict[str, Any]:
    """
    Cancel the orders that a request lists; return what became of each.

    :param found: returns the orders that a member of the list names.
    :param unknown: see :func:`cancel`.
    """
    done, failed = [], []
    for place, member in enumerate(members):
        meant = found(member) if member.names_one else []
        order_id, symbol = (meant[0].order_id, meant[0].symbol) if meant else (member.text("orderId"), "")
        if passed_over(request.behaviour, place, order_id, symbol):
            continue
        try:
            if not member.names_one:
                raise OrderError("40924")
            done.append(named(cancel(book, request, meant, unknown)))
        except OrderError as error:
            names = {name: member.text(name) for name in ("orderId", "clientOid")}
            failed.append({**names, "errorMsg": TEXTS[error.code], "errorCode": error.code})
    return {"successList": done, "failureList": failed}


def swept(book: Book, request: ReceivedRequest, orders: Sequence[PaperOrder]) -> dict[str, Any]:
    """Cancel orders that nobody named."""
    done = []
    for place, order in enumerate(orders):
        if not passed_over(request.behaviour, place, order.order_id, order.symbol):
            outcome, _ = cancel_one(book, order.order_id, request.behaviour, order.symbol)
            done += [named(order)] if outcome in (Cancel.DONE, Cancel.PENDING) else []
    return {"successList": done, "failureList": []}
