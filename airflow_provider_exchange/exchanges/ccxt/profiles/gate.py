"""
Gate: spot and isolated margin, and perpetual contracts that are settled in USDT.

Sources: Gate's documents of API v4, their list of labels, and the tables in Gate's own clients. An answer that is
no success has another HTTP status than 200, and a label.

Orders that wait for a price ("auto orders") have lists and ids of their own. When the price is reached, such an
order places another one, and then tells its id. The list of open spot orders is grouped by market and counts its
pages in each group; without an account it shows those of the spot, the margin and the unified account. The list of
auto orders on spot shows those of a unified account only if it is asked for them; to an account of another kind the
exchange may say that it is none.

The call for several cancels on spot has to say of what account each order is, which an order's name does not tell,
so it is not used; a single cancel needs no account. A cancelled order that never traded is forgotten 10 minutes
later.

What the documents leave open: whether the list of contracts, for which they name a limit of 100, is cut off without
one; other clients get it whole. And what is said of an auto order that is not known: "AUTO_ORDER_NOT_FOUND" was
seen, which their list of labels does not have. Sizes of contracts may be fractions, and are texts for clients that
say so in a header, as later versions of ccxt do, and this package always.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Counted,
    Endpoint,
    Failure,
    History,
    Listing,
    Markets,
    MarketType,
    Profile,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import (
    id_in,
    ids_of,
    last_of_a_full_page,
    overlapping_offsets,
    overlapping_pages,
    rows_of,
    second_word,
)
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.exchanges.texts import upper
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Params, Unified

PAGE = 100
PAGES_OF_HISTORY = 25
"""How far back a history of contracts is read; what is not found there is read by itself."""
MARK = "auto:"
USDT = {"settle": "usdt"}
"""The part of the path that says in what contracts are settled."""
HOW_IT_ENDED = second_word("status", {"finished"}, "finish_as")
CLIENTS_OWN = "t-"
"""What ids that clients give begin with; another text says where an order came from, such as "web"."""
NOT_UNIFIED = frozenset({"INVALID_UNIFIED_ACCOUNT", "UNIFIED_ACCOUNT_NOT_ACTIVATED"})

SPOT_ORDER = OrderForm(
    order_id="id",
    symbol="currency_pair",
    state="status",
    states={"open": OrderState.OPEN, "closed": OrderState.FILLED, "cancelled": OrderState.CANCELLED},
    side="side",
    quantity="amount",
    filled_quantity="filled_amount",
    price="price",
    client_order_id="text",
    client_ids_start=CLIENTS_OWN,
    created_at=("create_time_ms",),
    changed_at=("update_time_ms",),
    kind="type",
)
SPOT_AUTO_ORDER = OrderForm(
    order_id="id",
    symbol="market",
    state="status",
    states={
        "open": OrderState.OPEN,
        "finish": OrderState.FILLED,
        "cancelled": OrderState.CANCELLED,
        "canceled": OrderState.CANCELLED,
        "failed": OrderState.REJECTED,
        "expired": OrderState.EXPIRED,
    },
    side="put.side",
    quantity="put.amount",
    filled_quantity=None,
    price="put.price",
    created_at=("ctime",),
    changed_at=("ftime",),
    kind="put.type",
    stop_price="trigger.price",
    waiting=frozenset({"open"}),
)
"""
The documents say "cancelled", answers "canceled". One that is finished has placed another one; see :func:`placed`.
"""
CONTRACT_ORDER = OrderForm(
    order_id="id",
    symbol="contract",
    state="status",
    states={
        "open": OrderState.OPEN,
        "filled": OrderState.FILLED,
        "cancelled": OrderState.CANCELLED,
        "liquidated": OrderState.CANCELLED,
        "ioc": OrderState.CANCELLED,
        "auto_deleveraged": OrderState.CANCELLED,
        "reduce_only": OrderState.CANCELLED,
        "position_closed": OrderState.CANCELLED,
        "reduce_out": OrderState.CANCELLED,
        "stp": OrderState.CANCELLED,
    },
    state_word=HOW_IT_ENDED,
    side="size",
    sign_tells_side=True,
    quantity="size",
    filled_quantity=None,
    left="left",
    price="price",
    client_order_id="text",
    client_ids_start=CLIENTS_OWN,
    created_at=("create_time",),
    changed_at=("finish_time",),
)
CONTRACT_AUTO_ORDER = OrderForm(
    order_id="id",
    symbol="initial.contract",
    state="status",
    states={
        "open": OrderState.OPEN,
        "inactive": OrderState.OPEN,
        "succeeded": OrderState.FILLED,
        "cancelled": OrderState.CANCELLED,
        "failed": OrderState.REJECTED,
        "expired": OrderState.EXPIRED,
    },
    state_word=HOW_IT_ENDED,
    side="initial.size",
    sign_tells_side=True,
    quantity="initial.size",
    filled_quantity=None,
    price="initial.price",
    client_order_id="initial.text",
    client_ids_start=CLIENTS_OWN,
    created_at=("create_time",),
    changed_at=("finish_time",),
    stop_price="trigger.price",
    waiting=frozenset({"open", "inactive"}),
)
"""
A size of 0 closes a position, whatever its side. An inactive one belongs to an order that has not traded yet.
"""

ERRORS = {
    "ACCOUNT_LOCKED": PermissionDeniedError,
    "AUTO_ORDER_NOT_FOUND": OrderNotFoundError,
    "BAD_REQUEST": RequestRefusedError,
    "CLIENT_ID_NOT_FOUND": OrderNotFoundError,
    "CONTRACT_NOT_FOUND": RequestRefusedError,
    "FORBIDDEN": PermissionDeniedError,
    "INTERNAL": ExchangeUnavailableError,
    "INVALID_ARGUMENT": RequestRefusedError,
    "INVALID_CREDENTIALS": AuthenticationError,
    "INVALID_CURRENCY": RequestRefusedError,
    "INVALID_CURRENCY_PAIR": RequestRefusedError,
    "INVALID_KEY": AuthenticationError,
    "INVALID_PARAM_VALUE": RequestRefusedError,
    "INVALID_PROTOCOL": RequestRefusedError,
    "INVALID_REQUEST_BODY": RequestRefusedError,
    "INVALID_SIGNATURE": AuthenticationError,
    "INVALID_UNIFIED_ACCOUNT": RequestRefusedError,
    "IP_FORBIDDEN": PermissionDeniedError,
    "MISSING_REQUIRED_HEADER": AuthenticationError,
    "MISSING_REQUIRED_PARAM": RequestRefusedError,
    "ORDER_CANCELLED": OrderNotFoundError,
    "ORDER_CLOSED": OrderNotFoundError,
    "ORDER_FINISHED": OrderNotFoundError,
    "ORDER_NOT_FOUND": OrderNotFoundError,
    "READ_ONLY": PermissionDeniedError,
    "REQUEST_EXPIRED": ClockSkewError,
    "TOO_BUSY": ExchangeUnavailableError,
    "TOO_MANY_REQUESTS": RateLimitedError,
    "UNIFIED_ACCOUNT_NOT_ACTIVATED": RequestRefusedError,
    "USER_NOT_FOUND": RequestRefusedError,
}
"""ORDER_CANCELLED, ORDER_CLOSED and ORDER_FINISHED are said of orders that have ended; USER_NOT_FOUND of an account
that has no contracts."""


def failure(status: int, body: Any) -> Failure | None:
    """Return the failure in ``{"label": "ORDER_NOT_FOUND", "message": "..."}``, which has a status of its own."""
    label = body.get("label") if isinstance(body, dict) and status != 200 else None
    if not isinstance(label, str) or not label:
        return None
    return Failure(label, body.get("message") or body.get("detail"))


def data(body: Any) -> Any:
    """Return the body, which has no envelope."""
    return body


def shows_its_total(found: Any, size: int) -> bool:
    """
    Whether each market shows as many open orders as it says that it has, or a full page.

    By the documents the number is that of the page. Were it that of the market, this would hold, too.
    """
    for group in rows_of(found):
        total, orders = (group.get(name) if isinstance(group, dict) else None for name in ("total", "orders"))
        if type(total) is int and isinstance(orders, list) and len(orders) < min(total, size):
            return False
    return True


def placed(row: Mapping[str, Any]) -> list[str]:
    """Return the id of the order that an auto order on spot has placed."""
    return _placed(row.get("fired_order_id"), has_placed=row.get("status") == "finish")


def placed_contract_order(row: Mapping[str, Any]) -> list[str]:
    """Return the id of the order that an auto order for a contract has placed."""
    return _placed(row.get("trade_id"), has_placed=row.get("finish_as") == "succeeded")


def _placed(order_id: Any, *, has_placed: bool) -> list[str]:
    return [id_in(order_id or None)] if has_placed or order_id not in (None, 0, "0", "") else []


def cancelled(found: Any) -> Iterator[Any]:
    """Yield the ids of those of several cancels that went well."""
    for row in rows_of(found):
        if isinstance(row, dict) and row.get("succeeded") is True:
            yield row.get("id")


def cancel_contract_orders(named: Sequence[Named]) -> Params:
    """Name several orders; ccxt takes the path's parameter from the first element."""
    return [USDT, *(order_id for order_id, _ in named)]


