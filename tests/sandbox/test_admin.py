"""The admin API: everything a rehearsal arranges and looks up, over HTTP and without credentials."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

from .clients import BitoProClient


def ask(sandbox: RunningSandbox, method: str, path: str, body: Any = None) -> Any:
    response = requests.request(method, f"{sandbox.base_url}/sandbox/{path}", json=body, timeout=10)
    assert response.status_code == 200, response.text
    return response.json()


def refused(sandbox: RunningSandbox, method: str, path: str, body: Any = None) -> int:
    response = requests.request(method, f"{sandbox.base_url}/sandbox/{path}", json=body, timeout=10)
    assert response.json()["error"]
    return response.status_code


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [("nami", "BTCUSDT"), ("bitopro", "btc_usdt"), ("loopring", "LRC-ETH"), ("binance", "BTCUSDT")],
)
def test_an_order_s_life(sandbox: RunningSandbox, venue: str, symbol: str) -> None:
    made = ask(
        sandbox, "POST", f"{venue}/orders", [{"symbol": symbol, "count": 4}, {"symbol": symbol, "stop_price": "5"}]
    )
    assert [order["state"] for order in made] == ["open"] * 4 + ["waiting"]
    first, second, third, fourth, stop = (f"{venue}/orders/{order['order_id']}" for order in made)
    assert ask(sandbox, "POST", f"{first}/fill", {"quantity": "0.25"})["filled"] == "0.25"
    assert ask(sandbox, "POST", f"{first}/fill")["state"] == "filled"
    assert ask(sandbox, "POST", f"{second}/expire")["state"] == "expired"
    assert ask(sandbox, "POST", f"{third}/reject")["state"] == "rejected"
    assert ask(sandbox, "POST", f"{fourth}/cancel")["state"] == "cancelled"
    assert ask(sandbox, "POST", f"{stop}/trigger")["state"] == "open"
    assert [order["order_id"] for order in ask(sandbox, "GET", f"{venue}/orders") if order["live"]] == [
        made[4]["order_id"]
    ]
    assert ask(sandbox, "GET", stop)["order_id"] == made[4]["order_id"]


@pytest.mark.parametrize(("path", "body", "status"), [
    ("nami/orders/1/fill", None, 404),
    ("nami/orders/{done}/fill", None, 400),
    ("nami/orders/{open}/fill", {"quantity": "9"}, 400),
    ("nami/orders/{open}/fill", {"quantity": "much"}, 400),
    ("nami/orders/{open}/trigger", None, 400),
    ("nami/orders/{open}/explode", None, 404),
    ("nami/orders", {"symbol": "BTCUSDT", "client_order_id": "1"}, 400),
    ("bitopro/orders", {"symbol": "btc_usdt", "client_order_id": "one"}, 400),
    ("nami/orders", {"symbol": "BTCUSDT", "filled": 2}, 400),
    ("nami/orders", {"symbol": "BTCUSDT", "state": "lost"}, 400),
    ("nami/orders", {"symbol": "BTCUSDT", "colour": "red"}, 400),
    ("nami/orders", {"symbol": "BTCUSDT", "count": 0}, 400),
    ("nosuch/orders", {"symbol": "BTCUSDT"}, 404),
    ("faults", {"kind": "gremlins"}, 400),
])  # fmt: skip
def test_what_cannot_be(sandbox: RunningSandbox, path: str, body: Any, status: int) -> None:
    names = {
        "done": sandbox.place("nami", "BTCUSDT", state="filled").order_id,
        "open": sandbox.place("nami", "BTCUSDT").order_id,
    }
    assert refused(sandbox, "POST", path.format(**names), body) == status


@pytest.mark.parametrize(("method", "path", "body", "told"), [
    ("POST", "nosuch/orders", {"symbol": "BTCUSDT"},
     "there is no venue 'nosuch'; there are nami, bitopro, loopring, "),
    ("GET", "nami/orders/77", None, "there is no order 77 of nami"),
    ("GET", "nami/orders/77?symbol=BTC/USDT", None, "there is no order 77 of BTCUSDT at nami"),
    ("POST", "nami/orders/{order}/explode", None,
     "there is no action 'explode'; there are fill, trigger, expire, reject, cancel"),
    ("GET", "orders", None, "there is no GET /sandbox/orders; below /sandbox/ are: GET and POST {venue}/orders; "),
    ("PUT", "nami/orders", None, "there is no PUT /sandbox/nami/orders; below /sandbox/ are: "),
    ("POST", "bitopro/orders", {"symbol": "BTC/USDT"},
     "BitoPro lists no market 'BTC/USDT', but btc_usdt, eth_usdt, "),
    ("POST", "bitopro_margin/orders", {"symbol": "btc_usd"}, "BitoPro lists no market 'btc_usd', but btc_usdt, "),
    ("POST", "nami/orders", {"side": "BUY"}, "an order needs a symbol"),
    ("POST", "nami/orders", {"symbol": "BTCUSDT", "colour": "red"},
     "an order has no colour; it has age, client_order_id, count, filled, order_id, "),
    ("PUT", "faults", {"kind": "hang", "venue": "nosuch"},
     "a fault names the venue 'nosuch'; there are nami, bitopro, loopring, "),
    ("POST", "faults", {"kind": "hang", "venue": "nami", "route": "order"},
     "a fault names the route 'order' of nami; there are "),
    ("POST", "faults", {"kind": "hang", "route": "cancel"}, "a fault names the route 'cancel'; there are "),
])  # fmt: skip
def test_a_refusal_says_what_there_is(
    sandbox: RunningSandbox, method: str, path: str, body: Any, told: str
) -> None:
    order = sandbox.place("nami", "BTCUSDT").order_id
    sandbox.faults.add(kind="delay")
    url = f"{sandbox.base_url}/sandbox/{path.replace('{order}', order)}"
    response = requests.request(method, url, json=body, timeout=10)
    assert response.status_code in (400, 404)
    assert response.json()["error"].startswith(told)
    assert [fault["kind"] for fault in ask(sandbox, "GET", "faults")] == ["delay"]
    assert ask(sandbox, "GET", "bitopro/orders") == []


def test_an_order_in_a_market_that_is_not_listed_takes_a_word(sandbox: RunningSandbox) -> None:
    (order,) = ask(sandbox, "POST", "nami/orders", {"symbol": "DOGE/USDT", "unlisted": True})
    assert order["symbol"] == "DOGEUSDT"
    assert ask(sandbox, "POST", "nami/orders", {"symbol": "BTC/USDT"})[0]["symbol"] == "BTCUSDT"


def test_a_path_of_nobody_s_is_answered_with_those_there_are(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.base_url}/v9/orders", timeout=10)
    assert answer.status_code == 404
    told = answer.json()["error"]
    assert told.startswith(
        "no venue has the path /v9/orders; there are Nami /api/v4/, /api/v3/spot/; BitoPro /v3/; "
        "Loopring /api/v3/; "
    )
    assert told.endswith("; and the admin API below /sandbox/")


def test_settings(sandbox: RunningSandbox) -> None:
    assert ask(sandbox, "GET", "settings")["skew"] == 0
    assert ask(sandbox, "PUT", "settings", {"skew": 3600})["skew"] == 3600
    assert BitoProClient(sandbox).call("GET", "/orders/open").status_code == 409
    for wrong in ({"colour": 1}, {"nami_batch_signing": "runes"}, {"loopring_error_shape": "round"}):
        assert refused(sandbox, "PUT", "settings", wrong) == 400


def test_faults(sandbox: RunningSandbox) -> None:
    ask(sandbox, "POST", "faults", {"kind": "html", "requests": [1]})
    (rule,) = ask(sandbox, "GET", "faults")
    assert (rule["kind"], rule["requests"]) == ("html", [1])
    assert [BitoProClient(sandbox).call("GET", "/orders/open").status_code for _ in range(2)] == [502, 200]
    odd = {"kind": "odd_order", "field": "price", "value": "1,000.5", "real": True}
    assert ask(sandbox, "POST", "faults", odd)[-1].items() >= odd.items()
    ask(sandbox, "PUT", "faults", {"seed": 3, "faults": [{"kind": "status", "status": 503}]})
    assert sandbox.faults.seed == 3
    assert BitoProClient(sandbox).call("GET", "/orders/open").status_code == 503
    assert ask(sandbox, "DELETE", "faults") == []
    assert BitoProClient(sandbox).call("GET", "/orders/open").status_code == 200


def test_the_log_and_a_fresh_start(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(kind="delay")
    BitoProClient(sandbox).call("DELETE", "/orders/all")
    (logged,) = ask(sandbox, "GET", "requests")
    assert (logged["route"], logged["mutating"], logged["path"]) == ("cancel_all_orders", True, "/v3/orders/all")
    assert ask(sandbox, "DELETE", "requests") == {"ok": True}
    assert sandbox.request_log == []
    ask(sandbox, "POST", "reset")
    assert (len(sandbox.book("bitopro")), sandbox.faults.rules) == (0, [])


def test_health_and_paths_that_are_none(sandbox: RunningSandbox) -> None:
    assert ask(sandbox, "GET", "health")["ok"]
    assert refused(sandbox, "GET", "nothing") == 404
    assert refused(sandbox, "DELETE", "settings") == 404
    broken = requests.post(f"{sandbox.base_url}/sandbox/faults", data=b"{", timeout=10)
    assert broken.status_code == 400


def test_exchanges_side_by_side_share_nothing() -> None:
    with running_sandbox() as one, running_sandbox() as other:
        one.place("nami", "BTCUSDT")
        assert one.base_url != other.base_url
        assert not other.live("nami")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::", ""])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"), running_sandbox(host=host):
        pass


def test_ready_connections(sandbox: RunningSandbox) -> None:
    for venue, conn_type in (
        ("nami", "nami"),
        ("bitopro", "bitopro"),
        ("loopring", "loopring"),
        ("binance", "ccxt"),
    ):
        connection = sandbox.connection(venue)
        assert connection.keys() - {"extra"} == {"conn_type", "host", "login", "password"}
        assert connection.get("extra") != {}
        assert (connection["conn_type"], connection["host"]) == (conn_type, sandbox.base_url)
    with pytest.raises(KeyError):
        sandbox.connection("nosuch")
    assert "secret" not in repr(sandbox.exchange.accounts["nami"])


@pytest.mark.parametrize(("method", "path", "body"), [
    ("PUT", "settings", {"rate_limits": "off"}),
    ("PUT", "settings", {"latency": "1"}),
    ("PUT", "settings", {"latency": -1}),
    ("PUT", "settings", {"skew": 1e300}),
    ("PUT", "settings", [1]),
    ("PUT", "faults", {"kind": "delay", "seconds": "3"}),
    ("PUT", "faults", {"kind": "skew", "seconds": 1e300}),
    ("PUT", "faults", {"kind": "status", "status": 9}),
    ("PUT", "faults", {"kind": "status", "times": "3"}),
    ("PUT", "faults", {"kind": "status", "requests": ["1"]}),
    ("PUT", "faults", {"kind": "status", "orders": "123"}),
    ("PUT", "faults", {"kind": "status", "acts": "no"}),
    ("PUT", "faults", {"kind": "truncate", "size": -5}),
    ("PUT", "faults", {"kind": "rate_limit", "retry_after": "date:x"}),
    ("PUT", "faults", {"kind": "rate_limit", "retry_after": "2\r\nX: y"}),
    ("POST", "nami/orders", {"symbol": 5}),
    ("POST", "nami/orders", {"symbol": "BTCUSDT", "age": 1e300}),
    ("POST", "nami/orders", {"symbol": "BTCUSDT", "count": "3"}),
    ("POST", "bitopro/orders", {"symbol": "btc_usdt", "client_order_id": 5}),
    ("POST", "bitopro/orders", 5),
])  # fmt: skip
def test_what_would_break_the_exchange_later_is_refused_at_once(
    sandbox: RunningSandbox, method: str, path: str, body: Any
) -> None:
    before = ask(sandbox, "GET", "settings")
    assert refused(sandbox, method, path, body) == 400
    assert ask(sandbox, "GET", "settings") == before
    assert ask(sandbox, "GET", "faults") == []
    assert requests.get(f"{sandbox.base_url}/v3/provisioning/trading-pairs", timeout=10).status_code == 200
    assert requests.get(sandbox.base_url, timeout=10).status_code == 200


def test_a_body_that_is_nested_too_deeply_is_refused(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.base_url}/sandbox/nami/orders"
    response = requests.post(url, data="[" * 100_000, timeout=10)
    assert (response.status_code, response.json()) == (400, {"error": "this is nested too deeply"})
