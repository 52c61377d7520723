"""
Hyperliquid: perpetuals of its first exchange, and spot.

Sources: Hyperliquid's documents of its API, pages Info endpoint, Exchange endpoint, Error responses, Rate limits
and user limits, Nonces and API wallets, and Asset IDs; answers that its own Python SDK and others have recorded.

One list shows the orders of the first perpetual exchange and those of spot, waiting ones too, whole and at once.
Orders of other perpetual exchanges, which builders deploy, are in lists of their own; those and running TWAPs, of
which there is no documented list, are not covered. Reads are not signed: they name an account, and show whatever
that one has. So none of them counts before the exchange has said that the key may act for the account. Sub-accounts
and vaults, for which a master's key acts, are refused then.

Every answer has HTTP status 200. A failure is told in words; those here are compared with what the pages have, or
what was recorded, from their beginning on, as the exchange goes on with numbers. The answer to a cancel names no
order, but has its results in the order of the request. The list does not say that its orders are open, and how much
of an open order is filled is only told there: a read of one shows what it was when its state last changed.

A modified order goes on with another id, under the same client id; the one that was named is cancelled then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import AuthenticationError, UnreadableResponseError
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Endpoint,
    History,
    Listing,
    Markets,
    MarketType,
    Numbers,
    Owner,
    Profile,
    Single,
    whole,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.hyperliquid_answers import (
    ERRORS,
    FIELDS,
    LIST,
    ORDER,
    data,
    failure,
    is_of_its_kind,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import rows_of
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.texts import lower, upper
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Params, Unified

BATCH = 39
"""Cancels in a request; from 40 on it weighs more."""
FIRST_SPOT = 10_000
"""The number of the first spot market."""
PURR = "PURR/USDC"
"""The only spot market that is not called by its number."""
IN_THOUSANDS = frozenset({"PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "DOGS", "NEIRO"})
"""Coins of which a contract is on a thousand: its name begins with a small ``k``, which ccxt writes large."""


def number_of(market: str, found: Any) -> int | None:
    """
    Return the number of a market: that of a spot market follows from its name, others are places in a list.

    The list keeps contracts that are not traded any more, so that no number ever means another one.
    """
    if market == PURR:
        return FIRST_SPOT
    if market.startswith("@"):
        return FIRST_SPOT + int(market[1:])
    if found is None:
        return None
    listed = rows_of(found.get("universe") if isinstance(found, dict) else None)
    names = [row.get("name") if isinstance(row, dict) else None for row in listed]
    if names.count(market) > 1:
        raise UnreadableResponseError("the response shows a market twice")
    return names.index(market) if market in names else None


def market_id(name: Unified) -> str | None:
    """
    Return the id of a perpetual, or of the one spot market that is called by its name.

    Other spot markets are called by numbers, such as ``@107``, of which ccxt's names say nothing.
    """
    if name.settle is None:
        return PURR if (name.base, name.quote) == ("PURR", "USDC") else None
    if name.settle != "USDC" or name.quote != "USDC" or name.expiry:
        return None
    return f"k{name.base[1:]}" if name.base[:1] == "K" and name.base[1:] in IN_THOUSANDS else name.base


def spell(text: str) -> str:
    """Return a name in capitals if it is written small, as people may; the exchange's own have their case."""
    capitals = upper(text)
    if text != lower(text) or text == capitals:
        return text
    return f"k{capitals[1:]}" if capitals[0] == "K" and capitals[1:] in IN_THOUSANDS else capitals


def address_of_key(ccxt: Any) -> str:
    """Return the address that a private key signs for."""
    return str(ccxt.eth_get_address_from_private_key(ccxt.privateKey)).lower()


def _fields(params: Params) -> dict[str, Any]:
    if not isinstance(params, dict):
        raise TypeError("the exchange takes no list of parameters")
    return dict(params)


def of_the_account(ccxt: Any, params: Params, _timestamp: int) -> Params:
    """Name the account in a read."""
    return {**_fields(params), "user": ccxt.walletAddress}


def of_the_key(ccxt: Any, _params: Params, _timestamp: int) -> Params:
    """Ask what the key's own address is."""
    return {"type": "userRole", "user": address_of_key(ccxt)}


def signed(ccxt: Any, params: Params, timestamp: int) -> Params:
    """Sign a cancel; the time makes the request another one than all before."""
    action = _fields(params)
    return {"action": action, "nonce": timestamp, "signature": ccxt.sign_l1_action(action, timestamp)}