def has_clients_id(name: str, row: Mapping[str, Any]) -> bool:
    """Whether an auto order for a contract has an id of the client's, by which the exchange does not find it."""
    initial = row.get("initial")
    return isinstance(initial, dict) and initial.get("text") == name


def spell(text: str) -> str:
    """Return a market's id in capitals, its currencies joined by an underscore."""
    return upper(text).replace("-", "_").replace("/", "_")


def spot_id(name: Unified) -> str | None:
    """Return the id of a spot market."""
    return None if name.settle else f"{name.base}_{name.quote}"


def contract_id(name: Unified) -> str | None:
    """Return the id of a perpetual contract that is settled in USDT."""
    is_one = name.quote == name.settle == "USDT" and name.expiry is None
    return f"{name.base}_{name.quote}" if is_one else None


SPOT = MarketType(
    name="spot",
    ids=Grammar(re.compile(rf"{MARKET_START}{ASSET}_{ASSET}", re.ASCII), "BTC_USDT", any_script=True),
    spell=spell,
    from_unified=spot_id,
    markets=[
        Markets(
            Endpoint("publicSpotGetCurrencyPairs", "markets"),
            {},
            "",
            "id",
            "trade_status",
            frozenset({"tradable", "buyable", "sellable"}),
        )
    ],
    probe=(Endpoint("privateSpotGetAccounts", "account"), {}),
)
LINEAR = MarketType(
    name="linear",
    ids=Grammar(re.compile(rf"{MARKET_START}{ASSET}_USDT", re.ASCII), "BTC_USDT", any_script=True),
    spell=spell,
    from_unified=contract_id,
    markets=[
        Markets(
            Endpoint("publicFuturesGetSettleContracts", "markets"),
            USDT,
            "",
            "name",
            "status",
            frozenset({"trading"}),
        )
    ],
    probe=(Endpoint("privateFuturesGetSettleAccounts", "account"), USDT),
)

