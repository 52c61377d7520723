"""OKX's errors: those of a whole request, by their code, and those of one order in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER_CODES = frozenset({"50014", "50015", "51000"})
"""Errors that name a parameter."""

ERRORS: Mapping[str, tuple[int, str]] = {
    "50000": (400, "Body for POST request cannot be empty."),
    "50002": (400, "JSON syntax error"),
    "50006": (400, 'Invalid Content-Type. Please use "application/JSON".'),
    "50011": (429, "Too Many Requests"),
    "50014": (400, "Parameter {} can not be empty."),
    "50015": (400, "Either parameter {} or {} is required"),
    "50025": (200, "Parameter {} count exceeds the limit {}."),
    "50101": (401, "APIKey does not match current environment."),
    "50102": (401, "Timestamp request expired"),
    "50103": (401, 'Request header "OK-ACCESS-KEY" cannot be empty.'),
    "50104": (401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
    "50105": (401, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
    "50106": (401, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    "50107": (401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
    "50111": (401, "Invalid OK-ACCESS-KEY"),
    "50112": (401, "Invalid OK-ACCESS-TIMESTAMP"),
    "50113": (401, "Invalid Sign"),
    "50120": (200, "This API key doesn't have permission to use this function"),
    "51000": (400, "Parameter {} error"),
    "51001": (200, "Instrument ID, Instrument ID code, or Spread ID doesn't exist."),
    "51003": (200, "Either client order ID or order ID is required."),
    "51016": (200, "Client order ID already exists."),
    "51022": (200, "Contract suspended."),
    "51068": (200, "{} already exists within algoClOrdId and attachAlgoClOrdId."),
    "51071": (200, "You've reached the maximum limit for tag level cancel all after timers."),
    "51400": (200, "Order cancellation failed as the order has been filled, canceled or does not exist."),
    "51404": (200, "Order cancellation unavailable during the second phase of call auction."),
    "51410": (200, "Cancellation failed as the order is already in canceling status or pending settlement."),
    "51416": (200, "Order has been triggered and can't be canceled"),
    "51600": (200, "Status not found"),
    "51601": (200, "Order status and order id cannot exist at the same time."),
    "51603": (200, "Order does not exist"),
}
"""The vendor's codes with their HTTP statuses and texts."""


class OrderError(Exception):
    """
    What is wrong with one order of a request.

    :param code: one of :data:`ERRORS`.
    :param names: what its text names, such as a parameter.
    """

    def __init__(self, code: str, *names: str) -> None:
        self.code = code
        self.text = ERRORS[code][1].format(*names)
        super().__init__(f"{code}: {self.text}")


def answer(code: str, *names: str) -> Answer:
    """
    Return the answer for an error of a whole request.

    :param code: one of :data:`ERRORS`.
    :param names: what its text names, such as a parameter.
    """
    status, text = ERRORS[code]
    body: dict[str, object] = {"code": code, "msg": text.format(*names)}
    # What the gateway in front of the exchange refuses has no data.
    return Answer(body if status in (401, 429) else {**body, "data": []}, status)


def refused(code: str, *names: str) -> Refusal:
    """Return the refusal of a whole request; see :func:`answer`."""
    return Refusal(answer(code, *names))
