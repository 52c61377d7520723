"""
What ccxt would send by itself, and what keeps it from being sent.

Where a guard can be taken out, a second test does so, and shows that the first would fail.
"""

from __future__ import annotations

import json
import traceback
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ConnectionConfigError,
    ExchangeUnavailableError,
    PermanentError,
    PermissionDeniedError,
)
from airflow_provider_exchange.exchanges.ccxt import client, loose, settings, uncertified
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.messages import Request, Response
from tests.ccxt.classes import ORDER_ID, SECRET, SPOT, SWAP, Steps, account, connection, taken
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified
    from airflow_provider_exchange.protocol.steps import Operation

APPROVING = ("aster", "hyperliquid")
"""Exchanges whose classes approve of a fee to ccxt's address by themselves."""
READS_ARE_NOT_DATED = frozenset({"hyperliquid"})
UNMADE = Endpoint("privateDeleteOpenOrders", "cancel", changes=True)
"""Binance's "cancel everything", which no profile has."""


@pytest.fixture(autouse=True)
def no_known_markets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_markets", {})


@pytest.fixture
def none_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROFILES", ())


def certified(exchange: str, **extra: Any) -> Ccxt:
    made = Ccxt.from_settings(connection(exchange, extra={"uncertified": False, **extra}))
    assert isinstance(made, Ccxt)
    return made


def nothing(_request: Request) -> Response:
    return Response(200, {}, b"{}")


def everything_done_at(exchange: str) -> Iterator[Steps]:
    yield taken(account(exchange).markets(), nothing)
    for market in (SPOT, SWAP):
        made = account(exchange, market)
        ref = OrderRef(ORDER_ID, market["symbol"])
        yield taken(made.read_order(ref), nothing)
        yield taken(made.probe(), nothing)
        yield cancelled(made, market["symbol"])


def cancelled(made: Uncertified, symbol: str = "BTC/USDT") -> Steps:
    cancellation = made.cancel_one(OrderRef(ORDER_ID, symbol), {})
    assert cancellation is not None
    return taken(cancellation.operation, nothing)


def approvals(exchange: str) -> list[str]:
    """Return what is signed for an exchange that has to do with fees, or with those who recommend others."""
    signed = (wanted for steps in everything_done_at(exchange) for wanted, _, _ in steps.asked)
    texts = (f"{wanted.path} {wanted.params}" for wanted in signed)
    return [text for text in texts if "approveBuilder" in text or "setReferrer" in text]


# -- approvals of fees


@pytest.mark.usefixtures("none_is_certified")
@pytest.mark.parametrize("exchange", APPROVING)
def test_no_fee_is_approved(exchange: str) -> None:
    assert not approvals(exchange)


