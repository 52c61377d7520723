"""What the adapter lets the library do, and what it makes of the answers."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.driver.clock import SystemClock
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ConnectionConfigError,
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.models import OrderKey, Outcome
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.protocol.steps import Call, DeadlineReached, Pause
from airflow_provider_exchange.sandbox.faults import Fault
from tests.accounts import settings
from tests.foreign import adapter
from tests.foreign import client as library
from tests.foreign.accounts import VENUE, ForeignAccount
from tests.foreign.adapter import Foreign
from tests.foreign.calls import SteppedClient
from tests.stepping import run_on
from tests.sweeps import cancel_order, cancel_orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

BASE_URL = "https://venue.example"
API_KEY = "the-api-key"
API_SECRET = "the-api-secret"
MARKETS = {"data": [{"pair": "btc_usdt", "base": "btc", "quote": "usdt"}]}
ORDER = {"id": "7", "pair": "btc_usdt", "status": 0, "action": "BUY", "originalAmount": "2", "executedAmount": "0"}


@pytest.fixture
def exchange() -> Foreign:
    return Foreign(BASE_URL, API_KEY, API_SECRET, "me@example.com")


@pytest.fixture
def blocking(sandbox: RunningSandbox) -> Iterator[ForeignAccount]:
    made = ForeignAccount(sandbox)
    made.read_markets()
    yield made
    made.close()


def answered(body: Any, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(body).encode())


class Still(SystemClock):
    """A clock that stands."""

    def monotonic(self) -> float:
        return 0

    def wall(self) -> float:
        return 0


def ref(exchange: Foreign, order_id: str = "7") -> Any:
    return exchange.check_ref(order_id, "btc_usdt")


def cancel(exchange: Foreign, order_id: str = "7") -> Operation[frozenset[OrderKey]]:
    cancellation = exchange.cancel_one(ref(exchange, order_id), {})
    assert cancellation is not None
    return cancellation.operation


# -- a cancel is sent once


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "html"])
def test_a_cancel_that_fails_is_not_sent_again_by_the_library(blocking: ForeignAccount, kind: str) -> None:
    (order_id,) = blocking.place()
    blocking.sandbox.faults.add(Fault(kind, route="cancels"))
    with pytest.raises((ExchangeUnavailableError, UnreadableResponseError)):
        blocking.run(cancel(blocking.exchange, order_id))  # type: ignore[arg-type]
    assert len(blocking.mutations) == 1


def test_a_cancel_whose_answer_the_library_does_not_like_is_not_sent_again(exchange: Foreign) -> None:
    with pytest.raises(UnreadableResponseError, match="repeat"):
        run_on(cancel(exchange), answered(MARKETS), answered({"orderId": "7"}))
    assert run_on(cancel(exchange), answered({"orderId": "7", "timestamp": 1})) == {OrderKey("btc_usdt", "7")}


def test_an_acknowledgement_of_another_order_is_none(exchange: Foreign) -> None:
    assert run_on(cancel(exchange), answered(MARKETS), answered({"orderId": "8", "timestamp": 1})) == frozenset()


# -- and nothing but what was asked


async def _cancel_the_whole_market(self: library.Client, order_id: str, symbol: str, params: Any = None) -> Any:
    return await self.request("/orders/{pair}", "DELETE", {"pair": symbol})


async def _cancel_another_order(self: library.Client, order_id: str, symbol: str, params: Any = None) -> Any:
    return await self.request("/orders/{pair}/{id}", "DELETE", {"pair": symbol, "id": "8"})


async def _cancel_another_order_instead_of_failing(self: library.Client, *args: Any, **kwargs: Any) -> Any:
    try:
        return await _cancel_another_order(self, "7", "btc_usdt")
    except Exception:  # noqa: BLE001
        return {}


@pytest.mark.parametrize(
    "instead", [_cancel_the_whole_market, _cancel_another_order, _cancel_another_order_instead_of_failing]
)
def test_a_change_that_was_not_asked_for_is_refused_before_it_is_signed(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch, instead: Any
) -> None:
    monkeypatch.setattr(library.Client, "costs", {**library.Client.costs, ("DELETE", "/orders/{pair}"): 1})
    monkeypatch.setattr(library.Client, "cancel_order", instead)
    with pytest.raises(PermanentError, match="not asked of it"):
        next(cancel(exchange))


def test_a_batch_that_names_more_is_refused(exchange: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    async def more(self: library.Client, order_ids: list[str], symbol: str) -> Any:
        return await self.request("/orders", "PUT", {symbol.upper(): [*order_ids, "8"]})

    monkeypatch.setattr(library.Client, "cancel_orders", more)
    (batch,) = exchange.cancel_several([ref(exchange)], {})
    with pytest.raises(PermanentError, match="not asked of it"):
        next(batch.operation)


def test_a_read_changes_nothing(exchange: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library.Client, "fetch_open_orders", _cancel_another_order_instead_of_failing)
    with pytest.raises(PermanentError, match="not asked of it"):
        next(exchange.list_open())


def test_paths_that_nobody_reads_here_are_refused(exchange: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    async def elsewhere(self: library.Client) -> Any:
        return await self.request("/wallet/deposits")

    monkeypatch.setattr(library.Client, "costs", {("GET", "/wallet/deposits"): 1})
    monkeypatch.setattr(library.Client, "fetch_open_orders", elsewhere)
    with pytest.raises(PermanentError, match="not asked of it"):
        next(exchange.list_open())


# -- nothing is lost that the library would swallow


def test_a_list_that_cannot_be_read_is_not_empty(blocking: ForeignAccount) -> None:
    blocking.place(2)
    blocking.sandbox.faults.add(Fault("drop_before", route="open_orders"))
    with pytest.raises(ExchangeUnavailableError):
        blocking.run(blocking.exchange.list_open(), repeat_reads=False)
    with pytest.raises(ExchangeUnavailableError):
        blocking.run(blocking.exchange.list_open(), timeout=5)


@pytest.mark.parametrize("calls_before", [0, 1, 2, 3])
def test_a_deadline_ends_the_operation_wherever_it_comes(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch, calls_before: int
) -> None:
    """Also within a pause of the library's."""
    monkeypatch.setattr(library.Client, "rate_limit", 10**6)
    operation = exchange.list_open()
    answers = [answered(MARKETS), answered({"data": [ORDER]}), answered({"data": [ORDER]})]
    step = next(operation)
    for _ in range(calls_before):
        step = operation.send(step.finish(answers.pop(0)) if isinstance(step, Call) else None)
    with pytest.raises(DeadlineReached):
        operation.throw(DeadlineReached())


