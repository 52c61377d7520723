"""What OKX answers: rows, and to calls that place or cancel orders a row an order, each with a code of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.okx.errors import OrderError
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

Row = dict[str, Any]


def order_row(asked: Row, now_ms: int, order_id: str = "", error: OrderError | None = None, text: str = "") -> Row:
    """
    Return the row of an ordinary order.

    :param asked: what the request says of it.
    :param order_id: its id, if the request does not say it.
    :param error: what is wrong; ``None`` if it was accepted.
    :param text: what the venue says of a success.
    """
    return {
        "clOrdId": _text(asked, "clOrdId"),
        "ordId": order_id or _text(asked, "ordId"),
        "sCode": "0" if error is None else error.code,
        "sMsg": text if error is None else error.text,
        "tag": _text(asked, "tag"),
        "ts": str(now_ms),
    }


def algo_row(asked: Row, algo_id: str = "", error: OrderError | None = None) -> Row:
    """Return the row of an algo order; see :func:`order_row`."""
    return {
        "algoClOrdId": _text(asked, "algoClOrdId"),
        "algoId": algo_id or _text(asked, "algoId"),
        "clOrdId": _text(asked, "clOrdId"),
        "sCode": "0" if error is None else error.code,
        "sMsg": "" if error is None else error.text,
        "tag": _text(asked, "tag"),
    }


def of_orders(rows: Sequence[Row], request: ReceivedRequest) -> Answer:
    """Return the answer of a call for ordinary orders."""
    code = _code(rows)
    text = {"0": "", "1": "All operations failed", "2": "Bulk operation partially successful"}[code]
    at = str(request.now_ms * 1000)
    return Answer({"code": code, "data": list(rows), "inTime": at, "msg": text, "outTime": at})


def of_algos(rows: Sequence[Row]) -> Answer:
    """Return the answer of a call for algo orders, which has a text in its rows only."""
    return Answer({"code": _code(rows), "data": list(rows), "msg": ""})


def listed(rows: Sequence[Row]) -> Answer:
    """Return the answer of a read."""
    return Answer({"code": "0", "data": list(rows), "msg": ""})


def _code(rows: Sequence[Row]) -> str:
    failed = sum(row["sCode"] != "0" for row in rows)
    return "0" if not failed else "1" if failed == len(rows) else "2"


def _text(asked: Row, name: str) -> str:
    value = asked.get(name, "")
    return value if isinstance(value, str) else ""
