"""
Coinbase: spot and US derivatives in the portfolio of a key.

Sources: Coinbase's documents of the Advanced Trade API ("List Orders", "Get Order", "Cancel Orders", "Get API Key
Permissions", "REST API Rate Limits"), and answers that clients of it have recorded.

International derivatives are traded at another address and in another protocol since September 2026. Their orders
are in no list here.

A list shows the orders of one place in which they were placed, by default those of Advanced Trade alone; those of
the simple app are asked for by name. ``OPEN`` cannot be asked for together with other states, and leaves out orders
that are on their way into the order book or wait for its next session, which can be cancelled just as well. So a
look takes four lists. They are read in the order in which an order goes from one to the next.

No more than 1,000 orders that are ``OPEN`` are shown, however many there are.

An order that waits for a price is one among the others, and stays it. Its size and prices are in an object that
is named after the kind of the order. An order is named by its id, a UUID: reads and cancels take no market.
``BTC-USD`` and ``BTC-USDC`` are two names of one order book, and streams call both by the first. Which of them a
list shows for an order on the second, the documents leave open; so neither is taken for the other here.

Every cancel is one of several orders, of which each has a result of its own. It means that the cancel was begun.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.private_keys import key_or_word
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Endpoint,
    Failure,
    History,
    Listing,
    Markets,
    MarketType,
    Profile,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import rows_of
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.exchanges.texts import UNSHOWN, upper
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Unified

PAGE = "100"
"""Orders a page; no limit is documented."""
MOST_OPEN = 1000
MOST_CANCELLED = 100
OK = 200
NO_SUCH_ORDER = "order with this orderID was not found"
"""What is said of an order that is not known, where the error beside that is only "unknown"."""
STRANGER = (401, "Unauthorized")
"""Status and words of the answer to a key or a token that is not valid, which is no JSON."""

LIST = Endpoint("v3PrivateGetBrokerageOrdersHistoricalBatch")
KEY = Endpoint("v3PrivateGetBrokerageKeyPermissions")
CANCEL = Endpoint("v3PrivatePostBrokerageOrdersBatchCancel", changes=True)
MARKETS = Endpoint("v3PublicGetBrokerageMarketProducts", "public")

STATES = {
    "PENDING": OrderState.OPEN,
    "OPEN": OrderState.OPEN,
    "QUEUED": OrderState.OPEN,
    "EDIT_QUEUED": OrderState.OPEN,
    "CANCEL_QUEUED": OrderState.CANCELLING,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
    "EXPIRED": OrderState.EXPIRED,
    "FAILED": OrderState.REJECTED,
}
ON_THEIR_WAY = ["PENDING", "QUEUED", "EDIT_QUEUED", "CANCEL_QUEUED"]
NAMED_OTHERWISE = frozenset({"CELO", "CGLD"})
"""A currency that ccxt calls CELO, and Coinbase CGLD."""
ENDED = ["FILLED", "CANCELLED", "EXPIRED", "FAILED"]
PLACES = ("RETAIL_ADVANCED", "RETAIL_SIMPLE")
"""Where orders are placed: through Advanced Trade and its API, and in the simple app."""

ORDER = OrderForm(
    order_id="order_id",
    symbol="product_id",
    state="status",
    states=STATES,
    side="side",
    quantity="order_configuration.*.base_size",
    filled_quantity="filled_size",
    price="order_configuration.*.limit_price",
    client_order_id="client_order_id",
    created_at=("created_time",),
    changed_at=("last_update_time",),
    kind="order_type",
    stop_price="order_configuration.*.stop_price",
)

ERRORS = {
    "Unauthorized": AuthenticationError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "INVALID_ARGUMENT": RequestRefusedError,
    "NOT_FOUND": OrderNotFoundError,
    "authentication_error": AuthenticationError,
    "invalid_token": AuthenticationError,
    "expired_token": AuthenticationError,
    "revoked_token": AuthenticationError,
    "rate_limit_exceeded": RateLimitedError,
    "UNKNOWN_CANCEL_ORDER": OrderNotFoundError,
    "ORDER_IS_FULLY_FILLED": OrderNotFoundError,
}
"""
The names in small letters are those of "Errors" of the Coinbase App API, which lets requests in here, too.
UNKNOWN_CANCEL_ORDER is said of orders that have ended, too. All other reasons of a failed cancel may pass.
"""


def failure(status: int, body: Any) -> Failure | None:
    """Return the failure of an answer; one of several cancels has failed only if it is alone."""
    if isinstance(body, str):
        return Failure(STRANGER[1]) if (status, body.strip()) == STRANGER else None
    if not isinstance(body, dict):
        return None
    results = body.get("results")
    if status == OK and isinstance(results, list) and len(results) == 1 and isinstance(results[0], dict):
        reason = results[0].get("failure_reason")
        return Failure(reason) if results[0].get("success") is False and isinstance(reason, str) else None
    several = body.get("errors")
    told = several[0] if isinstance(several, list) and several else body
    code = told.get("id" if told is not body else "error") if isinstance(told, dict) else None
    if not isinstance(code, str) or not code or "message" not in told:
        return None
    is_unknown = (code, told["message"]) == ("unknown", NO_SUCH_ORDER)
    return Failure("NOT_FOUND" if is_unknown else code, told["message"])


def data(body: Any) -> dict[str, Any]:
    """Return a body, which has no envelope, if nothing in it says that it holds back what was asked for."""
    if not isinstance(body, dict):
        raise UnreadableResponseError("the response is not an object")
    if body.get("proof_token_required"):
        raise UnreadableResponseError("the venue wants a proof of the account's owner before it shows the orders")
    return body


def next_page(found: Any, _rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return what goes on from the mark of a page, as long as the venue says that a page follows."""
    follows, mark = found.get("has_next"), found.get("cursor")
    if follows is False:
        return None
    if follows is not True or not isinstance(mark, str) or not mark:
        raise UnreadableResponseError("the response does not say whether and where another page follows")
    return {"cursor": mark}


