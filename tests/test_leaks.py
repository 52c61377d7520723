"""Nothing that could sign a request, or that did, shows up anywhere a person or a database could keep it."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import redact

from airflow_provider_exchange.driver.blocking import send
from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.loopring_signing import spellings
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.protocol.messages import Request, Response
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import SYMBOLS
from tests.connections import Connect, connect, running, sandbox, venue
from tests.metrics.listener import statsd
from tests.report.airflows import context
from tests.stepping import first_call, run_on
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.metrics.listener import Listener

__all__ = ["connect", "running", "sandbox", "statsd", "venue"]


class Wire:
    """What went over the wire that must not be seen elsewhere."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()

    def note(self, request: Request) -> None:
        for name, value in request.headers.items():
            if name.lower() in ("x-api-key", "x-bitopro-apikey", "x-bitopro-signature", "x-api-sig"):
                self.secrets.add(value)
        if "signature=" in request.url:
            self.secrets.add(request.url.rpartition("signature=")[2])
        if request.body and b'"signature"' in request.body:
            self.secrets.add(json.loads(request.body)["signature"])


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, venue: str) -> Iterator[Wire]:
    noted = Wire()

    def noting(session: Any, request: Request, timeout: float) -> Response:
        noted.note(request)
        return send(session, request, timeout)

    monkeypatch.setattr("airflow_provider_exchange.driver.blocking.send", noting)
    fields = sandbox.connection(venue)
    noted.secrets |= {fields["login"], fields["password"]}
    if venue == "loopring":
        noted.secrets |= set(spellings(int(fields["password"], 16)))
    yield noted
    assert len(noted.secrets) > 2, "nothing was signed"


def cancel_all(conn_id: str, context: Any, **kwargs: Any) -> Any:
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=conn_id, poll_interval=0.05, timeout=0.3, **kwargs
    )
    return Task(operator, context=context).run()


def troubles(sandbox: RunningSandbox) -> dict[str, Callable[[], object]]:
    add = sandbox.faults.add
    return {
        "none": lambda: None,
        "drops": lambda: add(Fault("drop_after")),
        "html": lambda: add(Fault("html")),
        "truncated": lambda: add(Fault("truncate", full_length=True)),
        "unavailable": lambda: add(Fault("status", status=503)),
        "limited": lambda: add(Fault("rate_limit", retry_after="9")),
        "refused": lambda: add(Fault("refuse_cancel")),
        "hangs": lambda: add(Fault("hang", seconds=0.2)),
    }


TROUBLES = ["none", "drops", "html", "truncated", "unavailable", "limited", "refused", "hangs"]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("deferrable", [False, True], ids=["in the task", "deferred"])
def test_neither_logs_nor_errors_nor_results_nor_metrics_hold_a_secret(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    wire: Wire,
    statsd: Listener,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    deferrable: bool,
) -> None:
    monkeypatch.setattr("airflow_provider_exchange.tasks.cancelling.LAST_LOOK", 0.2)
    for _ in range(3):
        sandbox.place(venue, SYMBOLS[venue])
    troubles(sandbox)[trouble]()
    seen: list[str] = []
    around = context()
    with caplog.at_level(logging.DEBUG):
        try:
            seen.append(json.dumps(cancel_all(connect(venue), around, deferrable=deferrable)))
        except Exception as error:  # noqa: BLE001  (whatever it is, it may not tell)
            seen += [str(error), repr(error), "".join(traceback.format_exception(error))]
            seen += [str(pickle.loads(pickle.dumps(error)))] if isinstance(error, ExchangeError) else []
            seen.append(json.dumps(error.report.dump()))  # type: ignore[attr-defined]
    with caplog.at_level(logging.DEBUG), suppress(ExchangeError):
        CancelAllOrdersNotifier(connect(venue), poll_interval=0.05, timeout=0.3).notify(around)
    captured = capfd.readouterr()
    packets = statsd.packets()
    assert any("exchange.kill_switches.fired" in packet for packet in packets)
    seen += packets
    seen += [json.dumps(around["ti"].pushed["report"]), caplog.text, captured.out, captured.err]
    assert any("kill_switch" in text for text in seen)
    found = {secret for secret in wire.secrets for text in seen if secret in text}
    assert not found


