"""Reads a new order from a request to Deribit."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.deribit.answers import refusal, wrong
from airflow_provider_exchange.sandbox.deribit.shapes import TRIGGER_TYPES, TYPES
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.deribit.parameters import Parameters
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

PARAMETERS = (
    "instrument_name",
    "amount",
    "contracts",
    "type",
    "price",
    "label",
    "time_in_force",
    "post_only",
    "reduce_only",
    "trigger",
    "trigger_price",
)
LONGEST_LABEL = 64


def read_order(
    request: ReceivedRequest, asked: Parameters, side: str, symbol: str, new_id: Callable[[str], str]
) -> PaperOrder:
    """
    Return the order that a request places.

    :param symbol: the instrument, which is known to be there.
    :param new_id: returns an id for a kind of order.
    :raises Refusal: the venue does not accept this order.
    """
    kind = asked.one_of("type", [word.lower() for word in TYPES], "limit").upper()
    force = asked.one_of(
        "time_in_force",
        ("good_til_cancelled", "good_til_day", "fill_or_kill", "immediate_or_cancel"),
        "good_til_cancelled",
    )
    amount = positive(asked.text("amount") or asked.text("contracts"))
    if amount is None:
        raise refusal(request, 10021)
    price = Decimal(1) if "MARKET" in kind else positive(asked.text("price"))
    if price is None:
        raise refusal(request, 10023)
    stop = None
    if kind in TRIGGER_TYPES:
        asked.one_of("trigger", ("index_price", "mark_price", "last_price"))
        stop = positive(asked.text("trigger_price"))
        if stop is None:
            raise wrong(request, "trigger_price", "value required")
    label = asked.text("label") or ""
    if len(label) > LONGEST_LABEL:
        raise wrong(request, "label", "value too long")
    return PaperOrder(
        new_id(kind),
        symbol,
        side,
        kind,
        amount,
        price,
        request.now_ms,
        request.now_ms,
        State.OPEN if stop is None else State.WAITING,
        stop_price=stop,
        client_order_id=label,
        details=MappingProxyType(
            {
                "time_in_force": force,
                "post_only": asked.flag("post_only"),
                "reduce_only": asked.flag("reduce_only"),
                "trigger": asked.text("trigger") or "last_price",
            }
        ),
    )
