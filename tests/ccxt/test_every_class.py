"""
A sweep over all classes of the installed ccxt, to be run whenever another version is taken.

Each is used as an exchange that no profile describes, the certified ones too: whatever ccxt does by itself is seen.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import traceback
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests

from airflow_provider_exchange.errors import (
    ConnectionConfigError,
    ExchangeError,
    OrderNotFoundError,
    PermanentError,
)
from airflow_provider_exchange.exchanges.ccxt import client, settings
from airflow_provider_exchange.exchanges.ccxt.loose import is_public
from airflow_provider_exchange.models.orders import Order, OrderRef
from airflow_provider_exchange.protocol.messages import Request, Response
from tests.ccxt.classes import HOST, ORDER_ID, SECRETS, SPOT, SWAP, Steps, account, classes, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified

CLASSES = classes()
HIDDEN_FROM = 20
"""Characters from which a value of a header or a parameter is taken for a key or a signature."""


def nothing(_request: Request) -> Response:
    return Response(200, {}, b"{}")


def bare_list(_request: Request) -> Response:
    return Response(200, {}, b"[]")


def empty_data(_request: Request) -> Response:
    return Response(200, {}, b'{"code": "0", "data": [], "result": []}')


def everything_told(request: Request) -> str:
    """What an exchange that is out of order, or a proxy, may send back: all of the request."""
    return " ".join([request.url, str(dict(request.headers)), (request.body or b"").decode(), *SECRETS])


def page(request: Request) -> Response:
    return Response(200, {}, f"<html>{everything_told(request)}</html>".encode())


def refusal(request: Request) -> Response:
    told = everything_told(request)
    return Response(400, {}, json.dumps({"code": 400, "msg": told, "message": told, "error": told}).encode())


ANSWERS = (nothing, page, refusal)
EMPTY = (nothing, bare_list, empty_data)


@pytest.fixture(autouse=True)
def uncertified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no class be certified, and no markets be known from another test."""
    monkeypatch.setattr(settings, "PROFILES", ())
    monkeypatch.setattr(client, "_markets", {})


