"""The forms of Hyperliquid's answers: raw data to reads, and an envelope around the results of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING_ORDER = "Order was never placed, already canceled, or filled."
NOT_NOW = "Order cannot be canceled at the moment."
"""Not the vendor's: it documents no cancel that is refused."""


def results(action: str, statuses: Sequence[Any]) -> Answer:
    """
    Return what became of each member of an action.

    :param action: the action's type.
    """
    return Answer({"status": "ok", "response": {"type": action, "data": {"statuses": list(statuses)}}})


def refusal(text: str) -> Refusal:
    """Return the refusal of a whole action, which has HTTP 200 as well."""
    return Refusal(Answer({"status": "err", "response": text}))


def malformed() -> Refusal:
    """Return the answer to a body that is not of a documented form, in plain words."""
    return Refusal(Answer(b"Failed to deserialize the JSON body into the target type", 422))


def not_there(asset: Any) -> dict[str, str]:
    """Return what a cancel says of an order that is not open: the documented words, and the market's number."""
    return {"error": f"{MISSING_ORDER} asset={asset}"}
