"""What the vendors publish, read by the adapters: every file of ``tests/answers``."""

from __future__ import annotations

import json
from decimal import Decimal
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
from airflow_provider_exchange.exchanges.bitopro import BitoPro
from airflow_provider_exchange.exchanges.loopring import Loopring
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.models import Order, OrderKey, OrderRef, OrderState, Side
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.protocol.steps import DeadlineReached
from tests.answers import load, names, response
from tests.stepping import first_call, run_on

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.http import HttpCall

EXCHANGES: dict[str, Exchange] = {
    "nami": Nami("https://nami.exchange", "key", "secret"),
    "bitopro": BitoPro("https://api.bitopro.com", "key", "secret", "me@example.com"),
    "loopring": Loopring("https://api3.loopring.io", "k", 5, 10010),
}
REFS = {
    "nami": OrderRef("435372", "BTCUSDT"),
    "bitopro": OrderRef("SL-9014867155", "bito_eth"),
    "loopring": OrderRef("0x05a97490e92ded027f65c4bebf3bad63813f4ce8c7255335894566b2eee90206"),
}

ERRORS: dict[str, dict[str, type[ExchangeError]]] = {
    "nami": {
        "error_account_ban_trade": PermissionDeniedError,
        "error_as_http_200": OrderNotFoundError,
        "error_bad_symbol": RequestRefusedError,
        "error_broker": ExchangeUnavailableError,
        "error_invalid_order_type": RequestRefusedError,
        "error_invalid_request_id": RequestRefusedError,
        "error_invalid_side": RequestRefusedError,
        "error_no_such_order": OrderNotFoundError,
        "error_not_enough_base_asset": RequestRefusedError,
        "error_not_enough_fee_asset": RequestRefusedError,
        "error_not_enough_quote_asset": RequestRefusedError,
        "error_not_found_order": OrderNotFoundError,
        "error_order_type_not_support": RequestRefusedError,
        "error_trade_not_allowed": PermissionDeniedError,
        "error_unknown": ExchangeUnavailableError,
        "gateway_400": RequestRefusedError,
        "gateway_401": AuthenticationError,
        "gateway_403": PermissionDeniedError,
        "gateway_404": OrderNotFoundError,
        "gateway_429": RateLimitedError,
        "gateway_500": ExchangeUnavailableError,
    },
    "bitopro": {
        "error_400": RequestRefusedError,
        "error_400_body": RequestRefusedError,
        "error_400_order_type": RequestRefusedError,
        "error_401": AuthenticationError,
        "error_401_signature": AuthenticationError,
        "error_403": PermissionDeniedError,
        "error_404": OrderNotFoundError,
        "error_408": ExchangeUnavailableError,
        "error_409": ClockSkewError,
        "error_422": RequestRefusedError,
        "error_422_price": RequestRefusedError,
        "error_429": RateLimitedError,
        "error_500": ExchangeUnavailableError,
        "error_502": ExchangeUnavailableError,
        "error_with_code": OrderNotFoundError,
    },
    "loopring": {
        "error_100000": ExchangeUnavailableError,
        "error_100001": RequestRefusedError,
        "error_100002": ExchangeUnavailableError,
        "error_102003": ExchangeUnavailableError,
        "error_102004": OrderNotFoundError,
        "error_102008": RequestRefusedError,
        "error_102117": OrderNotFoundError,
        "error_102118": ExchangeUnavailableError,
        "error_102119": OrderNotFoundError,
        "error_102120": RequestRefusedError,
        "error_102122": RequestRefusedError,
        "error_104001": AuthenticationError,
        "error_104002": AuthenticationError,
        "error_104003": AuthenticationError,
        "error_104004": AuthenticationError,
        "error_104005": AuthenticationError,
        "error_104209": ExchangeUnavailableError,
        "error_107001": OrderNotFoundError,
        "error_107002": OrderNotFoundError,
        "error_107003": OrderNotFoundError,
        "error_429": RateLimitedError,
        "error_500": ExchangeUnavailableError,
        "error_account_not_found": AuthenticationError,
        "error_as_http_200": OrderNotFoundError,
        "error_flat": AuthenticationError,
        "error_flat_102117": OrderNotFoundError,
        "error_nested_msg": OrderNotFoundError,
    },
}