@pytest.fixture(autouse=True)
def no_io(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail if anything but the steps would reach out, be it that ccxt makes light of the failure."""
    reached: list[str] = []

    def refuse(name: str) -> Callable[..., Any]:
        def refused(*_args: Any, **_kwargs: Any) -> Any:
            reached.append(name)
            raise OSError(f"{name} is not to be used")

        return refused

    for owner, name in (
        (socket.socket, "connect"),
        (socket, "getaddrinfo"),
        (aiohttp.ClientSession, "_request"),
        (requests.Session, "send"),
    ):
        monkeypatch.setattr(owner, name, refuse(name))
    yield
    assert not reached


def usable(exchange: str, market: dict[str, Any] | None = None) -> list[Uncertified]:
    """Return an account, or nothing where the class cannot be used, which has a test of its own."""
    try:
        return [account(exchange, market)]
    except ConnectionConfigError:
        return []


def used(exchange: str, answer: Callable[[Request], Response]) -> Iterator[Steps]:
    """Yield the steps of everything that is done at an exchange."""
    for made in usable(exchange):
        yield taken(made.markets(), answer)
    for market in (SPOT, SWAP):
        for made in usable(exchange, market):
            yield taken(made.probe(), answer)
            yield taken(made.read_order(OrderRef(ORDER_ID, market["symbol"])), answer)
            yield cancelled(made, market, answer)


def cancelled(made: Uncertified, market: dict[str, Any], answer: Callable[[Request], Response]) -> Steps:
    cancellation = made.cancel_one(OrderRef(ORDER_ID, market["symbol"]), {})
    assert cancellation is not None
    return taken(cancellation.operation, answer)


def test_these_are_all() -> None:
    assert set(CLASSES) == client.known_exchanges()
    assert len(CLASSES) > 90


@pytest.mark.parametrize("exchange", CLASSES)
def test_one_that_cannot_be_used_says_so_in_a_sentence(exchange: str) -> None:
    if usable(exchange):
        return
    sentence = r"extra 'exchange' is one of which ccxt (has no|wants) [^;]*; use another exchange$"
    with pytest.raises(ConnectionConfigError, match=sentence):
        account(exchange)


@pytest.mark.parametrize("exchange", CLASSES)
def test_a_cancel_changes_one_thing_which_is_the_order(exchange: str) -> None:
    for market in (SPOT, SWAP):
        for made in usable(exchange, market):
            steps = cancelled(made, market, nothing)
            assert all(read.method == "GET" or is_public(read) for read in steps.reads)
            assert len(steps.changes) <= 1
            for change in steps.changes:
                assert steps.asked[-1][0] is change, "nothing comes after the change"
                assert re.search(rf"\b{ORDER_ID}\b", repr(change.params))
                assert not re.search(r"(?i)cancel.?all|approv|withdraw|transfer|referr", change.path)
                assert change.method != "GET" or "cancel" in change.path, "or it only reads the order"


@pytest.mark.parametrize("exchange", CLASSES)
def test_a_read_changes_nothing(exchange: str) -> None:
    wanted = []
    for made in usable(exchange):
        wanted += taken(made.markets(), nothing).asked
    for made in usable(exchange, SPOT):
        wanted += taken(made.read_order(OrderRef(ORDER_ID, "BTC/USDT")), nothing).asked
        wanted += taken(made.probe(), nothing).asked
    for read, _, is_change in wanted:
        assert not is_change
        assert read.method in ("GET", "POST")
        assert not re.search(r"(?i)approv|cancel|create|delete|referr|withdraw|transfer", read.path)


@pytest.mark.parametrize("exchange", CLASSES)
def test_an_empty_answer_proves_nothing(exchange: str) -> None:
    """It is neither an order that has ended nor the exchange's word that there is none."""
    for market in (SPOT, SWAP):
        for made in usable(exchange, market):
            for answer in EMPTY:
                steps = taken(made.read_order(OrderRef(ORDER_ID, market["symbol"])), answer)
                assert not isinstance(steps.result, Order)
                assert isinstance(steps.error, ExchangeError)
                assert not isinstance(steps.error, OrderNotFoundError)


@pytest.mark.parametrize("exchange", CLASSES)
def test_nothing_that_signs_is_told(exchange: str, caplog: pytest.LogCaptureFixture) -> None:
    assert not told_at(exchange, caplog)


def told_at(exchange: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the texts in which something shows that signs, or was signed."""
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    hidden = set(SECRETS)
    for answer in ANSWERS:
        for steps in used(exchange, answer):
            if steps.error is not None:
                told += [repr(steps.error), *traceback.format_exception(steps.error)]
            for wanted, request, _ in steps.asked:
                told += [repr(wanted), repr(request)]
                hidden |= hidden_in(request)
    told += [*map(repr, usable(exchange)), caplog.text]
    return [text for text in told if any(secret in text for secret in hidden)]


def hidden_in(request: Request) -> set[str]:
    """Return what of a request only its exchange may see."""
    query = request.url.partition("?")[2]
    values = [*request.headers.values(), *(part.partition("=")[2] for part in query.split("&"))]
    texts = [query, (request.body or b"").decode(), *values]
    return {text for text in texts if len(text) >= HIDDEN_FROM and "application/" not in text}


@pytest.mark.parametrize("exchange", CLASSES)
def test_the_connections_host_replaces_that_of_every_url(exchange: str) -> None:
    for steps in used(exchange, nothing):
        assert all(request.url.startswith(f"{HOST}/") for request in steps.sent)


def test_most_classes_can_cancel() -> None:
    """Or the tests above would say little."""
    able = set()
    for exchange in CLASSES:
        for market in (SPOT, SWAP):
            try:
                made = account(exchange, market)
            except ConnectionConfigError:
                continue
            try:
                steps = cancelled(made, market, nothing)
            except PermanentError:
                continue
            if steps.changes:
                able.add(exchange)
    assert len(able) >= 65
    assert {"binance", "okx", "bybit", "bitopro", "kraken", "gate", "deribit", "aster"} <= able


def test_a_secret_that_is_told_would_be_found(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kraken = account("kraken").client.ccxt
    sign = type(kraken).sign

    def telling(self: Any, *args: Any) -> Any:
        signed = sign(self, *args)
        logging.getLogger("ccxt").debug("sending %s", signed["headers"])
        return signed

    monkeypatch.setattr(type(kraken), "sign", telling)
    assert told_at("kraken", caplog)
