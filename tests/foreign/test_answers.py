"""What the adapter makes of the answers that the library gets."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.sandbox.faults import Fault
from tests.foreign import client as library
from tests.foreign.accounts import VENUE, ForeignAccount
from tests.foreign.exchanged import (
    MARKETS,
    ORDER,
    answered,
    cancel,
    ref,
)
from tests.stepping import run_on

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.foreign.adapter import Foreign


@pytest.mark.parametrize(
    "odd",
    [
        {},
        None,
        {**ORDER, "id": []},
        {**ORDER, "id": "8", "status": []},
        {**ORDER, "id": "../all"},
        {**ORDER, "pair": None},
    ],
    ids=json.dumps,
)
def test_an_odd_order_does_not_reach_the_library(exchange: Foreign, odd: Any) -> None:
    """It would fail at it, or ask for the next page after an order of that name."""
    both = answered({"data": [ORDER, odd]})
    plain, strange = run_on(exchange.list_open(), answered(MARKETS), both, both)
    assert (plain.order_id, plain.unreadable) == ("7", frozenset())
    assert strange.unreadable
    many = [ref(exchange, order_id) for order_id in ("7", "9", "10")]
    assert run_on(exchange.read_ended(many, None), both) == {exchange.key(plain): plain}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"orders": []},
        {"data": {}},
        {"error": "a success?", "data": None},
    ],
    ids=json.dumps,
)
def test_an_answer_that_misses_something_is_unreadable(exchange: Foreign, body: Any) -> None:
    with pytest.raises(UnreadableResponseError):
        run_on(exchange.list_open(), answered(MARKETS), answered(body))
    with pytest.raises(UnreadableResponseError):
        run_on(exchange.list_open(), answered({"data": None}), answered(body))
    many = [ref(exchange, str(number)) for number in (1, 2, 3)]
    with pytest.raises(UnreadableResponseError):
        run_on(exchange.read_ended(many, None), answered(body))


def test_null_is_the_venues_word_for_an_empty_list(exchange: Foreign) -> None:
    empty = answered({"data": None})
    assert run_on(exchange.list_open(), answered(MARKETS), empty, empty) == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefusedError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, OrderNotFoundError),
        (409, ClockSkewError),
        (418, ExchangeUnavailableError),
        (422, RequestRefusedError),
        (429, RateLimitedError),
        (503, ExchangeUnavailableError),
    ],
)
def test_only_the_venues_own_words_mean_more_than_a_failure(
    exchange: Foreign, status: int, kind: type[ExchangeError]
) -> None:
    with pytest.raises(kind) as caught:
        run_on(exchange.read_order(ref(exchange)), answered(MARKETS), answered({"error": "words"}, status))
    assert (type(caught.value), caught.value.code) == (kind, str(status))
    with pytest.raises(RateLimitedError if status == 429 else ExchangeUnavailableError):
        run_on(exchange.read_order(ref(exchange)), answered({"message": "a gateway's"}, status))
    with pytest.raises(RateLimitedError if status == 429 else ExchangeUnavailableError):
        run_on(exchange.read_order(ref(exchange)), Response(status, {}, b"<html>"))


def test_only_a_read_of_the_order_itself_tells_that_there_is_none(exchange: Foreign) -> None:
    nothing = answered({"error": "Resource Not Found"}, 404)
    with pytest.raises(ExchangeUnavailableError):
        run_on(exchange.read_order(ref(exchange)), nothing)
    with pytest.raises(ExchangeUnavailableError):
        run_on(exchange.list_open(), answered(MARKETS), nothing)


@pytest.mark.parametrize("kind", [library.NetworkError, KeyError], ids=["known", "unknown"])
def test_errors_hold_nothing_that_was_signed(
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Exception],
) -> None:
    caplog.set_level("DEBUG")
    account = ForeignAccount(sandbox, password="not-the-secret")
    sent: list[Any] = []
    account.transport.before_send = sent.append
    with pytest.raises(AuthenticationError) as refused:
        account.run(account.exchange.list_open())
    sandbox.faults.add(Fault("status", status=503, route="cancels"))
    with pytest.raises(ExchangeUnavailableError) as unavailable:
        account.run(cancel(account.exchange))  # type: ignore[arg-type]

    def broken(self: library.Client, row: Any) -> Any:
        raise kind(f"{sent[-1].url} {sent[-1].headers}")

    monkeypatch.setattr(library.Client, "parse_order", broken)
    account.close()
    account = ForeignAccount(sandbox)
    account.transport.before_send = sent.append
    account.place()
    with pytest.raises((ExchangeUnavailableError, UnreadableResponseError)) as failed:
        account.run(account.exchange.list_open())
    account.close()
    secrets = {value for request in sent for name, value in request.headers.items() if name.startswith("X-")}
    secrets |= {sandbox.connection(VENUE)["password"], "not-the-secret", sandbox.base_url}
    for caught in (refused, unavailable, failed):
        error = caught.value
        shown = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.__context__)
        assert not [secret for secret in secrets if secret in shown]
    library_log = "".join(record.getMessage() for record in caplog.records if "foreign" in record.name)
    assert not [secret for secret in secrets if secret in library_log]
