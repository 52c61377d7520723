"""Reads a new order from a request to Loopring. The order itself is signed, not the request."""

from __future__ import annotations

import json
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.loopring.errors import LoopringRefusal
from airflow_provider_exchange.sandbox.loopring.markets import MARKETS, TOKENS
from airflow_provider_exchange.sandbox.loopring.signing import order_hash, signature_matches
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.loopring.account import LoopringAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

EXCHANGE = "0x0BABA1Ad5bE3a5C0a66E7ac838a129Bf948f1eA4"
"""The contract address that orders must name."""


def submitted(request: ReceivedRequest, account: LoopringAccount) -> tuple[str, Mapping[str, Any]]:
    """
    Check the signature of a submitted order, and return its hash and fields.

    :raises LoopringRefusal: the signature is not valid.
    """
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        raise LoopringRefusal(100001) from None
    if not isinstance(asked, dict):
        raise LoopringRefusal(100001)
    signature = asked.get("eddsaSignature")
    if not signature:
        raise LoopringRefusal(102010)
    try:
        number = order_hash(asked)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LoopringRefusal(100001) from None
    valid = isinstance(signature, str) and signature_matches(account.public_key, number, signature)
    if not request.judged(valid):
        raise LoopringRefusal(104005)
    return f"0x{number:064x}", asked


def read_order(asked: Mapping[str, Any], order_id: str, account: LoopringAccount, now_ms: int) -> PaperOrder:
    """
    Return the order that a submission places.

    :raises LoopringRefusal: the venue does not accept this order.
    """
    if int(asked["accountId"]) != account.account_id:
        raise LoopringRefusal(104003)
    if str(asked["exchange"]).lower() != EXCHANGE.lower():
        raise LoopringRefusal(102001)
    if int(asked["validUntil"]) * 1000 <= now_ms:
        raise LoopringRefusal(102008)
    sell, buy = asked["sellToken"], asked["buyToken"]
    tokens = int(sell["tokenId"]), int(buy["tokenId"])
    market = next((name for name, pair in MARKETS.items() if set(pair) == set(tokens)), None)
    if market is None:
        raise LoopringRefusal(102005)
    storage = int(asked["storageId"])
    selling = MARKETS[market] == tokens
    amounts = [Decimal(each["volume"]).scaleb(-TOKENS[int(each["tokenId"])][1]) for each in (sell, buy)]
    base, cost = amounts if selling else reversed(amounts)
    if base <= 0 or cost <= 0:
        raise LoopringRefusal(100001)
    stop = asked.get("extraOrderType") == "STOP_LIMIT"
    stop_price = positive(asked.get("stopPrice")) if stop else None
    sides = ("GREAT_THAN_AND_EQUAL", "LESS_THAN_AND_EQUAL")
    if stop and (stop_price is None or asked.get("stopSide") not in sides):
        raise LoopringRefusal(100001)
    client = str(asked.get("clientOrderId") or "")
    if len(client.encode()) > 120:
        raise LoopringRefusal(100001)
    details = {
        "validUntil": int(asked["validUntil"]),
        "storageInfo": {"accountId": account.account_id, "tokenId": tokens[0], "storageId": storage},
        "stopSide": asked.get("stopSide", ""),
    }
    return PaperOrder(
        order_id,
        market,
        "SELL" if selling else "BUY",
        str(asked.get("orderType", "LIMIT_ORDER")),
        base,
        cost / base,
        now_ms,
        now_ms,
        State.WAITING if stop else State.OPEN,
        stop_price=stop_price,
        client_order_id=client or order_id,
        details=MappingProxyType(details),
    )
