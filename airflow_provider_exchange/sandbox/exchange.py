"""The paper exchange itself: three venues, their books, the rules in force, and a log of what was asked."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.bitopro.venue import BitoPro
from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State
from airflow_provider_exchange.sandbox.faults import Behaviour, Faults
from airflow_provider_exchange.sandbox.limits import Limits
from airflow_provider_exchange.sandbox.loopring.venue import Loopring
from airflow_provider_exchange.sandbox.nami.venue import Nami
from airflow_provider_exchange.sandbox.protocol import Answer, Call, Refusal, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

VENUES = ("nami", "bitopro", "loopring")

_SECRET_KEYS = frozenset({"signature", "eddsaSignature"})
_SECRET_QUERY = re.compile(r"((?:^|&)signature=)[^&]*")


@dataclass
class Settings:
    """
    What can be changed while the exchange runs.

    :param latency: seconds before every answer.
    :param rate_limits: whether the documented request limits hold.
    :param skew: seconds by which the venues' clock runs ahead.
    :param nami_batch_signing: which reading of Nami's unwritten rule holds: ``url_search_params``, ``json``
        or ``refuse`` for none.
    :param nami_error_status: 400 or 200, the HTTP status of Nami's business errors.
    :param loopring_error_shape: ``nested`` or ``flat``.
    """

    latency: float = 0.0
    rate_limits: bool = False
    skew: float = 0.0
    nami_batch_signing: str = "url_search_params"
    nami_error_status: int = 400
    loopring_error_shape: str = "nested"


@dataclass
class Logged:
    """
    One request in the log. Signatures are replaced by ``***``; headers are not kept.

    :param body: parsed when it is JSON, else its text.
    :param mutating: whether the call changes the book when it succeeds.
    :param status: what the client was told; 0 when it was told nothing.
    :param acted: whether the venue's own code has run.
    :param faults: the kinds of the rules that fired.
    """

    number: int
    at_ms: int
    venue: str
    route: str
    method: str
    path: str
    query: str
    body: Any
    mutating: bool
    status: int = 0
    acted: bool = False
    faults: tuple[str, ...] = ()


@dataclass
class Visit:
    """A request on its way through the exchange."""

    venue: str
    route: Route | None
    call: Call
    logged: Logged
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def behaviour(self) -> Behaviour:
        """What the fault rules ask of it."""
        return self.call.behaviour


class PaperExchange:
    """
    :param accounts: who may trade, and with which credentials.
    :param faults: the rules of misbehaviour.
    """

    def __init__(
        self, accounts: Accounts | None = None, settings: Settings | None = None, faults: Faults | None = None
    ) -> None:
        self.accounts = accounts or Accounts()
        self.settings = settings or Settings()
        self.faults = faults or Faults()
        self.limits = Limits()
        self.log: list[Logged] = []
        self.books = {venue: Book(self.now_ms) for venue in VENUES}
        self.nami = Nami(self.books["nami"], self.accounts.nami)
        self.bitopro = BitoPro(self.books["bitopro"], self.accounts.bitopro)
        self.loopring = Loopring(self.books["loopring"], self.accounts.loopring)
        self.apply_settings()
        self._lock = threading.Lock()

    @property
    def venues(self) -> Mapping[str, Nami | BitoPro | Loopring]:
        """The venues by name."""
        return {"nami": self.nami, "bitopro": self.bitopro, "loopring": self.loopring}

    def now_ms(self) -> int:
        """The venues' clock, in ms since the epoch."""
        return round((time.time() + self.settings.skew) * 1000)

    def apply_settings(self, **changes: Any) -> None:
        """
        Change settings.

        :raises TypeError: an unknown setting.
        :raises ValueError: a value a setting cannot have.
        """
        wanted = replace(self.settings, **changes)
        if wanted.nami_batch_signing not in ("url_search_params", "json", "refuse"):
            raise ValueError("nami_batch_signing is url_search_params, json or refuse")
        if wanted.loopring_error_shape not in ("nested", "flat"):
            raise ValueError("loopring_error_shape is nested or flat")
        self.settings = wanted
        self.nami.batch_signing = wanted.nami_batch_signing
        self.nami.error_status = wanted.nami_error_status
        self.loopring.error_shape = wanted.loopring_error_shape

    def reset(self) -> None:
        """Empty books, no faults, no limits used up, an empty log. Settings and nonces stay."""
        for book in self.books.values():
            book.clear()
        self.faults.clear()
        self.limits.clear()
        self.log.clear()

    # -- placing without a signature, for tests and demonstrations

    def place(
        self,
        venue: str,
        symbol: str,
        *,
        side: str = "SELL",
        type: str = "LIMIT",  # noqa: A002  the venues' own word
        quantity: Decimal | str | int = 1,
        price: Decimal | str | int = 100,
        stop_price: Decimal | str | int | None = None,
        filled: Decimal | str | int = 0,
        client_order_id: str = "",
        state: State | str | None = None,
        age: float = 0,
    ) -> PaperOrder:
        """
        Put an order into a venue's book.

        :param age: how many seconds ago it was created.
        :raises ValueError: an order this venue cannot hold.
        """
        home = self.venues[venue]
        created = self.now_ms() - round(age * 1000)
        done, whole = Decimal(filled), Decimal(quantity)
        stands = State(state) if state is not None else State.OPEN
        if state is None and stop_price is not None and not done:
            stands = State.WAITING
        if stands is State.FILLED:
            done = whole
        if not 0 <= done <= whole or (done == whole) != (stands is State.FILLED):
            raise ValueError(f"an order of {whole} with {done} filled is not {stands}")
        if client_order_id and venue == "nami":
            raise ValueError("Nami has no client order ids")
        if client_order_id and venue == "bitopro" and not client_order_id.isdecimal():
            raise ValueError("BitoPro's client order ids are numbers")
        kind = "STOP_LIMIT" if stop_price is not None and type == "LIMIT" else type
        with self._lock:
            order = PaperOrder(
                home.next_id(kind),
                symbol,
                side,
                kind,
                whole,
                Decimal(price),
                created,
                created,
                stands,
                done,
                None if stop_price is None else Decimal(stop_price),
                client_order_id,
            )
            return self.books[venue].place(home.admitted(order))

    # -- serving

    def arrive(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Visit | None:
        """
        Find out what a request asks for, write it down and let the fault rules see it.

        :param target: path and query as they stand in the request line.
        :return: ``None`` when no venue lives at the path.
        """
        path, _, query = target.partition("?")
        walked = _walked(path)
        name = next((name for name in VENUES if walked.startswith(tuple(self.venues[name].prefixes))), None)
        if name is None:
            return None
        found, arguments = self._find(name, method, walked)
        route = found.name if found else "unknown"
        mutating = found.mutating if found else method not in ("GET", "HEAD")
        behaviour = self.faults.fire(name, route, mutating=mutating)
        logged = Logged(
            len(self.log) + 1,
            self.now_ms(),
            name,
            route,
            method,
            path,
            _SECRET_QUERY.sub(r"\1***", query),
            _redacted(body),
            mutating,
            faults=tuple(rule.kind for rule in behaviour.fired),
        )
        self.log.append(logged)
        now = logged.at_ms + behaviour.skew_ms
        call = Call(method, path, query, headers, body, base_url, now, arguments, behaviour)
        return Visit(name, found, call, logged, arguments)

    def answer(self, visit: Visit) -> Answer:
        """Let the venue act on a request."""
        home = self.venues[visit.venue]
        if visit.route is None:
            return home.no_such_path()
        if self.settings.rate_limits and not self.limits.admits(visit.venue, visit.route.name):
            return home.too_many_requests()
        try:
            return visit.route.handler(visit.call)
        except Refusal as refusal:
            return home.told(refusal)
        finally:  # not before: whoever reads the log may look into the book next
            visit.logged.acted = True

    def _find(self, venue: str, method: str, path: str) -> tuple[Route | None, Mapping[str, str]]:
        for route in self.venues[venue].routes:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                return route, match.groupdict()
        return None, {}


def _walked(path: str) -> str:
    """
    The path as a lenient gateway would walk it: decoded, ``..`` followed, empty segments skipped.

    Lenient on purpose: a client that lets ``../all`` or an empty id into a path must see here what that
    could do at a real venue.
    """
    walked: list[str] = []
    for segment in unquote(path).split("/"):
        if segment == "..":
            walked = walked[:-1]
        elif segment not in ("", "."):
            walked.append(segment)
    return "/" + "/".join(walked)


def _redacted(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(read, dict):
        return {key: "***" if key in _SECRET_KEYS else value for key, value in read.items()}
    return read
