"""Who is let in, and what else is answered with which code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import OCOS, ORDERS, STOPS, KucoinClient, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

MARKET = "BTC-USDT"
ACTIVE = f"/api/{ORDERS}/active?symbol={MARKET}"


@pytest.mark.parametrize(("header", "value", "answer"), [
    ("KC-API-SIGN", None, (401, "400001")),
    ("KC-API-KEY", "another", (401, "400003")),
    ("KC-API-KEY-VERSION", "9", (400, "400009")),
    ("KC-API-TIMESTAMP", "soon", (400, "400002")),
    ("KC-API-SIGN", "c2lnbmVk", (401, "400005")),
    ("KC-API-PASSPHRASE", "paper-kucoin-passphrase", (401, "400004")),
    ("KC-API-KEY-VERSION", "1", (401, "400004")),
])  # fmt: skip
def test_each_header_is_looked_at(
    raw: KucoinClient, header: str, value: str | None, answer: tuple[int, str]
) -> None:
    headers = raw.headers("GET", ACTIVE)
    assert raw.send("GET", ACTIVE, headers).ok
    changed = {name: text for name, text in {**headers, header: value}.items() if text is not None}
    assert told(raw.send("GET", ACTIVE, changed)) == answer


def test_the_passphrase_of_an_old_key_is_sent_as_it_is(raw: KucoinClient) -> None:
    headers = {
        **raw.headers("GET", ACTIVE),
        "KC-API-KEY-VERSION": "1",
        "KC-API-PASSPHRASE": raw.extra["passphrase"],
    }
    assert raw.send("GET", ACTIVE, headers).ok


def test_what_was_signed_is_what_counts(raw: KucoinClient) -> None:
    headers = raw.headers("GET", ACTIVE)
    assert told(raw.send("GET", f"{ACTIVE}&side=buy", headers)) == (401, "400005")
    assert told(raw.send("DELETE", ACTIVE.replace("/active", ""), headers)) == (401, "400005")


@pytest.mark.parametrize(("ask", "answer"), [
    (lambda raw: raw.get(f"{ORDERS}/active"), (200, "400100")),
    (lambda raw: raw.get(f"{ORDERS}/done", symbol=MARKET, limit=101), (200, "400100")),
    (lambda raw: raw.get(STOPS, pageSize=9), (200, "400100")),
    (lambda raw: raw.get(STOPS, tradeType="FUTURES"), (200, "400100")),
    (lambda raw: raw.get(f"{OCOS}/orders", currentPage=0), (200, "400100")),
    (lambda raw: raw.delete(f"{ORDERS}/7"), (200, "400100")),
    (lambda raw: raw.delete(f"{ORDERS}/7", symbol="NO-SUCH"), (200, "900001")),
    (lambda raw: raw.delete(f"{STOPS}/vs7"), (200, "400100")),
    (lambda raw: raw.post(ORDERS, {"symbol": MARKET, "side": "buy", "size": "1"}), (200, "400100")),
    (lambda raw: raw.post(ORDERS, {"symbol": "LUNA-USDT", "side": "buy", "size": "1"}), (200, "400100")),
    (lambda raw: raw.post(STOPS, {"symbol": MARKET, "side": "buy", "size": "1", "price": "1"}), (200, "400100")),
    (lambda raw: raw.get("v1/hf/no-such-call"), (404, "404")),
])  # fmt: skip
def test_what_is_wrong_is_told_by_its_code(
    raw: KucoinClient, ask: Callable[[KucoinClient], Any], answer: tuple[int, str]
) -> None:
    assert told(ask(raw)) == answer


def test_the_kind_of_the_account_is_told(raw: KucoinClient, sandbox: RunningSandbox) -> None:
    mode, kind = "ua/v1/account/mode", "v1/hf/accounts/opened"
    assert (raw.get(mode).json()["data"]["selfAccountMode"], raw.get(kind).json()["data"]) == ("CLASSIC", True)
    sandbox.exchange.apply_settings(kucoin_mode="UNIFIED", kucoin_system="low_frequency")
    assert (raw.get(mode).json()["data"]["selfAccountMode"], raw.get(kind).json()["data"]) == ("UNIFIED", False)