def list_call(exchange: Exchange) -> HttpCall[Any]:
    """The call that begins to list the open orders."""
    return first_call(exchange.list_open())


def single_cancel(exchange: Exchange, ref: OrderRef | None = None) -> HttpCall[Any]:
    cancellation = exchange.cancel_one(ref or REFS[exchange.name], {})
    assert cancellation is not None
    return first_call(cancellation.operation)


def listed(exchange: Exchange, *answers: Response) -> list[Order]:
    """List the open orders, the venue answering so."""
    return run_on(exchange.list_open(), *answers)


def read(venue: str, answer: Response, ref: OrderRef) -> Order:
    return run_on(EXCHANGES[venue].read_order(ref), answer)


def test_every_error_file_is_expected() -> None:
    for venue, expected in ERRORS.items():
        files = {name for name in names(venue) if name.startswith(("error", "gateway"))}
        assert files == set(expected)


@pytest.mark.parametrize(
    ("venue", "name", "kind"), [(venue, *item) for venue, expected in ERRORS.items() for item in expected.items()]
)
@pytest.mark.parametrize("mutating", [False, True])
def test_every_error_shape_is_its_typed_error(
    venue: str, name: str, kind: type[ExchangeError], mutating: bool
) -> None:
    exchange = EXCHANGES[venue]
    call = single_cancel(exchange) if mutating else list_call(exchange)
    with pytest.raises(ExchangeError) as caught:
        call.finish(response(venue, name))
    assert type(caught.value) is kind
    assert caught.value.code


def test_the_venues_request_id_is_kept() -> None:
    with pytest.raises(ExchangeError, match="6ff66697-2742-4caf-acad-f97e9cc3596d") as caught:
        list_call(EXCHANGES["nami"]).finish(response("nami", "error_broker"))
    assert caught.value.request_id == "6ff66697-2742-4caf-acad-f97e9cc3596d"
    assert caught.value.code == "BROKER_ERROR 6104"


def test_nami_matches_the_name_before_the_number() -> None:
    """The number 1112 is used for two names; an unknown name falls back to its number."""
    exchange = EXCHANGES["nami"]

    def error(word: str, number: int) -> type[ExchangeError]:
        body = {"status": word, "code": number, "data": {}, "message": None}
        with pytest.raises(ExchangeError) as caught:
            list_call(exchange).finish(Response(400, {}, json.dumps(body).encode()))
        return type(caught.value)

    assert error("NOT_FOUND_ORDER", 1112) is OrderNotFoundError
    assert error("RENAMED", 6101) is OrderNotFoundError
    assert error("STOP_LIMIT_ANYTHING", 1) is RequestRefusedError
    assert error("NEVER_SEEN", 77) is ExchangeUnavailableError


@pytest.mark.parametrize("name", ["open_orders", "open_orders_old_page", "open_orders_stop_limit"])
def test_nami_open_orders(name: str) -> None:
    (order, *_) = listed(EXCHANGES["nami"], response("nami", name))
    assert order.state is OrderState.OPEN
    assert order.created_at is not None


def test_nami_open_order_in_full() -> None:
    (order,) = listed(EXCHANGES["nami"], response("nami", "open_orders"))
    assert (order.order_id, order.symbol, order.side) == ("453021", "NAMIVNST", Side.SELL)
    assert (order.quantity, order.filled_quantity, order.price) == (Decimal(10000), Decimal(0), Decimal(200))
    assert order.created_at is not None
    assert order.created_at.isoformat() == "2025-01-14T08:41:17.032000+00:00"
    assert listed(EXCHANGES["nami"], response("nami", "open_orders_empty")) == []


def test_nami_states() -> None:
    seen = {
        record["status"]: order.state
        for record, order in zip(
            load("nami", "history_states")["body"]["data"], parsed_history("history_states"), strict=True
        )
    }
    assert seen["FILLED"] is OrderState.FILLED
    assert seen["CANCELED"] is OrderState.CANCELLED
    assert seen["EXPIRED"] is OrderState.EXPIRED
    assert seen["REJECTED"] is OrderState.REJECTED
    assert all((state is OrderState.UNKNOWN) == (word not in NAMI_WORDS) for word, state in seen.items())


NAMI_WORDS = {"NEW", "PARTIALLY_FILLED", "PENDING", "FILLED", "CANCELED", "EXPIRED", "REJECTED"}


