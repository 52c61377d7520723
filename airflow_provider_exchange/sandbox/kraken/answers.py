"""The envelope of Kraken's answers, and its errors, which come with HTTP 200."""

from __future__ import annotations

from typing import Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
TOO_MANY = "EAPI:Rate limit exceeded"
BAD_REQUEST = "EAPI:Bad request"
DENIED = "EGeneral:Permission denied"
ARGUMENTS = "EGeneral:Invalid arguments"
UNKNOWN_METHOD = "EGeneral:Unknown method"
UNKNOWN_ORDER = "EOrder:Unknown order"
INVALID_ORDER = "EOrder:Invalid order"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
BUSY = "EService:Busy"


def ok(result: Any) -> Answer:
    """Return an answer of success."""
    return Answer({"error": [], "result": result})


def refusal(error: str) -> Refusal:
    """
    Return a refusal.

    :param error: the vendor's words: severity, category, and what is wrong.
    """
    return Refusal(Answer({"error": [error]}))
