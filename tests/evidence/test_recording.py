"""What a run leaves: who asked, each request before it was signed, each answer, the verdict; and no secret."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.driver.blocking import send
from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.ccxt import client, settings
from airflow_provider_exchange.exchanges.ccxt.client import Wanted
from airflow_provider_exchange.exchanges.ccxt.loose import LooseCall
from airflow_provider_exchange.exchanges.loopring_signing import spellings
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import SYMBOLS, THROUGH_CCXT, VENUES, connection, paper
from tests.evidence.reading import lines, only, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

BOOKS = (*VENUES, *THROUGH_CCXT)
PLAIN_HEADER = re.compile(
    "accept|content-type|.*(timestamp|recv-window|sign-type|key-version|size-decimal)", re.IGNORECASE
)
"""Headers of a request that hold no key and no signature; evidence may have such a time or number by chance."""


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Takes all that went over the wire beside what was asked: headers, and what a signature was put with."""
    found: set[str] = set()

    def noting(session: Any, request: Request, timeout: float) -> Response:
        found.update(value for name, value in request.headers.items() if not PLAIN_HEADER.fullmatch(name))
        found.update(part.partition("=")[2] for part in request.url.split("&") if part.startswith("signature="))
        if request.body and b'"signature"' in request.body:
            put = json.loads(request.body)["signature"]
            found.update([put] if isinstance(put, str) else [put["r"], put["s"]])
        return send(session, request, timeout)

    monkeypatch.setattr("airflow_provider_exchange.driver.blocking.send", noting)
    return found


def secrets_of(sandbox: RunningSandbox, book: str) -> set[str]:
    fields = connection(sandbox, book)
    extra = fields.get("extra", {})
    found = {fields["login"], fields["password"], extra.get("passphrase", ""), extra.get("identity", "")}
    found |= set(spellings(int(fields["password"], 16))) if book == "loopring" else set()
    return found - {""}


@pytest.mark.parametrize("book", BOOKS)
def test_a_sweep(connect: Connect, sandbox: RunningSandbox, signed: set[str], tmp_path: Path, book: str) -> None:
    placed = {sandbox.place(book, SYMBOLS[book]).order_id for _ in range(3)}
    with closing(ExchangeHook.for_connection(connect(book))) as hook:
        report = hook.cancel_all_orders(evidence=str(tmp_path))
    attempt = only(tmp_path)
    assert attempt.is_whole
    assert report.evidence is not None
    assert (report.evidence.lines, report.evidence.hash) == (len(attempt.lines), attempt.last.hash)
    assert report.evidence.name == attempt.name
    told = lines(tmp_path)
    requests = [each["data"] for each in told if each["kind"] == "request"]
    assert [(each["method"], each["changes"]) for each in requests] == [
        (logged.method, logged.mutating) for logged in sandbox.request_log if logged.venue == paper(book)
    ]
    asked_to_cancel = json.dumps([each for each in requests if each["changes"]])
    assert {order_id for order_id in placed if order_id.rpartition(":")[2] not in asked_to_cancel} == set()
    answers = [each["data"] for each in told if each["kind"] == "answer"]
    assert sorted(each["number"] for each in answers) == [each["number"] for each in requests]
    assert {each["status"] for each in answers} == {200}
    shown = [(order["order_id"], order["state"]) for each in answers for order in each["orders"]]
    assert {order_id for order_id, state in shown if state == "open"} == placed
    verdict = {name: member for name, member in report.dump().items() if name != "evidence"}
    assert told[-1]["data"]["report"] == verdict
    written = text(tmp_path)
    assert len(signed) > 1
    assert {each for each in signed | secrets_of(sandbox, book) if each in written} == set()