@pytest.mark.usefixtures("none_is_certified")
@pytest.mark.parametrize("exchange", APPROVING)
def test_no_fee_is_approved_even_if_ccxt_does_not_heed_its_options(
    exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DOES_LESS", {})
    assert not approvals(exchange)
    refused = [steps.error for steps in everything_done_at(exchange) if isinstance(steps.error, PermanentError)]
    assert any("neither signed nor sent" in str(error) for error in refused)


@pytest.mark.usefixtures("none_is_certified")
@pytest.mark.parametrize("exchange", APPROVING)
def test_without_the_guards_it_would_be(exchange: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DOES_LESS", {})
    monkeypatch.setattr(uncertified, "reading", unguarded)
    monkeypatch.setattr(uncertified, "cancelling", unguarded)
    assert approvals(exchange)


def unguarded(client: Any, wanted: Any, _what: Any) -> loose.LooseCall:
    return loose.LooseCall(client, wanted, endpoint="total")


@pytest.mark.usefixtures("none_is_certified")
@pytest.mark.parametrize("exchange", APPROVING)
def test_an_order_is_cancelled_there_all_the_same(exchange: str) -> None:
    symbol = "BTC/USDT:USDT"
    (change,) = cancelled(account(exchange, SWAP), symbol).changes
    assert ORDER_ID in repr(change.params)


# -- classes that do more than they are asked


def kraken_whose_cancel(monkeypatch: pytest.MonkeyPatch, cancel_order: Any) -> Uncertified:
    made = account("kraken", SPOT)
    monkeypatch.setattr(type(made.client.ccxt), "cancel_order", cancel_order)
    return made


def test_a_second_change_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancel_order(self: Any, order_id: str, _symbol: str | None = None) -> None:
        await self.privatePostCancelOrder({"txid": order_id})
        await self.privatePostCancelAll({})

    steps = cancelled(kraken_whose_cancel(monkeypatch, cancel_order))
    assert [change.path for change in steps.changes] == ["CancelOrder"]
    assert steps.error is None


def test_a_change_that_comes_first_is_refused_whatever_the_class_makes_of_the_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def cancel_order(self: Any, order_id: str, _symbol: str | None = None) -> None:
        for _ in range(3):
            with suppress(Exception):
                await self.privatePostCancelAll({})
        await self.privatePostCancelOrder({"txid": order_id})

    steps = cancelled(kraken_whose_cancel(monkeypatch, cancel_order))
    assert steps.asked == []
    with pytest.raises(
        PermanentError, match="POST CancelAll, which does not name it; it was neither signed nor sent"
    ):
        raise steps.error or AssertionError


def test_a_cancel_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong is not for the class to handle, be it that it would try again or call it a success."""

    async def cancel_order(self: Any, order_id: str, _symbol: str | None = None) -> str:
        for _ in range(3):
            with suppress(Exception):
                await self.privatePostCancelOrder({"txid": order_id})
        return "cancelled"

    made = kraken_whose_cancel(monkeypatch, cancel_order)
    cancellation = made.cancel_one(OrderRef(ORDER_ID, "BTC/USDT"), {})
    assert cancellation is not None
    steps = taken(cancellation.operation, lambda _request: Response(502, {}, b"bad gateway"))
    assert len(steps.asked) == 1
    assert isinstance(steps.error, ExchangeUnavailableError)


def test_a_number_that_may_have_lost_digits_names_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancel_order(self: Any, order_id: str, _symbol: str | None = None) -> None:
        await self.privatePostCancelOrder({"txid": float(order_id)})

    steps = cancelled(kraken_whose_cancel(monkeypatch, cancel_order))
    assert steps.asked == []
    assert isinstance(steps.error, PermanentError)


# -- what changes something follows from the call, and not from the HTTP method


def test_a_post_may_read_and_a_get_may_cancel() -> None:
    kraken, deribit = account("kraken", SPOT), account("deribit", SPOT)
    (read,) = taken(kraken.read_order(OrderRef(ORDER_ID, "BTC/USDT")), nothing).reads
    assert (read.method, read.path) == ("POST", "QueryOrders")
    (change,) = cancelled(deribit).changes
    assert (change.method, change.path) == ("GET", "cancel")


@pytest.mark.parametrize("exchange", PROFILES)
def test_a_profile_says_which_calls_change_something(exchange: str) -> None:
    profile = profile_of(exchange)
    cancels = {book.cancel.endpoint for book in profile.books}
    cancels |= {book.batch.endpoint for book in profile.books if book.batch is not None}
    assert {endpoint for endpoint in profile.endpoints() if endpoint.changes} == cancels


# -- what no profile has


def test_a_call_that_the_profile_has_not_is_not_signed() -> None:
    binance = certified("binance")
    with pytest.raises(PermissionDeniedError, match="privateDeleteOpenOrders is not among the calls"):
        binance._asking.call(UNMADE, {"symbol": "BTCUSDT"}, lambda data: data)


@pytest.mark.parametrize("exchange", PROFILES)
def test_this_ccxt_has_every_call_of_the_profiles(exchange: str) -> None:
    made = certified(exchange)
    for endpoint in profile_of(exchange).endpoints():
        wanted = made.client.wanted(endpoint.name, {})
        last = wanted.path.split("/")[-1].strip("{}").replace("-", "").replace("_", "")
        assert endpoint.name.lower().endswith(last.lower())
        assert endpoint.changes or wanted.method in ("GET", "POST")
        assert endpoint.changes or "cancel" not in endpoint.name.lower()


def test_a_ccxt_that_lacks_a_call_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    binance = certified("binance", default_type="linear")
    monkeypatch.setattr(binance.client.ccxt, "fapiPrivateGetOpenAlgoOrders", None)
    with pytest.raises(ConnectionConfigError, match=r"ccxt 4\.\S+ does not know fapiPrivateGetOpenAlgoOrders of"):
        orders_at(binance, futures_only)


# -- what else ccxt would read


def paths(steps: Steps) -> list[str]:
    return [wanted.path for wanted in steps.reads]


def test_ccxt_reads_neither_currencies_nor_margin_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROFILES", ())
    assert not {path for path in paths(taken(account("binance").markets(), nothing)) if "exchangeInfo" not in path}


def test_unless_it_is_told_not_to_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROFILES", ())
    monkeypatch.setattr(settings, "DOES_LESS", {})
    assert any("margin" in path for path in paths(taken(account("binance").markets(), nothing)))


# -- time


@pytest.mark.parametrize("exchange", PROFILES)
def test_the_time_of_a_request_is_the_one_that_it_is_begun_with(exchange: str) -> None:
    """With the venue's clock behind ours, it is earlier than that of the request before: nothing may keep it up."""
    made = certified(exchange)
    begun = iter((1_763_942_400_000, 1_763_942_100_000, 1_763_942_100_001))
    for each in begun:
        operation: Operation[Any] = made.list_open()
        if exchange in READS_ARE_NOT_DATED:
            cancel = made.cancel_one(OrderRef("7", "@1"), {})
            assert cancel is not None
            operation = cancel.operation
        request = next(operation).begin(each)  # type: ignore[union-attr]
        texts = (request.url, *request.headers.values(), (request.body or b"").decode())
        assert any(shows(text, each) for text in texts)
        operation.close()


def shows(text: str, moment: int) -> bool:
    """Whether a text has a time, in one of the forms that exchanges want."""
    iso = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        decoded = b64decode(text, validate=True).decode()
    except ValueError:
        decoded = ""
    forms = (str(moment), iso, str(moment // 1000))
    return any(form in each for form in forms for each in (text, decoded))


# -- which orders "all" are


ORDER = {"orderId": 7, "symbol": "BTCUSDT", "status": "NEW", "side": "BUY", "origQty": "1", "executedQty": "0"}


def futures_only(request: Request) -> Response:
    return Response(200, {}, json.dumps([ORDER] if "/fapi/v1/openOrders" in request.url else []).encode())


def orders_at(exchange: Ccxt, answers: Any) -> tuple[list[str], list[str]]:
    """Return the hosts' paths that were asked, and the orders that were found."""
    steps = stepped(exchange.list_open(), answers)
    asked = []
    while True:
        try:
            asked.append(next(steps).request.url.partition("?")[0])
        except StopIteration as done:
            return asked, [f"{order.symbol} {order.order_id}" for order in done.value]


@pytest.mark.parametrize(
    ("extra", "lists", "orders"),
    [
        ({}, ["/fapi/v1/openAlgoOrders", "/api/v3/openOrders", "/fapi/v1/openOrders"], ["linear:BTCUSDT 7"]),
        ({"default_type": "spot"}, ["/api/v3/openOrders"], []),
        ({"default_type": "linear"}, ["/fapi/v1/openAlgoOrders", "/fapi/v1/openOrders"], ["BTCUSDT 7"]),
    ],
)
def test_binances_lists_are_those_of_the_markets_that_are_covered(
    extra: dict[str, str], lists: list[str], orders: list[str]
) -> None:
    """Without a market, ccxt's own method reads the spot list, whatever kind of market it was told of."""
    asked, found = orders_at(certified("binance", **extra), futures_only)
    assert [url.removeprefix("http://127.0.0.1:1") for url in asked] == lists
    assert found == orders


# -- secrets


def test_what_ccxt_says_when_it_cannot_sign_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kraken = account("kraken", SPOT)

    def sign(self: Any, *_args: Any) -> None:
        raise ValueError(f"Incorrect padding in {self.secret}")

    monkeypatch.setattr(type(kraken.client.ccxt), "sign", sign)
    error = cancelled(kraken).error
    assert isinstance(error, PermanentError)
    assert "ccxt cannot sign POST CancelOrder: it raised a ValueError" in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))