def parsed_history(name: str) -> list[Order]:
    exchange = EXCHANGES["nami"]
    found: list[Order] = first_call(exchange.read_ended([REFS["nami"]], None)).finish(response("nami", name))
    return found


def test_nami_history() -> None:
    assert parsed_history("history")
    assert parsed_history("history_empty") == []


def test_nami_cancels_are_acknowledged_by_id() -> None:
    exchange = EXCHANGES["nami"]
    single = single_cancel(exchange, REFS["nami"])
    assert single.finish(response("nami", "cancel_order")) == {OrderKey("BTCUSDT", "435372")}
    (cancellation,) = exchange.cancel_several([REFS["nami"], OrderRef("435373", "ETHUSDT")], {})
    batch = first_call(cancellation.operation)
    assert batch.finish(response("nami", "cancel_orders")) == {
        OrderKey("BTCUSDT", "435372"),
        OrderKey("ETHUSDT", "435373"),
    }


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("order", OrderState.OPEN),
        ("order_in_progress", OrderState.OPEN),
        ("order_partly_filled", OrderState.OPEN),
        ("order_completed", OrderState.FILLED),
        ("order_completed_partial_deal", OrderState.CANCELLED),
        ("order_cancelled", OrderState.CANCELLED),
        ("order_post_only_cancelled", OrderState.CANCELLED),
    ],
)
def test_bitopro_orders(name: str, state: OrderState) -> None:
    body = load("bitopro", name)["body"]
    order = read("bitopro", response("bitopro", name), OrderRef(body["id"], body["pair"]))
    assert order.state is state
    assert order.venue_state == str(body["status"])
    assert order.filled_quantity == Decimal(body["executedAmount"])


def test_bitopro_lists() -> None:
    exchange = EXCHANGES["bitopro"]
    assert listed(exchange, response("bitopro", "open_orders"))
    assert listed(exchange, response("bitopro", "open_orders_empty")) == []
    assert listed(exchange, response("bitopro", "open_orders_null")) == []
    with pytest.raises(UnreadableResponseError):
        listed(exchange, Response(200, {}, b"{}"))


def test_bitopro_cancels_are_acknowledged_by_id() -> None:
    exchange = EXCHANGES["bitopro"]
    single = single_cancel(exchange, OrderRef("12234566", "bito_eth"))
    assert single.finish(response("bitopro", "cancel_order")) == {OrderKey("bito_eth", "12234566")}
    (cancellation,) = exchange.cancel_several([REFS["bitopro"], OrderRef("2", "bito_eth")], {})
    batch = first_call(cancellation.operation)
    body = load("bitopro", "cancel_orders")["body"]["data"]
    expected = {OrderKey(pair.lower(), order_id) for pair, ids in body.items() for order_id in ids}
    assert batch.finish(response("bitopro", "cancel_orders")) == expected
    assert batch.finish(response("bitopro", "cancel_orders_empty")) == frozenset()
    with pytest.raises(UnreadableResponseError):
        batch.finish(Response(200, {}, b'{"data": null}'))


@pytest.mark.parametrize(
    "name", ["orders", "orders_dex_page", "orders_states", "orders_stop_limit", "orders_empty"]
)
def test_loopring_lists(name: str) -> None:
    exchange = EXCHANGES["loopring"]
    orders = list_call(exchange).finish(response("loopring", name))
    body = load("loopring", name)["body"]
    assert [order.order_id for order in orders] == [record["hash"].lower() for record in body["orders"]]


def test_loopring_states() -> None:
    exchange = EXCHANGES["loopring"]
    orders = list_call(exchange).finish(response("loopring", "orders_states"))
    seen = {order.venue_state.lower(): order.state for order in orders}
    assert seen.items() >= {
        ("processing", OrderState.OPEN),
        ("cancelling", OrderState.CANCELLING),
        ("processed", OrderState.FILLED),
        ("cancelled", OrderState.CANCELLED),
        ("expired", OrderState.EXPIRED),
        ("failed", OrderState.REJECTED),
    }


