"""Cuts Bybit's lists of orders into pages: the newest order first, and on from where the last page ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from airflow_provider_exchange.sandbox.bybit.answers import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

_ORDER = "(?P<{0}>[0-9A-Za-z-]{{1,40}}):(?P<{0}_ms>[0-9]{{1,15}})"
_CURSOR = re.compile(f"{_ORDER.format('first')},{_ORDER.format('last')}")


def whole(request: ReceivedRequest, asked: Mapping[str, Any], name: str, default: int, most: int) -> int:
    """
    Return a parameter that is a number from 1 on.

    :param default: the number when none is sent.
    :param most: the greatest one allowed.
    :raises Refusal: it is no such number.
    """
    sent = str(asked.get(name, default))
    if not re.fullmatch("[0-9]{1,15}", sent) or not 1 <= int(sent) <= most:
        raise refusal(request, 10001, f"params error: {name} invalid")
    return int(sent)


def moment(request: ReceivedRequest, asked: Mapping[str, Any], name: str) -> int | None:
    """
    Return a parameter that is a time in ms since the epoch; ``None`` when none is sent.

    :raises Refusal: it is no such number.
    """
    return whole(request, asked, name, 1, 10**15) if name in asked else None


def page(
    request: ReceivedRequest, asked: Mapping[str, Any], orders: Sequence[PaperOrder]
) -> tuple[list[PaperOrder], str]:
    """
    Return one page of a list, and the cursor of the next page.

    Every page but an empty one has a cursor, the last one too, as at the venue. A cursor holds time and id of the
    page's first and last orders, so that orders which leave the list move no other one to a page that was read.

    :param asked: the request's parameters ``limit`` and ``cursor``.
    :param orders: the whole list, in any order.
    :raises Refusal: a limit or a cursor that the venue does not take.
    """
    limit = whole(request, asked, "limit", 20, 50)
    found = sorted(orders, key=_place, reverse=True)
    if "cursor" in asked:
        # A cursor is shown percent-encoded; clients send it so, or encode it once more.
        cursor = _CURSOR.fullmatch(unquote(str(asked["cursor"])))
        if cursor is None:
            raise refusal(request, 10001, "params error: cursor invalid")
        reached = (int(cursor["last_ms"]), cursor["last"])
        found = [order for order in found if _place(order) < reached]
    cut = found[:limit]
    ends = ",".join(f"{order.order_id}:{order.created_ms}" for order in (cut[0], cut[-1])) if cut else ""
    return cut, quote(ends, safe="")


def _place(order: PaperOrder) -> tuple[int, str]:
    return order.created_ms, order.order_id