def test_a_read_is_repeated_by_the_plan_and_the_library_goes_on(blocking: ForeignAccount) -> None:
    ids = blocking.place(2)
    blocking.sandbox.faults.add(Fault("drop_before", route="open_orders", requests=(1, 3)))
    listed = blocking.run(blocking.exchange.list_open())
    assert {order.order_id for order in listed} == set(ids)
    assert blocking.requests == ["open_orders"] * 4


@pytest.mark.parametrize("memory", [[], [{"id": "7", "symbol": "btc_usdt", "status": "open"}]])
def test_what_the_library_tells_from_memory_is_not_believed(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch, memory: Any
) -> None:
    async def remember(self: library.Client) -> Any:
        await self.load_markets()
        return memory

    monkeypatch.setattr(library.Client, "fetch_open_orders", remember)
    with pytest.raises(UnreadableResponseError, match="did not ask"):
        run_on(exchange.list_open(), answered(MARKETS))


def test_an_order_that_the_library_drops_is_listed_all_the_same(
    exchange: Foreign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drop(self: library.Client, row: Any) -> Any:
        raise KeyError("whatever")

    plain, conditional = ORDER, {**ORDER, "id": "SL-8", "status": -1}
    answers = answered(MARKETS), answered({"data": [plain]}), answered({"data": [conditional]})
    assert {order.order_id for order in run_on(exchange.list_open(), *answers)} == {"7", "SL-8"}
    monkeypatch.setattr(library.Client, "parse_order", drop)
    with pytest.raises(UnreadableResponseError, match="failed with a KeyError"):
        run_on(exchange.list_open(), *answers[1:])


# -- what answers mean


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"orders": []},
        {"data": {}},
        {"data": [{}]},
        {"data": [{**ORDER, "status": None}]},
        {"data": [{name: value for name, value in ORDER.items() if name != "pair"}]},
        {"data": [{**ORDER, "id": "../all"}]},
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
        run_on(exchange.read_ended(many, None), answered(MARKETS), answered(body))


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


