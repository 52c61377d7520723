"""What a person has to mend in a connection is told before anything is sent, whoever uses the connection."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from argparse import Namespace
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.cli import commands
from airflow_provider_exchange.driver.effects import Send
from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.get_provider_info import COMMON_FIELDS, VENUES, connection_type
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from airflow_provider_exchange.tasks.trigger_event import read_event
from airflow_provider_exchange.triggers import events
from airflow_provider_exchange.triggers.events import OrderEventTrigger
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
from tests.conftest import forget_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no CA file": ({"verify": "/nowhere/ca.pem"}, "extra 'verify'"),
    "SOCKS": ({"proxy": "socks5://me:hunter2@proxy.example:1080"}, "extra 'proxy'"),
    "bracket": ({"proxy": "http://me:hunter2[@proxy.example:3128"}, "extra 'proxy'"),
    "many requests": ({"rate_limit": 1e300}, "extra 'rate_limit'"),
    "few requests": ({"rate_limit": 1e-300}, "extra 'rate_limit'"),
    "long time": ({"timeout": 1e300}, "extra 'timeout'"),
    "short time": ({"timeout": 1e-9}, "extra 'timeout'"),
    "misspelt": ({"rate_limt": 2}, "extra 'rate_limt' is unknown; write 'rate_limit'"),
}

SELECTION = {"order_id": "1", "symbol": "BTCUSDT"}


def cancel_all(conn_id: str) -> None:
    CancelAllOrdersOperator(task_id="t", exchange_conn_id=conn_id).execute({})


def cancel_one(conn_id: str) -> None:
    CancelOrderOperator(task_id="t", exchange_conn_id=conn_id, order_id="1", symbol="BTCUSDT").execute({})


def cancel_deferrable(conn_id: str) -> None:
    CancelAllOrdersOperator(task_id="t", exchange_conn_id=conn_id, deferrable=True).execute({})


def sensor(conn_id: str) -> None:
    OrderStatusSensor(task_id="t", exchange_conn_id=conn_id, order_id="1", symbol="BTCUSDT").poke({})


def trigger(conn_id: str) -> None:
    async def fire() -> Any:
        waiting = OrderStatusTrigger(conn_id, [SELECTION], ["filled"], [], 0.1, 1e11)
        async with aclosing(waiting.run()) as fired:  # type: ignore[type-var]
            return (await anext(fired)).payload

    read_event(asyncio.run(fire()))


def watcher(conn_id: str) -> None:
    """It goes on as soon as somebody has mended the connection, and meanwhile logs the error."""

    async def look() -> str:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stream = OrderEventTrigger(conn_id, ["filled"], poke_interval=0.1).run()
        with patch.object(events.log, "error", lambda *args: told.set_result(str(args[-1]))):
            async with aclosing(stream):
                looking = asyncio.ensure_future(anext(stream))
                message = await told
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
        return message

    raise ConnectionConfigError(asyncio.run(look()))


def notifier(conn_id: str) -> None:
    CancelAllOrdersNotifier(conn_id).notify({})


def async_notifier(conn_id: str) -> None:
    asyncio.run(CancelAllOrdersNotifier(conn_id).async_notify({}))


def command(conn_id: str) -> None:
    """Commands end with the error's text."""
    with patch.dict(os.environ), pytest.raises(SystemExit) as ended:
        commands.list_orders(Namespace(conn_id=[conn_id], symbol=None, output="json", verbose=False))
    raise ConnectionConfigError(str(ended.value))


def connection_test(conn_id: str) -> None:
    ok, message = ExchangeHook.for_connection(conn_id).test_connection()
    assert not ok
    raise ConnectionConfigError(message)


USES = [
    cancel_all,
    cancel_one,
    cancel_deferrable,
    sensor,
    trigger,
    watcher,
    notifier,
    async_notifier,
    command,
    connection_test,
]


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("use", USES)
def test_it_is_told_before_any_request(
    connect: Connect, sandbox: RunningSandbox, use: Callable[[str], None], kind: str
) -> None:
    extra, words = BAD[kind]
    conn_id = connect("nami", extra=extra)
    with pytest.raises((ConnectionConfigError, AirflowFailException)) as caught:
        use(conn_id)
    message = str(caught.value)
    assert f"connection {conn_id!r}: {words}" in message
    assert "; " in message.partition(words)[2] + words, "it says what to do"
    assert "hunter2" not in message
    assert sandbox.request_log == []


@pytest.mark.parametrize("port", [-5, 65_536, 700_000])
def test_a_port_out_of_range_is_refused(connect: Connect, port: int) -> None:
    conn_id = connect("nami", host="api.example", port=port)
    with pytest.raises(ConnectionConfigError, match="port is out of range; enter one"):
        ExchangeHook.for_connection(conn_id).list_open_orders()


@pytest.mark.parametrize(
    "host", ["a..b", f"{'a' * 64}.example", "a." * 130 + "b", "[fe80::1%25eth0]", "[zz::1]", "-a", "a..", ".", "ü_"]
)
def test_a_host_that_no_name_server_could_know_is_refused(connect: Connect, host: str) -> None:
    conn_id = connect("nami", host=f"https://{host}")
    with pytest.raises(ConnectionConfigError, match="host is not a host name"):
        ExchangeHook.for_connection(conn_id).list_open_orders()


