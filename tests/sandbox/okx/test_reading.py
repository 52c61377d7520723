"""What the lists and reads of ordinary orders show, and how they refuse what they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .client import OkxClient, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

HOUR = 3600.0
DAY = 24 * HOUR


def test_a_list_shows_everything_as_texts(raw: OkxClient, sandbox: RunningSandbox) -> None:
    """As on "GET / Order list": ids, amounts and times are texts, and empty where nothing is set."""
    order = sandbox.place("okx", "BTC-USDT", quantity="0.5", price="61000", filled="0.2")
    (row,) = raw.get("trade/orders-pending").json()["data"]
    assert (row["ordId"], row["sz"], row["accFillSz"], row["state"]) == (
        order.order_id,
        "0.5",
        "0.2",
        "partially_filled",
    )
    assert (row["cTime"], row["clOrdId"], row["lever"]) == (str(order.created_ms), "", "")
    assert (row["instType"], row["tdMode"]) == ("SPOT", "cash")


def test_the_list_of_open_orders_filters(raw: OkxClient, sandbox: RunningSandbox) -> None:
    spot, swap = sandbox.place("okx", "BTC-USDT"), sandbox.place("okx", "BTC-USDT-SWAP", type="post_only")
    partly = sandbox.place("okx", "ETH-USDT", filled="0.5")
    margin = raw.post(
        "trade/order",
        {"instId": "BTC-USDT", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "9", "sz": "1"},
    ).json()["data"][0]["ordId"]
    everything = [margin, partly.order_id, swap.order_id, spot.order_id]
    assert raw.ids("trade/orders-pending") == everything, "newest first"
    for parameters, expected in (
        ({"instType": "SPOT"}, [partly.order_id, spot.order_id]),
        ({"instType": "MARGIN"}, [margin]),
        ({"instType": "SWAP"}, [swap.order_id]),
        ({"instType": "OPTION"}, []),
        ({"instFamily": "BTC-USDT"}, [swap.order_id]),
        ({"uly": "ETH-USDT"}, []),
        ({"instId": "BTC-USDT"}, [margin, spot.order_id]),
        ({"ordType": "post_only"}, [swap.order_id]),
        ({"ordType": "post_only,limit"}, everything),
        ({"state": "partially_filled"}, [partly.order_id]),
        ({"nonsense": "1"}, everything),
        ({"instType": ""}, everything),
    ):
        assert raw.ids("trade/orders-pending", **parameters) == expected, parameters


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 60), max_size=12), st.integers(1, 5), st.none() | st.integers(1, 60))
def test_cursors_lead_through_every_order_once(
    raw: OkxClient, sandbox: RunningSandbox, numbers: set[int], limit: int, before: int | None
) -> None:
    sandbox.reset()
    for number in numbers:
        sandbox.place("okx", "BTC-USDT", order_id=number)
    bounds = {} if before is None else {"before": before}
    seen: list[str] = []
    page = raw.ids("trade/orders-pending", limit=limit, **bounds)
    while page:
        assert len(page) <= limit
        seen += page
        page = raw.ids("trade/orders-pending", limit=limit, after=page[-1], **bounds)
    assert seen == [str(number) for number in sorted(numbers, reverse=True) if before is None or number > before]


def test_a_cursor_may_name_an_order_that_is_gone(raw: OkxClient, sandbox: RunningSandbox) -> None:
    old, middle, new = (sandbox.place("okx", "BTC-USDT").order_id for _ in range(3))
    sandbox.book("okx").fill(middle)
    assert raw.ids("trade/orders-pending", after=middle) == [old]
    assert raw.ids("trade/orders-pending", before=middle) == [new]


@pytest.mark.parametrize(("setting", "expected"), [("capped", (200, "0")), ("refused", (400, "51000"))])
def test_a_limit_beyond_the_maximum(
    raw: OkxClient, sandbox: RunningSandbox, setting: str, expected: tuple[int, str]
) -> None:
    """The page says that the maximum is 100, and not what happens beyond it."""
    sandbox.exchange.apply_settings(okx_large_limit=setting)
    for _ in range(101):
        sandbox.place("okx", "BTC-USDT")
    assert len(raw.ids("trade/orders-pending")) == 100
    response = raw.get("trade/orders-pending", limit=101)
    assert told(response) == expected
    assert len(response.json()["data"]) in (0, 100)


@pytest.mark.parametrize(("path", "parameters", "expected"), [
    ("trade/orders-pending", {"instType": "BOGUS"}, (400, "51000")),
    ("trade/orders-pending", {"ordType": "limit,BOGUS"}, (400, "51000")),
    ("trade/orders-pending", {"after": "last"}, (400, "51000")),
    ("trade/orders-pending", {"limit": "0"}, (400, "51000")),
    ("trade/orders-pending", {"limit": "ten"}, (400, "51000")),
    ("trade/orders-pending", {"instId": "FOO-BAR"}, (200, "51001")),
    ("trade/orders-pending", {"state": "filled"}, (200, "51600")),
    ("trade/orders-history", {}, (400, "50014")),
    ("trade/orders-history", {"instType": "SPOT", "state": "live"}, (200, "51600")),
    ("trade/orders-history-archive", {"instId": "BTC-USDT"}, (400, "50014")),
    ("trade/order", {"ordId": "1"}, (400, "50014")),
    ("trade/order", {"instId": "FOO-BAR", "ordId": "1"}, (200, "51001")),
    ("trade/order", {"instId": "BTC-USDT"}, (200, "51003")),
    ("trade/order", {"instId": "BTC-USDT", "ordId": "9999999999999999"}, (200, "51603")),
    ("trade/order", {"instId": "BTC-USDT", "clOrdId": "nobody"}, (200, "51603")),
    ("account/instruments", {}, (400, "50014")),
    ("public/instruments", {"instType": "BOGUS"}, (400, "51000")),
    ("public/instruments", {"instType": "SPOT", "instId": "FOO-BAR"}, (200, "51001")),
    ("public/instruments", {"instType": "OPTION"}, (400, "50015")),
])  # fmt: skip
def test_a_read_that_is_asked_wrongly(
    raw: OkxClient, sandbox: RunningSandbox, path: str, parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Codes as the demo environment was seen to answer; statuses as on the page of error codes."""
    response = raw.get(path, **parameters)
    assert told(response) == expected
    assert response.json()["data"] == []
    sandbox.exchange.apply_settings(okx_parameter_status=200)
    assert told(raw.get(path, **parameters)) == (200, expected[1])