def test_wrong_keys_are_not_repeated_back(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    wrong = "0x" + "5" * 60 if venue == "loopring" else "wrong-secret-of-mine"
    conn_id = connect(venue, login="wrong-key-of-mine", password=wrong)
    hook = ExchangeHook.for_connection(conn_id)
    ok, message = hook.test_connection()
    assert not ok
    with pytest.raises(ExchangeError) as caught:
        hook.list_open_orders()
    for text in (message, str(caught.value), repr(caught.value)):
        assert "wrong-key-of-mine" not in text
        assert wrong not in text


@pytest.mark.parametrize("shape", ["key", "secret", "signature"])
def test_a_venue_that_echoes_what_it_was_sent_is_not_quoted(connect: Connect, venue: str, shape: str) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    exchange = hook.exchange
    echoed = {"key": sorted(exchange.secrets)[0], "secret": sorted(exchange.secrets)[-1], "signature": "ab12" * 16}
    words = f"Invalid: {echoed[shape]}!"
    body = {
        "nami": {"statusCode": 401, "message": words, "error": "Unauthorized"},
        "bitopro": {"error": words},
        "loopring": {"resultInfo": {"code": 104005, "message": words}},
    }[venue]
    with pytest.raises(ExchangeError, match="Invalid") as caught:
        run_on(exchange.probe(), Response(401, {}, json.dumps(body).encode()))
    assert echoed[shape] not in str(caught.value)


def test_nothing_shows_in_the_repr_of_anything(connect: Connect, venue: str) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    exchange = hook.exchange
    call = first_call(exchange.probe())
    request = call.begin(1_800_000_000_000)
    answer = Response(200, {}, b"paper-key")
    shown = " ".join(repr(thing) for thing in (hook, exchange, hook.settings, hook.planner, request, answer, call))
    assert not {secret for secret in exchange.secrets if secret in shown}
    for signed in ("signature", "X-API-SIG", "X-BITOPRO"):
        assert signed not in shown


def test_secrets_are_registered_with_airflows_masker(connect: Connect, venue: str) -> None:
    """The key in the login too, which Airflow does not mask by itself, and every spelling of a private key."""
    exchange = ExchangeHook.for_connection(connect(venue)).exchange
    assert exchange.secrets
    for secret in exchange.secrets:
        assert secret not in str(redact(f"a line with {secret} in it"))


def test_rendered_templates_hold_names_only(connect: Connect, venue: str) -> None:
    conn_id = connect(venue)
    for operator in (
        CancelOrderOperator(task_id="a", exchange_conn_id=conn_id, order_id="1", symbol=SYMBOLS[venue]),
        CancelAllOrdersOperator(task_id="b", exchange_conn_id=conn_id),
        OrderStatusSensor(task_id="c", exchange_conn_id=conn_id, order_id="1"),
    ):
        fields = {name: repr(getattr(operator, name)) for name in operator.template_fields}
        assert conn_id in fields["exchange_conn_id"]
        assert "paper" not in " ".join(fields.values())


def test_the_triggers_side_keeps_quiet_too(
    connect: Connect, sandbox: RunningSandbox, venue: str, caplog: pytest.LogCaptureFixture
) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue]).order_id
    hook = ExchangeHook.for_connection(connect(venue))
    sandbox.faults.add(Fault("drop_before", times=1))

    async def read() -> None:
        async with hook.async_transport() as transport:
            for _ in range(2):
                try:
                    await transport.run(hook.plan_reading(hook.check_orders([order_id], SYMBOLS[venue])))
                except ExchangeError as error:
                    logging.getLogger("test").warning("met %r", error)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(read())
    assert "met" in caplog.text
    assert not {secret for secret in hook.exchange.secrets if secret in caplog.text}
    assert "signature=" not in caplog.text.replace("signature=***", "")