def next_markets(found: Any, _rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return what goes on from a page of markets; they come whole unless the venue says otherwise."""
    told = found.get("pagination")
    return {"cursor": told.get("next_cursor")} if isinstance(told, dict) and told.get("has_next") else None


def begun(found: Any) -> Iterator[Any]:
    """Yield the ids of the cancels that were begun."""
    for row in rows_of(found.get("results")):
        if isinstance(row, dict) and row.get("success") is True:
            yield row.get("order_id")


def named(orders: Sequence[Named]) -> dict[str, Any]:
    """Name several orders."""
    return {"order_ids": [order_id for order_id, _ in orders]}


def latest_of(place: str, otherwise: Single | None = None) -> Single:
    """Return how an ended order is looked for by its client's id: among the latest of its market from one place."""
    return Single(
        LIST,
        lambda _client_id, market: {**history_page(market, (), None), "order_placement_source": place},
        "orders",
        picks=lambda client_id, row: row.get("client_order_id") == client_id,
        otherwise=otherwise,
    )


def history_page(market: str, _ids: Sequence[str], since_ms: int | None) -> dict[str, Any]:
    """Ask for the ended orders of a market, of those that were placed in Advanced Trade."""
    asked = {**({"product_ids": market} if market else {}), "order_status": ENDED, "limit": PAGE}
    if since_ms is None:
        return asked
    since = datetime.fromtimestamp(since_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {**asked, "start_date": since.replace("+00:00", "Z")}


def spot_id(name: Unified) -> str | None:
    """
    Return the id of a spot market.

    Contracts are known by their ids only, which do not follow from a name, and so are markets of a currency that
    ccxt calls otherwise.
    """
    if name.settle or not NAMED_OTHERWISE.isdisjoint({name.base, name.quote}):
        return None
    return f"{name.base}-{name.quote}"


def spell(text: str) -> str:
    """Return a market's id in capitals, with hyphens."""
    return upper(text).replace("_", "-")


ALL = MarketType(
    name="all",
    ids=Grammar(
        re.compile(rf"{MARKET_START}{ASSET}(-[A-Za-z0-9.]{{1,40}}){{1,5}}", re.ASCII), "BTC-USD", any_script=True
    ),
    spell=spell,
    from_unified=spot_id,
    markets=[
        Markets(MARKETS, kind, "products", "product_id", "trading_disabled", frozenset({False}), next_markets)
        for kind in (
            {"product_type": "SPOT"},
            {"product_type": "FUTURE"},
            {"product_type": "FUTURE", "contract_expiry_type": "PERPETUAL"},
        )
    ],
    probe=(KEY, {}),
)

PROFILE = Profile(
    exchange="coinbase",
    title="Coinbase",
    market_types=[ALL],
    books=[
        Book(
            title="orders of the key's portfolio on spot and in US derivatives, placed in Advanced Trade or in the "
            "simple app",
            market_type="all",
            form=ORDER,
            lists=[
                Listing(
                    LIST,
                    {"order_status": states, "order_placement_source": place, "limit": PAGE},
                    "orders",
                    next_page,
                    most=most,
                )
                for states, most in ((ON_THEIR_WAY, None), ("OPEN", MOST_OPEN))
                for place in PLACES
            ],
            by_client_id=latest_of("RETAIL_ADVANCED", otherwise=latest_of("RETAIL_SIMPLE")),
            single=Single(
                Endpoint("v3PrivateGetBrokerageOrdersHistoricalOrderId"),
                lambda order_id, _market: {"order_id": order_id},
                "order",
            ),
            cancel=Cancel(CANCEL, lambda order_id, market: named([(order_id, market)]), begun),
            batch=Batch(CANCEL, size=MOST_CANCELLED, of_one_market=False, by_ids=named, acknowledged=begun),
            history=History(LIST, history_page, "orders", next_page),
        ),
    ],
    limits={"total": RateLimit(30, 1), "public": RateLimit(10, 1)},
    order_ids=Grammar(
        re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII), "0c9f2b5e-0f1d-4b39-a8a5-9c2f7f6d1e30"
    ),
    client_order_ids=Grammar(re.compile(f"[^{UNSHOWN}]+"), "my-order-1", most_bytes=128),
    never_an_order_id="00000000-0000-4000-8000-000000000000",
    failure=failure,
    data=data,
    errors=ERRORS,
    time=(Endpoint("v3PublicGetBrokerageTime", "public"), "epochMillis"),
    withdrawal=(KEY, lambda found: found.get("can_transfer") is not False),
    secret=key_or_word,
    needs_symbol=False,
    words=frozenset(
        {
            "order_type",
            "time_in_force",
            "trigger_status",
            "product_type",
            "order_placement_source",
            "reject_reason",
            "failure_reason",
            "margin_type",
            "stop_direction",
            "portfolio_type",
        }
    ),
    fields=frozenset(
        {
            "alias",
            "alias_to",
            "approximate_quote_24h_volume",
            "attached_order_id",
            "auction_mode",
            "base_asset_uuid",
            "base_increment",
            "completion_percentage",
            "contract_root_unit",
            "edit_history",
            "epochMillis",
            "epochSeconds",
            "fcm_trading_session_details",
            "is_liquidation",
            "iso",
            "mid_market_price",
            "num_products",
            "open_interest",
            "order_configuration",
            "order_placement_source",
            "originating_order_id",
            "outstanding_hold_amount",
            "pagination",
            "portfolio_uuid",
            "price_increment",
            "price_percentage_change_24h",
            "products",
            "quote_increment",
            "retail_portfolio_id",
            "size_inclusive_of_fees",
            "volume_24h",
            "volume_percentage_change_24h",
            "watched",
        }
    ),
)