def test_no_such_path(raw: OkxClient) -> None:
    assert raw.get("trade/orders-pending-bogus").status_code == 404


def test_a_cancelled_order_is_gone_after_two_hours(raw: OkxClient, sandbox: RunningSandbox) -> None:
    """As "GET / Order history (last 7 days)" says of orders that were cancelled unfilled."""
    made = {
        name: sandbox.place("okx", "BTC-USDT", **terms).order_id
        for name, terms in {
            "just cancelled": {"state": "cancelled", "age": 1.9 * HOUR},
            "cancelled": {"state": "cancelled", "age": 2.1 * HOUR},
            "cancelled in part": {"state": "cancelled", "age": 6 * DAY, "filled": "0.5"},
            "filled": {"state": "filled", "age": 6 * DAY},
            "filled long ago": {"state": "filled", "age": 8 * DAY},
            "filled last year": {"state": "filled", "age": 300 * DAY},
        }.items()
    }
    kept = {
        name
        for name, order_id in made.items()
        if told(raw.get("trade/order", instId="BTC-USDT", ordId=order_id))[1] == "0"
    }
    assert made.keys() - kept == {"cancelled", "filled last year"}
    week = ["filled", "cancelled in part", "just cancelled"]
    assert raw.ids("trade/orders-history", instType="SPOT") == [made[name] for name in week]
    assert raw.ids("trade/orders-history", instType="SPOT", state="filled") == [made["filled"]]
    assert set(raw.ids("trade/orders-history-archive", instType="SPOT")) == {made[name] for name in kept}
    assert raw.ids("trade/orders-history", instType="SWAP") == []
    since = sandbox.exchange.now_ms() - int(2 * HOUR * 1000)
    assert raw.ids("trade/orders-history", instType="SPOT", begin=since) == [made["just cancelled"]]


def test_an_instrument_is_listed_with_its_state(raw: OkxClient) -> None:
    rows = raw.get("public/instruments", instType="SPOT").json()["data"]
    assert {row["instId"]: row["state"] for row in rows}.items() >= {
        "BTC-USDT": "live",
        "LUNA-USDT": "suspend",
    }.items()
    (early,) = (
        row for row in raw.get("public/instruments", instType="SWAP").json()["data"] if row["state"] == "preopen"
    )
    assert (early["instId"], early["uly"], early["settleCcy"]) == ("ETH-USD_UM-SWAP", "", "")
    family = raw.get("account/instruments", instType="SWAP", instFamily="BTC-USDT").json()["data"]
    assert [row["instId"] for row in family] == ["BTC-USDT-SWAP"]


def test_a_balance_of_one_currency(raw: OkxClient) -> None:
    (row,) = raw.get("account/balance", ccy="BTC,ZZZ").json()["data"]
    assert [each["ccy"] for each in row["details"]] == ["BTC"]
