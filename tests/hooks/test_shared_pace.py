"""The shared pace at a real Redis, and at one that is away, slow or full: the account is flat in any case."""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.driver import pace_line
from airflow_provider_exchange.driver.clock import SystemClock, VenueClock
from airflow_provider_exchange.driver.pace_line import Line
from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from tests.redis_servers import free_port, redis_server, silent_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.redis_servers import RedisServer

PASSWORD = "s3cret-of-the-pace"


@pytest.fixture(autouse=True)
def lines_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_line, "_lines", {})


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine answer late: these tests are about what Redis says, and not about how soon."""
    monkeypatch.setattr(pace_line, "PATIENCE", 20.0)
    monkeypatch.setattr(pace_line, "AT_MOST", 20.0)
    monkeypatch.setattr(pace_line, "SOCKET", 10.0)


@pytest.fixture
def real() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def paced(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make a connection whose pace is at a port; return its id."""

    def make(venue: str, port: int, **fields: Any) -> str:
        exchange = sandbox.connection(venue)
        exchange["extra"] = {**exchange.get("extra", {}), "pace_conn_id": "the_pace"}
        if exchange["conn_type"] == "ccxt":
            exchange["extra"]["default_type"] = "spot"
        monkeypatch.setenv("AIRFLOW_CONN_PACED", json.dumps(exchange))
        pace = {"conn_type": "redis", "host": "127.0.0.1", "port": port, **fields}
        monkeypatch.setenv("AIRFLOW_CONN_THE_PACE", json.dumps(pace))
        return "paced"

    return make


def sweep(conn_id: str) -> None:
    hook = ExchangeHook.for_connection(conn_id)
    hook.cancel_all_orders(flat_for=0, timeout=60)
    hook.close()


MARKETS = {"nami": "BTCUSDT", "bitopro": "btc_usdt", "binance": "BTCUSDT"}


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(("venue", "ahead"), [("nami", 0.0), ("bitopro", 1.2), ("binance", 0.0)])
def test_eight_workers_with_one_key_are_never_refused(
    sandbox: RunningSandbox, paced: Callable[..., str], real: RedisServer, venue: str, ahead: float
) -> None:
    """The paper exchange has the limits of the venue, and one worker a clock that is off."""
    sandbox.exchange.apply_settings(rate_limits=True)
    conn_id = paced(venue, real.port)
    orders = [sandbox.place(venue, MARKETS[venue], quantity="0.5") for _ in range(16)]
    hooks = [ExchangeHook.for_connection(conn_id) for _ in range(8)]

    class Off(SystemClock):
        def wall(self) -> float:
            return super().wall() + ahead

    for hook in hooks:
        assert hook.planner
    hooks[0].planner.clock = Off()
    hooks[0].planner.venue_clock = VenueClock(hooks[0].planner.clock)

    def work(number: int) -> None:
        mine = [{"order_id": order.order_id, "symbol": MARKETS[venue]} for order in orders[number::8]]
        hooks[number].cancel_orders(mine, timeout=120)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not sandbox.live(venue)
    assert not [each for each in sandbox.request_log if each.status >= 400]
    assert real.client().keys("exchange-pace:{*}:*")


