"""
Deribit: futures, perpetuals, options, spot and combos of the account, or subaccount, that the key is of.

Sources: Deribit's documents of the JSON-RPC API v2 (docs.deribit.com), which are the pages of the methods that are
named below, "Error Codes", "Accessing Historical Trades and Orders" and "Authentication"; and "Rate Limits" of its
support pages.

One list shows the open orders of every currency and kind, those among them that wait for a price. Orders of the two
sorts are kept apart at the venue, and how it composes the list is not told; so those that wait are asked for by
themselves first. One that is triggered in between is shown by the first list, or what it has placed by the second.

What a trigger order places has another id, and names the order that it came from; the order itself is
``triggered``, and does not tell what it has placed. Whether it is known any longer the documents leave open.

Orders that have ended are known for half an hour. Nothing cancels several by their ids, and labels are no ids:
many orders may have the same. An order that takes another one with it (OCO, OTO) does so at the venue.

All requests are GETs, cancels too. Each has a nonce for single use, which ccxt makes of the ms, so no two cancels
are under way at the same time. A failure is an ``error`` with a code, mostly with HTTP status 400. The documents
name no code of its own for a timestamp that is more than a minute old; like a wrong signature, it is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.profile import (
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
    Trail,
    whole,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import ids_of
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.exchanges.texts import upper
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Unified

MOST = 1000
"""How many ended orders an answer shows at most."""
TRIGGERED = "triggered"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
EXPIRY = re.compile(r"(?P<year>\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>\d\d)(-(?P<strike>[\d.]+)-(?P<kind>[CP]))?")
POINT = re.compile(r"(?<=[0-9])D(?=[0-9])")
"""The decimal point of a strike, in capitals; the venue writes ``0d625``."""

STATES = {
    "open": OrderState.OPEN,
    "untriggered": OrderState.OPEN,
    TRIGGERED: OrderState.OPEN,
    "filled": OrderState.FILLED,
    "cancelled": OrderState.CANCELLED,
    "rejected": OrderState.REJECTED,
}
"""A triggered order goes on as what it has placed; see :data:`TRAIL`."""
ORDER = OrderForm(
    order_id="order_id",
    symbol="instrument_name",
    state="order_state",
    states=STATES,
    side="direction",
    quantity="amount",
    filled_quantity="filled_amount",
    price="price",
    client_order_id="label",
    created_at=("creation_timestamp",),
    changed_at=("last_update_timestamp",),
    kind="order_type",
    stop_price="trigger_price",
    waiting=frozenset({"untriggered"}),
)

ERRORS = {
    "9999": PermissionDeniedError,
    "10000": AuthenticationError,
    "10004": OrderNotFoundError,
    "10010": OrderNotFoundError,
    "10019": PermissionDeniedError,
    "10020": RequestRefusedError,
    "10025": RequestRefusedError,
    "10028": RateLimitedError,
    "10029": RequestRefusedError,
    "10040": ExchangeUnavailableError,
    "10041": ExchangeUnavailableError,
    "10045": RequestRefusedError,
    "10047": RateLimitedError,
    "10066": RateLimitedError,
    "11008": OrderNotFoundError,
    "11029": RequestRefusedError,
    "11042": PermissionDeniedError,
    "11043": RequestRefusedError,
    "11044": OrderNotFoundError,
    "11049": RequestRefusedError,
    "11050": RequestRefusedError,
    "12005": PermissionDeniedError,
    "13004": AuthenticationError,
    "13009": AuthenticationError,
    "13012": PermissionDeniedError,
    "13020": RequestRefusedError,
    "13021": PermissionDeniedError,
    "13031": PermissionDeniedError,
    "-32000": RequestRefusedError,
    "-32601": RequestRefusedError,
    "-32602": RequestRefusedError,
}
"""10004 is said of an order that is not known; 10010, 11008 and 11044 of a cancel of one that has ended."""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure of a body with an ``error``, of which the code says what it is."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, int) or isinstance(code, bool):
        return None
    return Failure(str(code), error.get("message"))


def data(body: Any) -> Any:
    """Return ``result`` of a success."""
    if not isinstance(body, dict) or not isinstance(body.get("jsonrpc"), str) or body.get("result") is None:
        raise UnreadableResponseError("the response is no JSON-RPC answer with a result")
    return body["result"]


def spell(text: str) -> str:
    """Return an instrument's id in capitals, but for the letter that stands for a decimal point."""
    return POINT.sub("d", upper(text))