@pytest.mark.parametrize("book", ["okx", "bitopro"])
def test_an_order_of_an_exchange_that_no_profile_describes(
    connect: Connect,
    sandbox: RunningSandbox,
    signed: set[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    book: str,
) -> None:
    monkeypatch.setattr(settings, "PROFILES", ())
    monkeypatch.setattr(client, "_markets", {})
    extra = {**connection(sandbox, book)["extra"], "exchange": book, "uncertified": True, "rate_limit": 1000}
    order_id = sandbox.place(book, SYMBOLS[book]).order_id
    with closing(ExchangeHook.for_connection(connect(book, conn_type="ccxt", extra=extra))) as hook:
        hook.cancel_order(order_id, "BTC/USDT", evidence=str(tmp_path))
    assert only(tmp_path).is_whole
    written = text(tmp_path)
    assert order_id in written
    assert {each for each in signed | secrets_of(sandbox, book) if each in written} == set()


def test_what_a_class_of_ccxt_has_signed_before_is_not_told() -> None:
    signature = {"r": "0x" + "1" * 64, "s": "0x" + "2" * 64, "v": 27}
    params = {"oid": 5, "coin": "BTC", "signature": signature, "sig": "0x" + "3" * 130, "legs": [signature]}
    call = LooseCall(None, Wanted("exchange", "private", "POST", params), endpoint="total")  # type: ignore[arg-type]
    assert call.unsigned() == {"oid": 5, "coin": "BTC"}


def test_a_failure_is_a_verdict_too(connect: Connect, sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    with (
        closing(ExchangeHook.for_connection(connect("bitopro"))) as hook,
        pytest.raises(ExchangeError) as caught,
    ):
        hook.cancel_all_orders(timeout=0.4, poll_interval=0.05, evidence=tmp_path)
    report = caught.value.report
    assert report is not None
    assert report.evidence is not None
    attempt = only(tmp_path)
    assert attempt.is_whole
    assert attempt.last.hash == report.evidence.hash
    assert "may be open; nothing is proved; it failed: OrdersStillOpenError" in "\n".join(attempt.sentences())


def test_what_was_no_answer_and_what_was_refused(
    connect: Connect, sandbox: RunningSandbox, venue: str, tmp_path: Path
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(Fault("drop_after", requests=(1,)))
    sandbox.faults.add(Fault("status", status=503, route="reads", requests=(2,)))
    with closing(ExchangeHook.for_connection(connect(venue))) as hook:
        hook.cancel_all_orders(evidence=tmp_path)
    assert only(tmp_path).is_whole
    told = lines(tmp_path)
    (lost,) = [each["data"] for each in told if each["kind"] == "no answer"]
    (refused,) = [each["data"] for each in told if each["kind"] == "answer" and each["data"]["status"] == 503]
    assert lost["error"]["type"] == refused["error"]["type"] == "ExchangeUnavailableError"
    assert (refused["orders"], refused["acknowledged"]) == ([], [])


def test_a_venue_that_shows_the_key_in_the_name_of_an_order(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    """Not all that a venue writes is its own."""
    conn_id = connect("binance")
    key = connection(sandbox, "binance")["login"]
    order_id = sandbox.place("binance", "BTCUSDT", client_order_id=f"x{key}"[:36]).order_id
    with closing(ExchangeHook.for_connection(conn_id)) as hook:
        hook.cancel_all_orders(evidence=tmp_path)
    assert key not in text(tmp_path)
    assert order_id in text(tmp_path)


def test_nothing_is_recorded_unless_it_is_asked_for(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    with closing(ExchangeHook.for_connection(connect("nami"))) as hook:
        assert hook.cancel_all_orders().evidence is None
        monkeypatch.setenv("AIRFLOW__EXCHANGE__EVIDENCE", str(tmp_path / "default"))
        assert hook.cancel_all_orders(evidence="").evidence is None
        assert list(tmp_path.iterdir()) == []
        assert hook.cancel_all_orders().evidence is not None
    assert only(tmp_path / "default").is_whole


def as_object(folder: Path) -> Any:
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    try:
        return ObjectStoragePath(folder.as_uri())
    except TypeError:
        pytest.skip("this Airflow's ObjectStoragePath does not go with the installed universal_pathlib")


@pytest.mark.parametrize("form", [Path, str, Path.as_uri, as_object])
def test_a_folder_is_named_in_any_form(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, form: Callable[[Path], Any]
) -> None:
    folder = tmp_path / "folder"
    with closing(ExchangeHook.for_connection(connect("nami"))) as hook:
        hook.cancel_all_orders(evidence=form(folder))
    assert only(folder).is_whole