def test_loopring_order_and_cancels() -> None:
    exchange = EXCHANGES["loopring"]
    body = load("loopring", "order")["body"]
    order = read("loopring", response("loopring", "order"), OrderRef(body["hash"].lower()))
    assert order.created_at is not None
    assert int(order.created_at.timestamp()) == body["validity"]["start"]
    for name in ("cancel_order", "cancel_order_cancelled", "cancel_order_cancelling"):
        shown = load("loopring", name)["body"]["hash"]
        answered = shown.lower() if shown.startswith("0x") else f"0x{int(shown):064x}"
        single = single_cancel(exchange, OrderRef(answered))
        assert single.finish(response("loopring", name)) == {OrderKey(None, answered)}
    server_time = exchange.server_time()
    assert server_time is not None
    assert (
        run_on(server_time, response("loopring", "timestamp")) == load("loopring", "timestamp")["body"]["timestamp"]
    )


@pytest.mark.parametrize(("venue", "name"), [("nami", "balance"), ("bitopro", "balance"), ("loopring", "api_key")])
def test_probes_take_what_the_page_shows(venue: str, name: str) -> None:
    exchange = EXCHANGES[venue]
    assert run_on(exchange.probe(), response(venue, name)) is None


def test_a_loopring_key_that_was_replaced_is_told_from_a_good_one() -> None:
    exchange = EXCHANGES["loopring"]
    with pytest.raises(AuthenticationError, match="current API key") as caught:
        run_on(exchange.probe(), Response(200, {}, b'{"apiKey": "new-key-of-the-account"}'))
    assert "new-key" not in str(caught.value)


@pytest.mark.parametrize("venue", EXCHANGES)
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", UnreadableResponseError),
        (200, b"<html>", UnreadableResponseError),
        (200, b'{"data"', UnreadableResponseError),
        (200, b"[" * 100_000, UnreadableResponseError),
        (200, b"null", UnreadableResponseError),
        (200, b"[]", UnreadableResponseError),
        (200, b'{"status": "ok"}', UnreadableResponseError),
        (200, b'{"data": NaN}', UnreadableResponseError),
        (200, b"9" * 5000, UnreadableResponseError),
        (204, b"", ExchangeUnavailableError),
        (302, b"", ExchangeUnavailableError),
        (400, b"<html>", ExchangeUnavailableError),
        (401, b"", ExchangeUnavailableError),
        (403, b"<html>blocked</html>", ExchangeUnavailableError),
        (404, b"{}", ExchangeUnavailableError),
        (429, b"slow down", RateLimitedError),
        (429, b"{}", RateLimitedError),
        (503, b"", ExchangeUnavailableError),
    ],
)
def test_only_the_venues_own_words_are_permanent(
    venue: str, status: int, body: bytes, kind: type[ExchangeError]
) -> None:
    """What a proxy or a firewall says leaves the outcome unknown, whatever its status."""
    exchange = EXCHANGES[venue]
    single = single_cancel(exchange, REFS[venue])
    with pytest.raises(kind):
        single.finish(Response(status, {}, body))
    assert kind.retryable


@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_an_answer_about_another_order_is_not_believed(venue: str) -> None:
    ref = OrderRef("7", "bito_eth") if venue == "bitopro" else OrderRef("0x7")
    with pytest.raises(UnreadableResponseError, match="another order"):
        read(venue, response(venue, "order"), ref)


@pytest.mark.parametrize(
    "order_id", ["all", "", "../all", "1/2", "1?x=y", "%2e%2e", None, True, 1.5, [], {}, "9" * 78, "9" * 5000, -1]
)
@pytest.mark.parametrize("venue", EXCHANGES)
def test_an_id_from_the_venue_is_held_to_the_same_grammar(venue: str, order_id: Any) -> None:
    """Otherwise a strange list could steer a cancel to somewhere else."""
    exchange = EXCHANGES[venue]
    name, field = {
        "nami": ("open_orders", "displayingId"),
        "bitopro": ("open_orders", "id"),
        "loopring": ("orders_states", "hash"),
    }[venue]
    answer = load(venue, name)["body"]
    records = answer["data"]["orders"] if venue == "nami" else answer["data" if venue == "bitopro" else "orders"]
    records[0][field] = order_id
    with pytest.raises(UnreadableResponseError):
        list_call(exchange).finish(Response(200, {}, json.dumps(answer).encode()))


def test_a_deadline_inside_a_read_is_not_swallowed() -> None:
    for exchange in EXCHANGES.values():
        operation = exchange.read_order(REFS[exchange.name])
        next(operation)
        with pytest.raises(DeadlineReached):
            operation.throw(DeadlineReached())
