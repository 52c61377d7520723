"""The faults of lists and books work at the paper OKX, in both of its books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import OkxClient, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

LISTS: list[tuple[str, dict[str, Any], str, dict[str, str]]] = [
    ("okx", {}, "trade/orders-pending", {}),
    (
        "okx_algo",
        {"type": "conditional", "stop_price": 90},
        "trade/orders-algo-pending",
        {"ordType": "conditional"},
    ),
]
in_both_books = pytest.mark.parametrize(("book", "terms", "path", "asked"), LISTS, ids=["ordinary", "algo"])


@in_both_books
@pytest.mark.parametrize("kind", ["null", "phantom_empty"])
def test_a_list_may_be_empty_by_mistake(
    raw: OkxClient,
    sandbox: RunningSandbox,
    book: str,
    terms: dict[str, Any],
    path: str,
    asked: dict[str, str],
    kind: str,
) -> None:
    order_id = sandbox.place(book, "BTC-USDT", **terms).order_id
    sandbox.faults.add(kind=kind, times=1)
    assert [raw.ids(path, **asked) for _ in range(2)] == [[], [order_id]]


@in_both_books
@pytest.mark.parametrize(("field", "ordinary", "algo"), [
    ("symbol", "instId", "instId"), ("order_id", "ordId", "algoId"), ("client_order_id", "clOrdId", "algoClOrdId"),
    ("side", "side", "side"), ("state", "state", "state"), ("price", "px", "ordPx"), ("quantity", "sz", "sz"),
    ("created_at", "cTime", "cTime"),
])  # fmt: skip
def test_a_list_may_show_an_odd_order(
    raw: OkxClient,
    sandbox: RunningSandbox,
    book: str,
    terms: dict[str, Any],
    path: str,
    asked: dict[str, str],
    field: str,
    ordinary: str,
    algo: str,
) -> None:
    sandbox.place(book, "BTC-USDT", **terms)
    sandbox.faults.add(kind="odd_order", field=field, value="odd")
    rows = raw.get(path, **asked).json()["data"]
    shown = [row[ordinary if book == "okx" else algo] for row in rows]
    assert len(shown) == 2
    assert shown.count("odd") == 1
    assert told(raw.get("trade/orders-algo-pending", ordType="trigger")) == (200, "0")


@in_both_books
def test_a_list_may_lag_and_show_times_in_seconds(
    raw: OkxClient, sandbox: RunningSandbox, book: str, terms: dict[str, Any], path: str, asked: dict[str, str]
) -> None:
    assert raw.ids(path, **asked) == []
    order = sandbox.place(book, "BTC-USDT", **terms)
    sandbox.faults.add(kind="stale_reads", times=1)
    sandbox.faults.add(kind="seconds")
    assert raw.ids(path, **asked) == []
    (row,) = raw.get(path, **asked).json()["data"]
    assert row["cTime"] == str(order.created_ms // 1000)


def test_a_limit_and_missing_data(raw: OkxClient, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="rate_limit", times=1, retry_after="1")
    assert told(raw.get("trade/orders-pending")) == (429, "50011")
    sandbox.faults.add(kind="null_data", times=1)
    assert raw.get("trade/orders-pending").json() == {"code": "0", "data": None, "msg": ""}