# -- markets


def test_markets_are_read_once_a_process(sandbox: RunningSandbox, blocking: ForeignAccount) -> None:
    (order_id,) = blocking.place()
    assert blocking.run(blocking.exchange.markets()).keys() >= {"btc_usdt", "eth_usdt"}
    other = ForeignAccount(sandbox)
    for account in (blocking, other):
        sandbox.exchange.log.clear()
        account.run(account.exchange.list_open())
        account.run(account.exchange.read_order(account.exchange.check_ref(order_id, "btc_usdt")))
        assert account.requests == ["open_orders", "open_orders", "order"]
    other.close()


def test_a_market_that_is_new_is_read_before_it_is_called_unknown(exchange: Foreign) -> None:
    adapter.shared_markets[BASE_URL] = {"ETH/USDT": {"id": "eth_usdt"}}
    order = run_on(exchange.read_order(ref(exchange)), answered(MARKETS), answered(ORDER))
    assert order.symbol == "btc_usdt"
    assert list(adapter.shared_markets[BASE_URL]) == ["BTC/USDT"]
    with pytest.raises(RequestRefusedError, match="lists no such market"):
        run_on(exchange.read_order(exchange.check_ref("7", "no_market")), answered(MARKETS))


def test_reading_markets_is_a_read(exchange: Foreign) -> None:
    call = next(exchange.list_open())
    assert isinstance(call, Call)
    assert not call.mutating
    assert call.begin(1).headers.keys() == {"Accept"}


def test_markets_that_cannot_be_read_are_tried_again_and_not_kept(sandbox: RunningSandbox) -> None:
    account = ForeignAccount(sandbox)
    sandbox.faults.add(Fault("drop_before", route="trading_pairs", times=2))
    sandbox.faults.add(Fault("html", route="open_orders", status=502, times=1))
    with pytest.raises(ExchangeUnavailableError):
        account.run(account.exchange.list_open(), repeat_reads=False)
    assert adapter.shared_markets == {}
    assert account.run(account.exchange.list_open()) == []
    assert account.requests == ["trading_pairs"] * 3 + ["open_orders"] * 3
    account.close()


# -- what the port asks of an adapter


def test_the_plan_gives_the_time_and_each_beginning_is_new(exchange: Foreign) -> None:
    operation = exchange.read_order(ref(exchange))
    call = next(operation)
    assert isinstance(call, Call)
    step = operation.send(call.finish(answered(MARKETS)))
    while isinstance(step, Pause):
        step = operation.send(None)
    assert isinstance(step, Call)
    first, second = step.begin(1_700_000_000_000), step.begin(1_700_000_000_001)
    assert first.headers["X-BITOPRO-PAYLOAD"] != second.headers["X-BITOPRO-PAYLOAD"]
    assert step.begin(1_700_000_000_000) == first
    operation.close()


def test_calls_weigh_what_the_library_says(exchange: Foreign) -> None:
    operation = exchange.list_open()
    call = next(operation)
    assert isinstance(call, Call)
    listing = operation.send(call.finish(answered(MARKETS)))
    while isinstance(listing, Pause):
        listing = operation.send(None)
    assert isinstance(listing, Call)
    assert (call.endpoint, call.weight, listing.endpoint, listing.weight) == ("total", 1, "open", 2)
    planner = Planner(exchange.name, exchange.limits, 5, clock=Still())
    for _ in range(4):
        planner.end(listing)
    assert planner.wait_turn(listing) == 0
    planner.end(listing)
    assert planner.wait_turn(listing) > 0
    assert planner.wait_turn(call) == 0
    operation.close()