def check_owner(ccxt: Any, found: Any) -> None:
    """
    Make sure that the key is the account's own, or that of an API wallet of it.

    :raises AuthenticationError: when the exchange says something else of the key.
    """
    role = found.get("role") if isinstance(found, dict) else None
    told = found.get("data") if isinstance(found, dict) else None
    user = told.get("user") if isinstance(told, dict) else None
    account = ccxt.walletAddress.lower()
    if role == "user" and address_of_key(ccxt) == account:
        return
    if role == "agent" and isinstance(user, str):
        if user.lower() == account:
            return
        raise AuthenticationError(
            "the private key is that of an API wallet of another account than the wallet address names, so the "
            "orders shown there may not be the key's; enter the address of the account that approved the API "
            "wallet (sub-accounts and vaults are not covered)"
        )
    if role == "user":
        raise AuthenticationError(
            "the private key is that of another account than the wallet address names, so the orders shown there "
            "may not be the key's; enter the address of the key, or the key of an API wallet of that account "
            "(sub-accounts and vaults are not covered)"
        )
    if role == "missing":
        raise AuthenticationError(
            "the venue does not know the private key's address: neither is it an account nor an API wallet, or its "
            "approval has expired; enter the key of one"
        )
    raise UnreadableResponseError("the response does not say whose the private key is")


def cancel_of(orders: Sequence[Named]) -> dict[str, Any]:
    """Name orders by the numbers of their markets and their own; the order of the fields is signed, too."""
    return {"type": "cancel", "cancels": [{"a": int(market), "o": int(order_id)} for order_id, market in orders]}


INFO = "publicPostInfo"
META = Endpoint(INFO, weight=20)
STATUS = Endpoint(INFO, weight=2, complete=of_the_account)
KEY = Endpoint(INFO, weight=60, complete=of_the_key)
EXCHANGE = Endpoint("privatePostExchange", changes=True, complete=signed)

ALL = MarketType(
    name="all",
    ids=Grammar(
        re.compile(rf"@[0-9]{{1,9}}|{PURR}|(?=[0-9]{{0,19}}[A-Za-z])[A-Za-z0-9]{{1,20}}", re.ASCII), "BTC or @107"
    ),
    spell=spell,
    from_unified=market_id,
    markets=[
        Markets(META, {"type": kind}, "universe", "name", "isDelisted", frozenset({None, False}))
        for kind in ("meta", "spotMeta")
    ],
    probe=(STATUS, {"type": "clearinghouseState"}),
)

PROFILE = Profile(
    exchange="hyperliquid",
    title="Hyperliquid",
    market_types=[ALL],
    books=[
        Book(
            title="orders of the first perpetual exchange and of spot",
            market_type="all",
            form=ORDER,
            lists=[Listing(Endpoint(INFO, weight=20, complete=of_the_account), {"type": LIST})],
            single=Single(STATUS, lambda order_id, _market: {"type": "orderStatus", "oid": int(order_id)}),
            by_client_id=Single(STATUS, lambda client_id, _market: {"type": "orderStatus", "oid": client_id}),
            cancel=Cancel(
                EXCHANGE,
                lambda order_id, market: cancel_of([(order_id, market)]),
                lambda found: [each == "success" for each in rows_of(found)],
                by_place=True,
            ),
            batch=Batch(
                EXCHANGE,
                size=BATCH,
                of_one_market=False,
                by_ids=cancel_of,
                acknowledged=lambda found: [each == "success" for each in rows_of(found)],
                by_place=True,
            ),
            history=History(
                Endpoint(INFO, weight=120, complete=of_the_account),
                lambda _market, _ids, _since: {"type": "historicalOrders"},
                "",
                whole,
            ),
            numbers=Numbers(META, {"type": "meta"}, number_of),
        ),
    ],
    limits={"total": RateLimit(1200, 60)},
    order_ids=Grammar(re.compile(r"[1-9][0-9]{0,18}", re.ASCII), "91490942", "d"),
    client_order_ids=Grammar(re.compile(r"0x[0-9a-f]{32}", re.ASCII), "0x00000000000000000000000000000001"),
    client_order_id_prefixes=Grammar(re.compile(r"0x[0-9a-f]{1,32}", re.ASCII), "0x00000000"),
    never_an_order_id=NEVER_COUNTED,
    failure=failure,
    understood=frozenset({"status"}),
    data=data,
    errors=ERRORS,
    fits=is_of_its_kind,
    time=(Endpoint(INFO, weight=2, complete=lambda *_: {"type": "exchangeStatus"}), "time"),
    owner=Owner(KEY, {}, check_owner),
    withdrawal=(KEY, lambda found: not (isinstance(found, dict) and found.get("role") == "agent")),
    no_countdown="has one for accounts that have traded a million dollars, and this package does not arm it",
    credential_forms={
        "walletAddress": re.compile(r"0x[0-9a-f]{40}", re.ASCII),
        "privateKey": re.compile(r"(0x)?[0-9a-f]{64}", re.ASCII),
    },
    words=frozenset({"orderType", "tif", "role", "type"}),
    fields=FIELDS,
)
