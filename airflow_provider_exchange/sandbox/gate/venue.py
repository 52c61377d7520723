"""The paper Gate: its account, what its calls share, and what the admin API may place."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_exchange.sandbox.gate.account import PAPER_ACCOUNT, GateAccount
from airflow_provider_exchange.sandbox.gate.answers import error, refused
from airflow_provider_exchange.sandbox.gate.autos import Autos
from airflow_provider_exchange.sandbox.gate.contracts import LINEAR, Contracts
from airflow_provider_exchange.sandbox.gate.markets import CONTRACTS, LISTED, PAIRS, contract, pair
from airflow_provider_exchange.sandbox.gate.parameters import Parameters
from airflow_provider_exchange.sandbox.gate.shapes import SPOT_PLACES, USER
from airflow_provider_exchange.sandbox.gate.signing import check
from airflow_provider_exchange.sandbox.gate.spot import Spot
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder

AUTO, LINEAR_AUTO = "auto", "linear_auto"
CLIENT_ID = re.compile(r"t-[0-9A-Za-z_.-]{1,28}")
REMEMBERED_MS = 600_000
"""How long the venue knows a cancelled order that never traded."""
_ORDER_ID = re.compile("[1-9][0-9]{0,19}")
_NAME = "/api/v4/spot"


@dataclass(frozen=True)
class GateSettings:
    """
    Settings for what the vendor leaves open.

    :param account: of what kind the account is: a unified one, to which all orders on spot belong then; or a
        classic one, whose list of a unified account's orders that wait for a price is empty, or refused.
    """

    account: Literal["classic", "classic_refused", "unified"] = "classic"


class PaperGate(PaperVenue[GateAccount, GateSettings]):
    """
    The paper Gate.

    Its first book has the orders on spot, ``linear`` those of contracts; ``auto`` and ``linear_auto`` have those of
    each that wait for a price.
    """

    name = "gate"
    title = "Gate"
    conn_type = "ccxt"
    prefixes = (
        "/api/v4/futures/",
        "/api/v4/margin/",
        f"{_NAME}/accounts",
        f"{_NAME}/cancel_batch_orders",
        f"{_NAME}/currency_pairs",
        f"{_NAME}/open_orders",
        f"{_NAME}/orders",
        f"{_NAME}/orders/",
        f"{_NAME}/price_orders",
        f"{_NAME}/price_orders/",
        f"{_NAME}/time",
    )
    listed_markets = LISTED
    account = PAPER_ACCOUNT
    settings = GateSettings()
    other_books = (AUTO, LINEAR, LINEAR_AUTO)
    waiting_books = (AUTO, LINEAR_AUTO)
    limits = MappingProxyType(
        {
            "cancel_order": (200, 1),
            "cancel_orders": (200, 1),
            "cancel_linear_order": (200, 1),
            "cancel_linear_orders": (200, 1),
            "each": (200, 10),
        }
    )
    order_places = MappingProxyType(SPOT_PLACES)

    def __init__(self, book: Book, account: GateAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(1_105_451_750_524)
        self.routes: Sequence[Route] = (
            *Spot(self).routes(),
            *Autos(self, AUTO, "").routes(),
            *Contracts(self).routes(),
            *Autos(self, LINEAR_AUTO, LINEAR).routes(),
            route("balance", "GET", f"{_NAME}/accounts", self.balance),
            route("linear_balance", "GET", "/api/v4/futures/usdt/accounts", self.linear_balance),
            route("markets", "GET", f"{_NAME}/currency_pairs", self.markets),
            route("linear_markets", "GET", "/api/v4/futures/usdt/contracts", self.linear_markets),
            route("margin_markets", "GET", "/api/v4/margin/currency_pairs", self.margin_markets),
            route("time", "GET", f"{_NAME}/time", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        return error("TOO_MANY_REQUESTS")

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return error("NOT_FOUND")

    # -- what all calls need

    def parameters_of(
        self, request: ReceivedRequest, *, trading: bool = False, of_contracts: bool = False
    ) -> Parameters:
        """
        Return the query of a signed request.

        :param trading: whether the call changes something.
        :param of_contracts: whether it is one for contracts.
        :raises Refusal: the request is not let in.
        """
        check(request, self.account)
        if trading and not self.account.may_trade:
            raise refused("READ_ONLY")
        if of_contracts and not self.account.has_contracts:
            raise refused("USER_NOT_FOUND")
        return Parameters(request)

    def body_of(self, request: ReceivedRequest, *, of_contracts: bool = False) -> list[Any]:
        """
        Return the list in the body of a signed request that changes something.

        :raises Refusal: the request is not let in, or has another body.
        """
        self.parameters_of(request, trading=True, of_contracts=of_contracts)
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            raise refused("INVALID_REQUEST_BODY") from None
        if not isinstance(body, list):
            raise refused("INVALID_REQUEST_BODY")
        return body

    def check_pair(self, symbol: str) -> None:
        """
        Check a market that a request names.

        :raises Refusal: there is none of this name, nor an order in it.
        """
        self._check(symbol, PAIRS, (self.book, self.others[AUTO]), "INVALID_CURRENCY_PAIR")

    def check_contract(self, symbol: str) -> None:
        """Check a contract that a request names, as :meth:`check_pair` does."""
        self._check(symbol, CONTRACTS, (self.others[LINEAR], self.others[LINEAR_AUTO]), "CONTRACT_NOT_FOUND")

    @staticmethod
    def _check(symbol: str, markets: Any, books: Sequence[Book], label: str) -> None:
        if symbol not in markets and not any(order.symbol == symbol for book in books for order in book):
            raise refused(label, symbol)

    def remembers(self, order: PaperOrder, now_ms: int) -> bool:
        """Whether the venue still knows an order."""
        return order.state.live or order.filled > 0 or now_ms - order.updated_ms <= REMEMBERED_MS

    def named(
        self,
        request: ReceivedRequest,
        book: Book,
        name: str,
        suits: Callable[[PaperOrder], bool] = lambda _order: True,
    ) -> PaperOrder:
        """
        Return the order that a request names by its id, or by the client's.

        :param suits: whether an order may be meant.
        :raises Refusal: there is none, or it is forgotten.
        """
        by_client = name.startswith("t-")
        seen = [
            order
            for order in book.view(request.behaviour.lag).values()
            if (order.client_order_id if by_client else order.order_id) == name
            and suits(order)
            and self.remembers(order, request.now_ms)
        ]
        if not seen:
            raise refused("CLIENT_ID_NOT_FOUND" if by_client else "ORDER_NOT_FOUND")
        return next((order for order in seen if order.state.live), seen[-1])

    # -- the account, and what is public

    def balance(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/accounts``."""
        self.parameters_of(request)
        held = sorted({coin for name in PAIRS for coin in name.split("_")})
        row = {"available": "1000", "locked": "0", "update_id": 98}
        return Answer([{"currency": coin, **row} for coin in held])

    def linear_balance(self, request: ReceivedRequest) -> Answer:
        """``GET /futures/usdt/accounts``."""
        self.parameters_of(request, of_contracts=True)
        row = {"total": "1000", "unrealised_pnl": "0", "position_margin": "0", "order_margin": "0"}
        more = {"available": "1000", "point": "0", "currency": "USDT", "in_dual_mode": False}
        return Answer({"user": USER, **row, **more, "enable_credit": True, "bonus": "0"})

    def markets(self, _request: ReceivedRequest) -> Answer:
        """``GET /spot/currency_pairs``; public."""
        return Answer([pair(name) for name in PAIRS])

    def linear_markets(self, _request: ReceivedRequest) -> Answer:
        """``GET /futures/usdt/contracts``; public."""
        return Answer([contract(name) for name in CONTRACTS])

    def margin_markets(self, _request: ReceivedRequest) -> Answer:
        """``GET /margin/currency_pairs``; public. None of the markets is one for margin."""
        return Answer([])

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/time``; public."""
        return Answer({"server_time": request.now_ms})

    # -- orders without a signature

    def next_id(self, kind: str) -> str:  # noqa: ARG002  (all kinds are numbered together)
        """Return the next number, which is higher than all before it."""
        return str(next(self._numbers))

    def spelled(self, symbol: str) -> str:
        """Return a market in capitals, its currencies joined by an underscore."""
        return symbol.upper().partition(":")[0].replace("/", "_")

    def admitted_to(self, among: str, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API, with the details that this venue stores."""
        book = self.others[among] if among else self.book
        if not _ORDER_ID.fullmatch(order.order_id):
            raise ValueError(f"Gate's order ids are numbers of up to 20 digits, which {order.order_id!r} is not")
        if book.symbols_of(order.order_id):
            raise ValueError(f"Gate has an order {order.order_id} already; no two markets use the same id there")
        if order.client_order_id and not CLIENT_ID.fullmatch(order.client_order_id):
            raise ValueError("Gate's client order ids begin with t- and have up to 28 more characters")
        if order.client_order_id and among == AUTO:
            raise ValueError("Gate's spot orders that wait for a price have no client order id")
        waits = among in self.waiting_books
        if (order.stop_price is not None) != waits:
            kept = f"in the books gate_{AUTO} and gate_{LINEAR_AUTO}"
            raise ValueError(f"Gate keeps orders that wait for a price apart from the others, {kept}")
        kind = "LIMIT" if order.type in ("LIMIT", "STOP_LIMIT") else order.type
        if kind not in ("LIMIT", "MARKET"):
            raise ValueError(f"Gate has no orders of type {order.type}, but LIMIT and MARKET")
        markets = CONTRACTS if among.startswith(LINEAR) else PAIRS
        if order.symbol in LISTED and order.symbol not in markets:
            raise ValueError(f"{order.symbol} is no market of this kind at Gate")
        account = "unified" if self.settings.account == "unified" else "spot"
        return replace(order, type=kind, details=MappingProxyType({"account": account, **order.details}))
