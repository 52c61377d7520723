"""How each certified exchange says what every test of answers needs: "none", "no such order", "no"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.protocol.messages import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """
    The words of an exchange.

    :param empty: what it says when nothing is open; by a part of the URL where it says so in several ways, of which
        the first counts that fits.
    :param not_empty: answers that have no list of orders in the place where it puts it, or tell of no success.
    :param failure: takes a code and words, and returns a failure.
    :param no_such_order: the code for that, and the HTTP status.
    :param wrong_signature: the same.
    :param unknown: a code that it does not have.
    :param beside: what it answers to whatever is asked beside lists and orders, by a part of the URL or the body.
    :param market: a market, by ccxt's name.
    """

    empty: Mapping[str, Any]
    not_empty: list[Any]
    failure: Callable[[str, str], Any]
    no_such_order: tuple[str, int]
    wrong_signature: tuple[str, int]
    unknown: tuple[str, int] = ("99999", 200)
    beside: Mapping[str, Any] = field(default_factory=dict)
    market: str = "BTC/USDT"

    def told_beside(self, request: Request) -> Any:
        """Return what it answers to a request that is not for orders; None for one that is."""
        asked = f"{request.url} {(request.body or b'').decode()}"
        return next((body for part, body in self.beside.items() if part in asked), None)

    def told_of_none(self, request: Request) -> Any:
        """Return what it answers to a request for orders when there are none."""
        return next(body for part, body in self.empty.items() if part in request.url)


SPOKEN = {
    "binance": Spoken(
        empty={"": []},
        not_empty=[{"data": []}, {"code": 0, "msg": "ok"}, {"code": -1, "orders": []}],
        failure=lambda code, text: {"code": int(code), "msg": text},
        no_such_order=("-2013", 400),
        wrong_signature=("-1022", 400),
        unknown=("-9999", 400),
    ),
    "okx": Spoken(
        empty={"": {"code": "0", "msg": "", "data": []}},
        not_empty=[
            [],
            {"code": "0"},
            {"code": "0", "data": {}},
            {"code": "0", "data": None},
            {"data": []},
            {"code": 0, "data": []},
        ],
        failure=lambda code, text: {"code": code, "msg": text, "data": []},
        no_such_order=("51603", 200),
        wrong_signature=("50113", 401),
    ),
    "bybit": Spoken(
        empty={"": {"retCode": 0, "retMsg": "OK", "result": {"list": [], "nextPageCursor": ""}, "time": 1}},
        not_empty=[
            [],
            {"retCode": 0},
            {"retCode": 0, "result": {}},
            {"retCode": 0, "result": []},
            {"retCode": 0, "result": {"list": None}},
            {"retCode": 0, "result": {"list": {}}},
            {"result": {"list": []}},
            {"retCode": "0", "result": {"list": []}},
        ],
        failure=lambda code, text: {"retCode": int(code), "retMsg": text, "result": {}},
        no_such_order=("110001", 200),
        wrong_signature=("10004", 200),
    ),
    "bitopro": Spoken(
        empty={"": {"data": []}},
        not_empty=[[], {"data": {}}, {"data": ""}, {"data": [], "error": "maintenance"}],
        failure=lambda _code, text: {"error": text},
        no_such_order=("404", 404),
        wrong_signature=("401", 401),
        unknown=("", 499),
    ),
    "kraken": Spoken(
        empty={"": {"error": [], "result": {"open": {}}}},
        not_empty=[
            [],
            {"error": [], "result": None},
            {"error": [], "result": []},
            {"error": [], "result": {}},
            {"error": [], "result": {"open": None}},
            {"error": [], "result": {"open": []}},
            {"result": {"open": {}}},
            {"error": ["WGeneral:Something"], "result": {"open": {}}},
        ],
        failure=lambda code, text: {"error": [f"{code if ':' in code else f'EOther:{code}'}:{text}"]},
        no_such_order=("EOrder:Unknown order", 200),
        wrong_signature=("EAPI:Invalid signature", 200),
        beside={"GetApiKeyInfo": {"error": [], "result": {"queryFrom": "0", "queryTo": "0"}}},
    ),
    "gate": Spoken(
        empty={"": []},
        not_empty=[
            {"orders": []},
            {"data": []},
            {"label": "", "message": ""},
            [{"orders": None}],
            [{"total": 0}],
        ],
        failure=lambda code, text: {"label": code, "message": text},
        no_such_order=("ORDER_NOT_FOUND", 404),
        wrong_signature=("INVALID_SIGNATURE", 401),
        unknown=("NEVER_SEEN", 400),
    ),
    "coinbase": Spoken(
        empty={"": {"orders": [], "sequence": "0", "has_next": False, "cursor": ""}},
        not_empty=[
            [],
            {"has_next": False, "cursor": ""},
            {"orders": None, "has_next": False, "cursor": ""},
            {"orders": {}, "has_next": False},
            {"orders": []},
            {"orders": [], "cursor": ""},
            {"orders": [], "has_next": None, "cursor": ""},
            {"orders": [], "has_next": True, "cursor": ""},
            {"orders": [], "has_next": "false", "cursor": ""},
            {"orders": [], "has_next": False, "proof_token_required": True},
        ],
        failure=lambda code, text: {"error": code, "error_details": text, "message": text},
        no_such_order=("NOT_FOUND", 200),
        wrong_signature=("authentication_error", 401),
    ),
    "deribit": Spoken(
        empty={"": {"jsonrpc": "2.0", "result": []}},
        not_empty=[
            [],
            {"result": []},
            {"jsonrpc": "2.0"},
            {"jsonrpc": None, "result": []},
            {"jsonrpc": "2.0", "result": None},
            {"jsonrpc": "2.0", "result": {}},
            {"jsonrpc": "2.0", "result": [], "error": {"code": "10041"}},
        ],
        failure=lambda code, text: {"jsonrpc": "2.0", "error": {"message": text, "code": int(code)}},
        no_such_order=("10004", 400),
        wrong_signature=("13004", 400),
    ),
    "hyperliquid": Spoken(
        empty={"": []},
        not_empty=[
            {"data": []},
            {"status": "ok"},
            {"status": "ok", "response": {"type": "default"}},
            {"status": "ok", "response": {"type": "cancel", "data": {"statuses": ["success"]}}},
            [{"order": {"oid": 7, "coin": "BTC"}, "status": "filled", "statusTimestamp": 1}],
        ],
        failure=lambda code, text: (
            {"status": code} if code == "unknownOid" else {"status": "err", "response": f"{code} {text}"}
        ),
        no_such_order=("unknownOid", 200),
        wrong_signature=("User or API Wallet 0x77 does not exist.", 200),
        beside={"userRole": {"role": "agent", "data": {"user": "0x" + "1" * 40}}},
        market="BTC/USDC:USDC",
    ),
    "bitget": Spoken(
        empty={
            "/mix/": {"code": "00000", "msg": "success", "data": {"entrustedList": None, "endId": None}},
            "-plan-": {"code": "00000", "msg": "success", "data": {"nextFlag": False, "orderList": []}},
            "": {"code": "00000", "msg": "success", "data": []},
        },
        not_empty=[
            [],
            {"code": "00000"},
            {"code": "00000", "data": None},
            {"code": "00000", "data": {}},
            {"code": 0, "data": []},
            {"data": []},
            {"code": "00000", "data": {"entrustedList": None, "endId": "5"}},
            {"code": "00000", "data": {"orderList": None, "nextFlag": True}},
            {"code": "00000", "data": {"orderList": [], "nextFlag": "false"}},
        ],
        failure=lambda code, text: {"code": code, "msg": text, "requestTime": 1, "data": None},
        no_such_order=("40109", 400),
        wrong_signature=("40009", 400),
    ),
    "kucoin": Spoken(
        empty={"": {"code": "200000", "data": {"totalNum": 0, "items": [], "symbols": []}}},
        not_empty=[
            [],
            {"code": "200000"},
            {"code": "200000", "data": None},
            {"code": "200000", "data": []},
            {"code": "200000", "data": {}},
            {"code": 200000, "data": {"totalNum": 0, "items": [], "symbols": []}},
            {"data": {"totalNum": 0, "items": [], "symbols": []}},
            {"code": "200000", "data": {"items": [], "symbols": []}},
            {"code": "200000", "data": {"totalNum": 2, "items": [], "symbols": []}},
            {"code": "200000", "data": {"totalNum": 0, "items": None, "symbols": []}},
            {"code": "200000", "data": {"totalNum": 0, "items": [], "symbols": {}}},
            {"code": "200000", "data": {"totalNum": 0, "items": []}},
        ],
        failure=lambda code, text: {"code": code, "msg": text},
        no_such_order=("order_not_exist", 200),
        wrong_signature=("400005", 401),
        beside={
            "/api/v1/hf/accounts/opened": {"code": "200000", "data": True},
            "/api/ua/v1/account/mode": {"code": "200000", "data": {"selfAccountMode": "CLASSIC"}},
        },
    ),
}
