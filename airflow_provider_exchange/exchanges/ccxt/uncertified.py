"""
An account at an exchange that no profile describes: orders that are named, and no others.

What its lists leave out is not known, so nothing is listed, and no account is swept. An order is cancelled by one
of ccxt's methods and read by another, and ccxt's word for its state counts. What ccxt may add to an answer is not
believed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_exchange.errors import InvalidOrderRequest, UnreadableResponseError
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
from airflow_provider_exchange.exchanges.ccxt.loose import (
    cancelling,
    explained_in_vain,
    is_of_a_balance,
    is_public,
    names,
    reading,
)
from airflow_provider_exchange.exchanges.ccxt.settings import account_of
from airflow_provider_exchange.exchanges.ccxt.stepping import stepped
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.steps import venue_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Uncertified"]

STATES = {
    "open": OrderState.OPEN,
    "canceling": OrderState.CANCELLING,
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
}
NOT_TOLD = "-"
"""No field of an order."""
ORDER = OrderForm(
    order_id="id",
    symbol="symbol",
    state="status",
    states=STATES,
    side="side",
    quantity=NOT_TOLD,
    filled_quantity=NOT_TOLD,
    price=NOT_TOLD,
    client_order_id=None,
    created_at=(),
    kind="type",
)
"""
What is taken from ccxt. Its amounts are floats, or made up where the exchange tells none; its times may be those of
another event, or 1970.
"""


STATE_FIELD = re.compile("stat(e|us)", re.IGNORECASE)
LIVE = re.compile(r"pend|sent|ing$|trigger|suspend|partial(?!.*cancel)|(?<!in)active|live|open|new", re.IGNORECASE)
"""Is in words for states in which an order may still trade, or is only about to end."""
ONE_ORDER = {
    "kraken": Grammar(re.compile("[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{6}", re.ASCII), "OU22CG-KLAF2-FWUDD7"),
}
"""The form of ids where those of another form name several orders: a number is a reference that many may share."""


def may_still_trade(row: Any) -> bool:
    """Whether an exchange's own words for the state of an order are those of one that may still trade."""
    return any(map(LIVE.search, _states_in(row)))


def _states_in(row: Any) -> list[str]:
    """Return the texts in an exchange's answer that may be an order's state, however deep."""
    if isinstance(row, list):
        return [text for each in row for text in _states_in(each)]
    if not isinstance(row, dict):
        return []
    found = [value for name, value in row.items() if isinstance(value, str) and STATE_FIELD.search(str(name))]
    return found + [text for value in row.values() for text in _states_in(value)]


class Uncertified(Exchange):
    """
    One account, for orders that are named.

    :param client: ccxt's object of the account.
    :param secrets: Texts that must never appear in a message.
    """

    needs_symbol = True
    no_dead_mans_switch = (
        "may have a dead man's switch, but this package does not know which orders that would cancel"
    )
    has_lists = False
    few = 10**9
    tells_age = False
    timestamps_grow = True  # for all that is known: many exchanges of ccxt want nonces
    order_ids = Grammar(re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}", re.ASCII), "12234566", "d")
    client_order_ids = None
    symbols = Grammar(
        re.compile(r"[^/:\s]{1,40}/[^/:\s]{1,40}(:[^/:\s]{1,60})?", re.ASCII), "BTC/USDT", any_script=True
    )
    limits: Mapping[str, RateLimit] = {"total": RateLimit(5, 1)}

    def __init__(self, client: Client, secrets: Collection[str]) -> None:
        super().__init__(secrets)
        self.name = client.exchange
        self.title = f"{client.title} (not certified)"
        self.base_url = client.base_url
        self.client = client
        """What all that is sent is made and signed with."""
        self._orders = OrderReader(self, ORDER)

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Build the account of an Airflow connection; see :class:`.Ccxt`, which does it for every connection."""
        account = account_of(settings)
        return cls(account.client, account.secrets)

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """Refuse to list: see the module."""
        raise InvalidOrderRequest(
            f"{self.title}: what its lists leave out is not known, so only orders that are named can be cancelled",
            exchange=self.name,
        )

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read one order as ccxt does."""
        yield from self._load_markets()
        found = yield from self._step(
            lambda ccxt: ccxt.fetch_order(ref.order_id, ref.symbol),
            lambda wanted: reading(self.client, wanted, names(ref.order_id or "")),
        )
        if not isinstance(found, dict):
            raise UnreadableResponseError("ccxt does not show an order")
        order = self.expect(self._orders.parse(found), ref)
        if order.state.is_terminal and may_still_trade(found.get("info")):
            order = replace(order, state=OrderState.UNKNOWN)  # some of ccxt's tables call an end what is none yet
        return order

    def check_order_id(self, value: Any, field: str = "order_id") -> str:
        """Return an order id; refuse one that names several orders at this exchange."""
        text = super().check_order_id(value, field)
        grammar = ONE_ORDER.get(self.name)
        return text if grammar is None else grammar.check(text, field)

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:  # noqa: ARG002  (there are none)
        """Return the cancel of one order."""
        return None if ref.order_id is None else Cancellation((ref,), self._cancel(ref, ref.order_id))

    def _cancel(self, ref: OrderRef, order_id: str) -> Operation[frozenset[OrderKey]]:
        yield from self._load_markets()
        yield from self._step(
            lambda ccxt: ccxt.cancel_order(order_id, ref.symbol),
            lambda wanted: cancelling(self.client, wanted, order_id),
        )
        return frozenset({self.key(ref)})

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return single cancels."""
        return [one for ref in refs if (one := self.cancel_one(ref, options))]

    def probe(self) -> Operation[None]:
        """Read the balance."""
        yield from self._load_markets()
        yield from self._step(
            lambda ccxt: ccxt.fetch_balance(), lambda wanted: reading(self.client, wanted, is_of_a_balance)
        )

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read ccxt's markets."""
        yield from self._load_markets()
        return {name: market.get("active") is not False for name, market in self.client.markets().items()}

    def _load_markets(self) -> Operation[None]:
        """Let ccxt know the markets: read once a process for an exchange, as they take tens of megabytes."""
        if self.client.has_markets():
            return
        found = yield from self._step(
            lambda ccxt: ccxt.fetch_markets(), lambda wanted: reading(self.client, wanted, is_public)
        )
        self.client.set_markets(found)

    def _step(
        self, use: Callable[[Any], Coroutine[Any, Any, Any]], call_of: Callable[[Any], Call[Any]]
    ) -> Operation[Any]:
        _, now = yield from venue_time()
        coroutine = self.client.begin(use, int(now.timestamp() * 1000))
        return (yield from stepped(coroutine, call_of, explained_in_vain))