def test_an_extra_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ConnectionConfigError, match="extra is not a JSON object"):
        ConnectionSettings.parse_extra("exchange", "nami", '{"a": ' * 200_000)


KNOWN = [(venue, name) for venue in VENUES for name in connection_type(venue)["conn-fields"]]
READ_ONCE = [(venue, name) for venue, name in KNOWN if venue == "nami" or name not in COMMON_FIELDS]
"""Those that all venues have are read by the same code."""
REQUIRED: dict[str, dict[str, Any]] = {
    "nami": {},
    "bitopro": {"identity": "trader@example.com"},
    "loopring": {"account_id": 10_005},
    "ccxt": {"exchange": "binance"},
}
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.from_regex(r"(https?|socks5|ftp)?(://)?[a-z@:\[\]%/.0-9-]*", fullmatch=True)
    | st.sampled_from(["1e300", "-1", "nan", "inf", "0", "1_000", "true", "FALSE", "json", "/", "/dev/null", "\0"])
    | st.sampled_from([10**400, 2**70, 1e-300, 5e-324]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


def use_all(venue: str, extra: dict[str, Any]) -> None:
    """Begin a request with a connection to the paper exchange in both drivers."""
    forget_secrets()
    connection = {
        "conn_type": venue,
        "host": "https://venue.example",
        "login": "key",
        "password": "0x" + "1" * 60,
        "extra": {**REQUIRED[venue], **extra},
    }
    with patch.dict(os.environ, AIRFLOW_CONN_ANY=json.dumps(connection)):
        hook = ExchangeHook.for_connection("any")
    plan = hook.planner.plan(hook.exchange.probe(), 60)
    effect = next(plan)
    assert isinstance(effect, Send)
    assert 0.05 <= effect.timeout <= 60
    assert hook.get_conn()
    hook.close()
    asyncio.run(open_on_a_loop(hook))
    plan.close()


async def open_on_a_loop(hook: ExchangeHook) -> None:
    async with hook.async_transport():
        pass


@pytest.mark.parametrize(("venue", "name"), READ_ONCE)
@settings(max_examples=30, deadline=None)
@given(value=ANYTHING)
@example(value=[[]])
@example(value={"a": {}})
@example(value=10**400)
def test_any_value_of_an_extra_is_usable_or_refused(venue: str, name: str, value: Any) -> None:
    with patch.dict(os.environ):
        os.environ.pop("AIRFLOW_CONN_ANY", None)
        try:
            use_all(venue, {name: value})
        except ConnectionConfigError as error:
            assert repr(name) in str(error)  # noqa: PT017


@settings(max_examples=40, deadline=None)
@given(name=st.text(), value=ANYTHING)
def test_any_name_of_an_extra_is_usable_or_refused(name: str, value: Any) -> None:
    try:
        use_all("nami", {name: value})
    except ConnectionConfigError as error:
        assert "extra" in str(error)  # noqa: PT017


def typos(name: str) -> set[str]:
    """Every way to leave out, double or swap a letter, and other spellings of it."""
    cuts = range(len(name))
    return (
        {name[:at] + name[at + 1 :] for at in cuts}
        | {name[:at] + name[at] + name[at:] for at in cuts}
        | {name[:at] + name[at : at + 2][::-1] + name[at + 2 :] for at in cuts}
        | {name.upper(), name.title(), name.replace("_", "-"), name.replace("_", ""), f" {name}", f"{name}s"}
    ) - {name}


@pytest.mark.parametrize(("venue", "name"), KNOWN)
def test_a_misspelt_extra_is_refused_with_the_known_name(venue: str, name: str) -> None:
    known = connection_type(venue)["conn-fields"]
    for typo in typos(name):
        fields = ConnectionSettings("c", venue, extra={**REQUIRED[venue], typo: "x"})
        with pytest.raises(ConnectionConfigError, match=f"write {name!r} if that is meant"):
            fields.unknown_extras(known)


NOTES = ["owner", "comment", "note", "account", "entity", "team", "env", "region", "description", "contact"]


def test_any_other_extra_is_one_warning(
    connect: Connect, sandbox: RunningSandbox, venue: str, caplog: pytest.LogCaptureFixture
) -> None:
    extra = sandbox.connection(venue).get("extra", {})
    foreign = {name for fields in VENUES.values() for name in fields.fields} - set(VENUES[venue].fields)
    names = [*NOTES, *sorted(foreign)]
    conn_id = connect(venue, extra={**extra, **dict.fromkeys(names, "do-not-show"), "empty": "", "none": None})
    for _ in range(3):
        hook = ExchangeHook.for_connection(conn_id)
        hook.list_open_orders()
        hook.close()
    (warning,) = [record for record in caplog.records if record.name.endswith("hooks.connections")]
    assert warning.levelno == logging.WARNING
    message = warning.getMessage()
    assert all(repr(name) in message for name in names)
    assert "do-not-show" not in message
    assert "'empty'" not in message
    assert not any(repr(name) in message for name in COMMON_FIELDS)