def test_one_class_serves_several_venues(sandbox: RunningSandbox) -> None:
    extra = {**sandbox.connection(VENUE)["extra"], "venue": "bitopro_small"}
    big, small = ForeignAccount(sandbox), ForeignAccount(sandbox, extra=extra)
    assert (big.exchange.name, big.exchange.title) == ("bitopro", "BitoPro")
    assert (small.exchange.name, small.exchange.title) == ("bitopro_small", "BitoPro for small accounts")
    assert big.exchange.limits != small.exchange.limits
    for account in (big, small):
        (order_id,) = account.place()
        result = account.run(
            cancel_order(
                account.exchange, account.exchange.check_ref(order_id, "btc_usdt"), {}, poll_interval=1, wait=False
            )
        )
        assert result.exchange == account.exchange.name
        account.close()


def test_an_unknown_venue_is_refused(sandbox: RunningSandbox) -> None:
    extra = {**sandbox.connection(VENUE)["extra"], "venue": "elsewhere"}
    with pytest.raises(
        ConnectionConfigError, match="extra 'venue' is unknown; enter one of bitopro, bitopro_small"
    ):
        Foreign.from_settings(settings(sandbox, VENUE, extra=extra))


def test_an_order_is_told_by_its_market_and_its_id(blocking: ForeignAccount) -> None:
    sandbox, exchange = blocking.sandbox, blocking.exchange
    for symbol in ("btc_usdt", "eth_usdt"):
        sandbox.place(VENUE, symbol, order_id="5")
    here, there = exchange.check_ref("5", "btc_usdt"), exchange.check_ref("5", "eth_usdt")
    assert exchange.key(here) == OrderKey("btc_usdt", "5") != exchange.key(there)
    listed = blocking.run(exchange.list_open())
    assert {exchange.key(order) for order in listed} == {exchange.key(here), exchange.key(there)}
    result = blocking.run(cancel_order(exchange, there, {}, poll_interval=1))
    assert result.outcome is Outcome.CANCELLED
    assert [order.symbol for order in sandbox.live(VENUE)] == ["btc_usdt"]


def test_named_by_the_clients_own_id(blocking: ForeignAccount) -> None:
    (order_id,) = blocking.place(client_order_id="42")
    blocking.place(2, client_order_id="43")
    ref = blocking.exchange.check_ref(None, "btc_usdt", "42")
    result = blocking.run(cancel_order(blocking.exchange, ref, {}, poll_interval=1))
    assert (result.outcome, result.ref.order_id) == (Outcome.CANCELLED, order_id)
    assert len(blocking.sandbox.live(VENUE)) == 2


def test_options_reach_every_order(blocking: ForeignAccount) -> None:
    from airflow_provider_exchange.operations.selection import Selection

    blocking.place(3)
    options = blocking.exchange.check_options({"isAllStrategyCanceled": False})
    blocking.run(cancel_orders(blocking.exchange, Selection(), options, poll_interval=1))
    asked = {logged.query for logged in blocking.sandbox.mutations(VENUE)}
    assert asked == {"isAllStrategyCanceled=false"}
    assert blocking.sandbox.live(VENUE) == []


def test_a_long_history_is_paged_by_the_library(blocking: ForeignAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteppedClient, "page_size", 4)
    ids = blocking.place(10, state="cancelled")
    refs = [blocking.exchange.check_ref(order_id, "btc_usdt") for order_id in ids]
    found = blocking.run(blocking.exchange.read_ended(refs, None))
    assert {key.order_id for key in found} == set(ids)
    assert blocking.requests.count("orders_of_pair") > 2