SPOT_ONE = Endpoint("privateSpotGetOrdersOrderId", "order")
CONTRACT_ONE = Endpoint("privateFuturesGetSettleOrdersOrderId", "order")
CONTRACT_LIST = Endpoint("privateFuturesGetSettleOrders", "open")
CONTRACT_AUTO_LIST = Endpoint("privateFuturesGetSettlePriceOrders", "auto")


PAST_CONTRACTS = Counted(
    lambda number: {"limit": PAGE, "offset": number * PAGE} if number < PAGES_OF_HISTORY else None,
    lambda _number: PAGE,
)


def history_of_market(market: str, _ids: Sequence[str], since_ms: int | None) -> dict[str, Any]:
    """Ask for the orders of a spot market that ended after a time."""
    since = {} if since_ms is None else {"from": since_ms // 1000}
    return {"currency_pair": market, "status": "finished", **since}


def of_spot(name: str, market: str) -> dict[str, Any]:
    """Name an order by its id or the client's; the latter begins with letters."""
    return {"order_id": name, "currency_pair": market}


def of_contracts(name: str, _market: str) -> dict[str, Any]:
    """Name an order of any contract by its id or the client's."""
    return {**USDT, "order_id": name}


PROFILE = Profile(
    exchange="gate",
    title="Gate",
    no_countdown="counts down for its spot markets and for its contracts apart, not for an account",
    market_types=[SPOT, LINEAR],
    books=[
        Book(
            title="spot orders",
            market_type="spot",
            form=SPOT_ORDER,
            lists=[
                Listing(
                    Endpoint("privateSpotGetOpenOrders", "open"),
                    rows="[].orders",
                    counted=overlapping_pages(PAGE),
                    fits_its_total=shows_its_total,
                )
            ],
            single=Single(SPOT_ONE, of_spot),
            by_client_id=Single(SPOT_ONE, of_spot),
            cancel=Cancel(
                Endpoint("privateSpotDeleteOrdersOrderId", "cancel", changes=True),
                of_spot,
                lambda found: ids_of([found], "id"),
            ),
            history=History(
                Endpoint("privateSpotGetOrders", "history"),
                history_of_market,
                "",
                counted=overlapping_pages(PAGE),
            ),
        ),
        Book(
            title="spot orders that wait for a price",
            market_type="spot",
            form=SPOT_AUTO_ORDER,
            mark=MARK,
            becomes="spot orders",
            placed=placed,
            lists=[
                Listing(
                    Endpoint("privateSpotGetPriceOrders", "auto"),
                    {"status": "open", **account},
                    counted=overlapping_offsets(PAGE),
                    absent=absent,
                )
                for account, absent in (({}, frozenset[str]()), ({"account": "unified"}, NOT_UNIFIED))
            ],
            single=Single(
                Endpoint("privateSpotGetPriceOrdersOrderId", "order"), lambda order_id, _: {"order_id": order_id}
            ),
            cancel=Cancel(
                Endpoint("privateSpotDeletePriceOrdersOrderId", "auto_cancel", changes=True),
                lambda order_id, _: {"order_id": order_id},
                lambda found: ids_of([found], "id"),
            ),
        ),
        Book(
            title="orders of contracts settled in USDT",
            market_type="linear",
            form=CONTRACT_ORDER,
            lists=[
                Listing(
                    CONTRACT_LIST,
                    {**USDT, "limit": PAGE, "status": "open"},
                    more=last_of_a_full_page(PAGE, "id", "last_id"),
                )
            ],
            single=Single(CONTRACT_ONE, of_contracts),
            by_client_id=Single(CONTRACT_ONE, of_contracts),
            cancel=Cancel(
                Endpoint("privateFuturesDeleteSettleOrdersOrderId", "cancel", changes=True),
                of_contracts,
                lambda found: ids_of([found], "id"),
            ),
            batch=Batch(
                Endpoint("privateFuturesPostSettleBatchCancelOrders", "batch", changes=True),
                size=20,
                of_one_market=False,
                by_ids=cancel_contract_orders,
                acknowledged=cancelled,
            ),
            history=History(
                CONTRACT_LIST,
                lambda market, _ids, _since: {**USDT, "contract": market, "status": "finished"},
                "",
                counted=PAST_CONTRACTS,
            ),
        ),
        Book(
            title="orders of contracts settled in USDT that wait for a price",
            market_type="linear",
            form=CONTRACT_AUTO_ORDER,
            mark=MARK,
            becomes="orders of contracts settled in USDT",
            placed=placed_contract_order,
            lists=[
                Listing(
                    CONTRACT_AUTO_LIST,
                    {**USDT, "status": "open"},
                    counted=overlapping_offsets(PAGE),
                )
            ],
            single=Single(Endpoint("privateFuturesGetSettlePriceOrdersOrderId", "order"), of_contracts),
            by_client_id=Single(
                CONTRACT_AUTO_LIST,
                lambda _name, market: {**USDT, "contract": market, "limit": PAGE, "status": "finished"},
                picks=has_clients_id,
            ),
            cancel=Cancel(
                Endpoint("privateFuturesDeleteSettlePriceOrdersOrderId", "auto_cancel", changes=True),
                of_contracts,
                lambda found: ids_of([found], "id"),
            ),
        ),
    ],
    limits={
        "open": RateLimit(200, 10),
        "order": RateLimit(200, 10),
        "history": RateLimit(200, 10),
        "auto": RateLimit(200, 10),
        "auto_cancel": RateLimit(200, 10),
        "account": RateLimit(200, 10),
        "markets": RateLimit(200, 10),
        "cancel": RateLimit(200, 1),
        "batch": RateLimit(200, 1),
    },
    order_ids=Grammar(re.compile(rf"({MARK})?[1-9][0-9]{{0,24}}", re.ASCII), "1105451750524 or auto:1283293", "d"),
    client_order_ids=Grammar(re.compile(r"(?!.*\.\.)t-[0-9A-Za-z_.-]{1,28}", re.ASCII), "t-my-order"),
    never_an_order_id=NEVER_COUNTED,
    side_by_side=20,
    headers={"X-Gate-Size-Decimal": "1"},
    failure=failure,
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicSpotGetTime", "markets"), "server_time"),
    words=frozenset(
        {
            "account",
            "fee_currency",
            "rebated_fee_currency",
            "time_in_force",
            "tif",
            "stp_act",
            "order_type",
            "finish_as",
            "reason",
            "rule",
            "label",
            "message",
            "detail",
            "currency",
            "amend_text",
            "total",
            "auto_size",
        }
    ),
    fields=frozenset(
        {
            "bonus",
            "enable_credit",
            "finish_time",
            "fired_order_id",
            "ftime",
            "gt_discount",
            "gt_fee",
            "gt_maker_fee",
            "gt_taker_fee",
            "in_dual_mode",
            "is_liq",
            "mkfr",
            "rebated_fee",
            "refr",
            "refu",
            "stp_id",
            "succeeded",
            "tkfr",
        }
    ),
)