@pytest.fixture(params=["hangs", "is away", "has another password", "is full", "is a replica"])
def bad(request: pytest.FixtureRequest) -> Iterator[tuple[int, dict[str, Any]]]:
    with ExitStack() as stack:
        fields: dict[str, Any] = {}
        match request.param:
            case "hangs":
                port = stack.enter_context(silent_server())
            case "is away":
                port = free_port()
            case "has another password":
                port = stack.enter_context(redis_server("--requirepass", "another")).port
                fields = {"password": PASSWORD}
            case "is full":
                limit = ("--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
                port = stack.enter_context(redis_server(*limit)).port
            case _:
                port = stack.enter_context(redis_server("--replicaof", "127.0.0.1", str(free_port()))).port
        yield port, fields


@pytest.mark.parametrize("venue", ["nami", "bitopro"])
def test_a_redis_that_is_of_no_use_costs_next_to_nothing(
    sandbox: RunningSandbox,
    paced: Callable[..., str],
    bad: tuple[int, dict[str, Any]],
    venue: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, fields = bad
    in_vain = 0
    ask = Line.ask

    def watched(line: Line, *question: Any) -> Any:
        nonlocal in_vain
        may_wait = line.trouble is None
        answer = ask(line, *question)
        in_vain += may_wait and answer is None
        return answer

    monkeypatch.setattr(Line, "ask", watched)
    sandbox.place(venue, MARKETS[venue], quantity="0.5")
    with caplog.at_level(logging.DEBUG):
        sweep(paced(venue, port, **fields))
    assert not sandbox.live(venue)
    assert in_vain * pace_line.PATIENCE <= pace_line.AT_MOST
    told = [line for line in caplog.messages if line.startswith("No shared pace")]
    assert len(told) == 1
    assert "'the_pace'" in told[0]
    assert PASSWORD not in caplog.text


@pytest.mark.usefixtures("patient")
def test_a_redis_that_dies_in_mid_sweep_is_done_without_and_comes_back(
    sandbox: RunningSandbox, paced: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_line, "LOOK_AGAIN", 0.01)
    for _ in range(3):
        sandbox.place("nami", "BTCUSDT", quantity="0.5")
    with redis_server() as server:
        hook = ExchangeHook.for_connection(paced("nami", server.port))
        assert len(hook.list_open_orders()) == 3
        assert server.client().keys("*total*")
        server.kill()
        hook.cancel_all_orders(flat_for=0, timeout=60)
        assert not sandbox.live("nami")
        assert hook.pace is not None
        assert hook.pace.line is not None
        assert hook.pace.line.trouble is not None
        with redis_server(port=server.port) as again:
            while hook.pace.line.trouble is not None:
                time.sleep(0.01)
            hook.list_open_orders()
            counted = 0
            while counted < len(sandbox.request_log) - 1:  # those made without it were told afterwards
                counted = sum(again.client().zcard(key) for key in again.client().keys("*total:answered"))
    hook.close()


def test_a_pace_that_is_no_text_is_an_error(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = sandbox.connection("nami")
    monkeypatch.setenv("AIRFLOW_CONN_PACED", json.dumps({**fields, "extra": {"pace_conn_id": 7}}))
    with pytest.raises(ConnectionConfigError, match="pace_conn_id"):
        sweep("paced")
    assert not sandbox.request_log


@pytest.mark.parametrize("missing", ["the connection", "the type", "the package"])
def test_a_pace_that_cannot_be_used_is_told_and_changes_nothing(
    sandbox: RunningSandbox,
    paced: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    missing: str,
) -> None:
    conn_id = paced("nami", free_port(), **({"conn_type": "http"} if missing == "the type" else {}))
    if missing == "the connection":
        monkeypatch.delenv("AIRFLOW_CONN_THE_PACE")
        monkeypatch.setattr("airflow_provider_exchange.hooks.pace.BaseHook.get_connection", _no_connection)
    if missing == "the package":
        monkeypatch.setattr("airflow_provider_exchange.hooks.pace._import_redis", lambda: False)
    monkeypatch.setattr("airflow_provider_exchange.hooks.pace.BRIEFLY", 20)
    sandbox.place("nami", "BTCUSDT", quantity="0.5")
    hook = ExchangeHook.for_connection(conn_id)
    hook.cancel_all_orders(flat_for=0, timeout=60)
    hook.close()
    assert not sandbox.live("nami")
    expected = {"the connection": "RuntimeError", "the type": "'http', not redis", "the package": "[redis]"}
    told = [line for line in caplog.messages if line.startswith("No shared pace")]
    assert len(told) == 1
    assert expected[missing] in told[0]


_get_connection = ExchangeHook.get_connection


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("venue", MARKETS)
def test_one_429_without_a_time_does_not_stop_a_sweep(
    sandbox: RunningSandbox, paced: Callable[..., str], real: RedisServer, venue: str
) -> None:
    """From then on, each reply of Redis says so for an hour."""
    sandbox.place(venue, MARKETS[venue])
    sandbox.faults.add(kind="rate_limit", venue=venue, times=1)
    conn_id = paced(venue, real.port)
    began = time.monotonic()
    for _ in range(3):
        sweep(conn_id)
    assert not sandbox.live(venue)
    assert time.monotonic() - began < 20


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "password",
    ["s3cret-" + "0123456789" * 15, "s3cret\\x00-of-the-pace", "pw-4U"],
    ids=["long", "escaped", "short"],
)
def test_a_redis_that_quotes_the_password_does_not_bring_it_into_the_log(
    sandbox: RunningSandbox, paced: Callable[..., str], caplog: pytest.LogCaptureFixture, password: str
) -> None:
    """As a real one does that knows no AUTH: it quotes the first 128 characters of what it does not know."""
    sandbox.place("nami", "BTCUSDT")
    with redis_server("--rename-command", "AUTH", "") as server:
        sweep(paced("nami", server.port, password=password))
    assert "No shared pace" in caplog.text
    assert password[:6] not in caplog.text
    assert password[-6:] not in caplog.text
    assert not sandbox.live("nami")


def _no_connection(conn_id: str) -> Any:
    if conn_id == "the_pace":
        raise RuntimeError(f"nothing is to be told of {PASSWORD}")
    return _get_connection(conn_id)