def market_id(name: Unified) -> str | None:
    """Return the id of an instrument. What is settled in its quote currency has both currencies in its id."""
    pair = f"{name.base}_{name.quote}"
    if name.settle is None:
        return pair
    if name.settle != name.quote and (name.settle, name.quote) != (name.base, "USD"):
        return None
    begins = pair if name.settle == name.quote else name.base
    if name.expiry is None:
        return f"{begins}-PERPETUAL"
    parts = EXPIRY.fullmatch(name.expiry)
    if parts is None:
        return None
    day = f"{int(parts['day'])}{MONTHS[int(parts['month']) - 1]}{parts['year']}"
    option = "" if parts["kind"] is None else f"-{parts['strike'].replace('.', 'd')}-{parts['kind']}"
    return f"{begins}-{day}{option}"


def ended_in(market: str) -> dict[str, Any]:
    """Ask for those orders of an instrument that have ended lately, unfilled ones too."""
    return {"instrument_name": market, "count": str(MOST), "include_unfilled": "true"}


def ended_page(market: str, _ids: Sequence[str], _since_ms: int | None) -> dict[str, Any]:
    """Ask for the same in place of a history, which is a single page: how the next begins is not told."""
    return ended_in(market)


OPEN = Endpoint("privateGetGetOpenOrders")
ENDED = Endpoint("privateGetGetOrderHistoryByInstrument")
TRAIL = Trail(
    begins=lambda row: row.get("order_state") == TRIGGERED,
    last_shows_all=True,
    lists=[
        Single(
            Endpoint("privateGetGetOpenOrdersByInstrument"),
            lambda _order_id, market: {"instrument_name": market},
            picks=lambda order_id, row: row.get("trigger_order_id") == order_id,
        ),
        Single(
            ENDED,
            lambda _order_id, market: ended_in(market),
            picks=lambda order_id, row: row.get("trigger_order_id") == order_id,
        ),
    ],
)

ALL = MarketType(
    name="all",
    ids=Grammar(
        re.compile(rf"{MARKET_START}{ASSET}[_-][A-Za-z0-9_-]{{1,60}}", re.ASCII), "BTC-PERPETUAL", any_script=True
    ),
    spell=spell,
    from_unified=market_id,
    markets=[
        Markets(
            Endpoint("publicGetGetInstruments", "markets"),
            {"currency": "any"},
            "",
            "instrument_name",
            "is_active",
            frozenset({True}),
        )
    ],
    probe=(Endpoint("privateGetGetPositions"), {"currency": "any"}),
)

PROFILE = Profile(
    exchange="deribit",
    title="Deribit",
    market_types=[ALL],
    books=[
        Book(
            title="orders of every currency and kind of instrument",
            market_type="all",
            form=ORDER,
            lists=[Listing(OPEN, {"type": "trigger_all"}), Listing(OPEN, {"type": "all"})],
            single=Single(Endpoint("privateGetGetOrderState"), lambda order_id, _market: {"order_id": order_id}),
            by_client_id=Single(
                ENDED,
                lambda _label, market: ended_in(market),
                picks=lambda label, row: row.get("label") == label,
            ),
            cancel=Cancel(
                Endpoint("privateGetCancel", "cancel", changes=True),
                lambda order_id, _market: {"order_id": order_id},
                lambda found: ids_of([found], "order_id"),
            ),
            history=History(ENDED, ended_page, "", whole),
            trail=TRAIL,
        )
    ],
    limits={"total": RateLimit(100, 5), "cancel": RateLimit(20, 4, apart=True), "markets": RateLimit(1, 1)},
    order_ids=Grammar(
        re.compile(r"([A-Z0-9]{1,12}(_[A-Z0-9]{1,12})?-){0,2}[0-9]{1,20}", re.ASCII),
        "ETH-331562 or ETH-SLIS-12",
        "d",
    ),
    client_order_ids=Grammar(re.compile(r"(?!.*\.\.)[A-Za-z0-9._:@+=|-]{1,64}", re.ASCII), "my-label-1"),
    never_an_order_id=NEVER_COUNTED,
    failure=failure,
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicGetGetTime"), ""),
    unlisted={OPEN.name: ("privateGetGetOpenOrdersByInstrument", "get_open_orders")},  # 4.5.64 does not list it
    no_countdown="ends orders when a WebSocket or FIX connection is lost, and has no countdown that a request arms",
    words=frozenset(
        {
            "order_type",
            "original_order_type",
            "time_in_force",
            "trigger",
            "cancel_reason",
            "advanced",
            "trigger_fill_condition",
            "kind",
            "settlement_period",
            "base_currency",
            "quote_currency",
            "counter_currency",
            "settlement_currency",
            "instrument_type",
            "option_type",
            "future_type",
            "message",
            "reason",
            "param",
        }
    ),
    fields=frozenset(
        {
            "jsonrpc",
            "usIn",
            "usOut",
            "usDiff",
            "testnet",
            "counter_currency",
            "instrument_id",
            "instrument_type",
            "is_liquidation",
            "mmp",
            "rfq",
            "risk_reducing",
            "settlement_currency",
            "settlement_period",
            "strike",
            "tick_size_steps",
            "web",
        }
    ),
)
