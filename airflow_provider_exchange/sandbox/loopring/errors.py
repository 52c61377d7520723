"""Loopring's errors, by code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Mapping[int, str] = {
    100000: "Unknown error",
    100001: "Invalid argument",
    102001: "Exchange ID is incorrect",
    102005: "Market not supported",
    102008: "Order has expired",
    102010: "Order is missing signature information",
    102030: "Invalid storage id",
    102117: "No orders to cancel",
    102118: "Failed to cancel orders, please try again later",
    102119: "Invalid hash",
    102120: "Order is not valid",
    102122: "Order already in cancel",
    104001: "Empty ApiKey",
    104002: "Invalid ApiKey",
    104003: "Invalid Account ID",
    104004: "No signature information provided",
    104005: "Wrong signature information",
    104209: "Partial batch operation failed",
    107002: "Order Hash cannot be empty",
    107003: "Order does not exist",
}
"""The vendor's error codes in use here."""


class LoopringRefusal(Refusal):
    """
    An error of Loopring, in the nested shape; :func:`flattened` converts it to the flat one.

    :param code: of :data:`MESSAGES`.
    """

    def __init__(self, code: int) -> None:
        super().__init__(error(code, MESSAGES[code]))


def error(code: int, message: str, status: int = 400) -> Answer:
    """Return an error in the nested shape."""
    return Answer({"resultInfo": {"code": code, "message": message}}, status)


def flattened(answer: Answer) -> Answer:
    """Return the same error in the flat shape of the vendor's general page."""
    info = answer.body["resultInfo"]
    return Answer({"code": info["code"], "msg": info["message"]}, answer.status)
