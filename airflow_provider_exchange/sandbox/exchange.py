"""The paper exchange: its venues, their books, the fault rules, and a log of requests."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.cache import Cache
from airflow_provider_exchange.sandbox.faults import Behaviour, Faults
from airflow_provider_exchange.sandbox.limits import Limits
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route
from airflow_provider_exchange.sandbox.redaction import redacted_body, redacted_query
from airflow_provider_exchange.sandbox.settings import Settings, addressed, chosen
from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.venue import AnyVenue


@dataclass
class Logged:
    """
    One request in the log. Signatures are replaced by ``***``; headers are not kept.

    :param body: parsed when it is JSON, else its text.
    :param mutating: whether the call changes the book when it succeeds.
    :param status: the HTTP status sent to the client; 0 when none was sent.
    :param acted: whether the venue processed the request.
    :param faults: the kinds of the rules that fired.
    :param signature: whether the venue found the signature valid; ``None`` when it looked at none.
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
    signature: bool | None = None


@dataclass
class Visit:
    """A request that the exchange is processing."""

    venue: str
    route: Route | None
    request: ReceivedRequest
    logged: Logged

    @property
    def behaviour(self) -> Behaviour:
        """The fault rules that apply to it."""
        return self.request.behaviour


class PaperExchange:
    """
    :param accounts: the accounts and their credentials; the public paper accounts when ``None``.
    :param faults: the fault rules.
    :param venues: the venues of the exchange.
    :param settings: see :meth:`apply_settings`.
    :raises ValueError: two of the venues have a name in common, or a prefix that no header tells apart; or a fault
        rule names a venue or a route that is not there.
    """

    clock: Callable[[], float]
    """Returns seconds since 1970; a test whose clients do not wait for real moves it on with theirs."""

    def __init__(
        self,
        accounts: Accounts | None = None,
        faults: Faults | None = None,
        venues: Iterable[type[AnyVenue]] = VENUES,
        **settings: Any,
    ) -> None:
        kinds = list(venues)
        _tell_apart(kinds)
        self.clock = time.time
        self.accounts = accounts or Accounts(kinds)
        self.settings = Settings()
        self.faults = faults or Faults()
        self.log: list[Logged] = []
        self.books: dict[str, Book] = {kind.name: kind.book_type(self.now_ms) for kind in kinds}
        self.venues: Mapping[str, AnyVenue] = {
            kind.name: kind(self.books[kind.name], self.accounts[kind.name]) for kind in kinds
        }
        self._owners = dict(self.venues)
        for name, venue in self.venues.items():
            for other, book in venue.others.items():
                self.books[f"{name}_{other}"] = book
                self._owners[f"{name}_{other}"] = venue
        self.faults.hold_to({name: [route.name for route in venue.routes] for name, venue in self.venues.items()})
        self.limits = Limits({name: venue.limits for name, venue in self.venues.items()})
        self.apply_settings(**settings)
        self._cache = Cache()
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """The venues' clock, in ms since the epoch."""
        return round((self.clock() + self.settings.skew) * 1000)

    def owner(self, book: str) -> AnyVenue:
        """
        Return the venue that a book belongs to.

        :param book: the venue's name, or ``<venue>_<name>`` for another of its books.
        """
        return self._owners[book]

    def all_settings(self) -> dict[str, Any]:
        """Return the exchange's settings, and those of each venue as ``<venue>_<setting>``."""
        settings = asdict(self.settings)
        for name, venue in self.venues.items():
            settings |= addressed(name, venue.settings)
        return settings

    def apply_settings(self, **changes: Any) -> None:
        """
        Change settings: fields of :class:`.Settings`, and those of the venues as ``<venue>_<setting>``.

        :raises TypeError: an unknown setting. Nothing is changed then.
        :raises ValueError: an invalid value. Nothing is changed then.
        """
        known = self.all_settings().keys()
        if unknown := changes.keys() - known:
            raise TypeError(f"unknown setting: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        wanted = {name: chosen(name, venue.settings, changes) for name, venue in self.venues.items()}
        own = {field.name for field in fields(Settings)}
        self.settings = replace(self.settings, **{name: changes[name] for name in own & changes.keys()})
        for name, settings in wanted.items():
            self.venues[name].settings = settings

    def reset(self) -> None:
        """Clear books, faults, used rate limits and nonces, and the log. Settings stay."""
        for book in self.books.values():
            book.clear()
        self.faults.clear()
        self.limits.clear()
        for venue in self.venues.values():
            venue.forget()
        self._cache.clear()
        self.log.clear()

    # -- placing without a signature, for tests and demonstrations

    def place(
        self,
        venue: str,
        symbol: str,
        *,
        order_id: str | None = None,
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

        :param venue: the venue's name, or ``<venue>_<name>`` for another of its books.
        :param order_id: the order's id, which another market may use too if the venue numbers orders by market;
            ``None`` for an unused one.
        :param age: how many seconds ago it was created.
        :raises ValueError: an order that this venue cannot have, or an id that the market already uses.
        """
        home = self.owner(venue)
        among = venue.removeprefix(home.name).removeprefix("_")
        created = self.now_ms() - round(age * 1000)
        done, whole = Decimal(filled), Decimal(quantity)
        stands = State(state) if state is not None else State.OPEN
        if state is None and stop_price is not None and not done:
            stands = State.WAITING
        if stands is State.FILLED:
            done = whole
        if not 0 <= done <= whole or (done == whole) != (stands is State.FILLED):
            raise ValueError(f"an order of {whole} with {done} filled is not {stands}")
        kind = "STOP_LIMIT" if stop_price is not None and type == "LIMIT" else type
        with self._lock:
            order = PaperOrder(
                home.new_id(kind, among) if order_id is None else str(order_id),
                home.spelled(symbol),
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
            return self.books[venue].place(home.admitted_to(among, order))

    # -- serving

    def nobody_at(self, path: str) -> str:
        """Say that no venue has this path, and which paths there are."""
        known = "; ".join(
            f"{venue.title} {', '.join(prefix for prefix in venue.prefixes if prefix.endswith('/'))}"
            + (f" with the header {venue.key_header}" if venue.key_header else "")
            for venue in self.venues.values()
        )
        return f"no venue has the path {path}; there are {known}; and the admin API below /sandbox/"

    def changes(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bool:
        """
        Return whether a request asks for a change, which follows from its route and not from its method.

        :param target: path and query as they stand in the request line.
        """
        path, _, query = target.partition("?")
        walked = _walked(path)
        name = self._home_of(walked, headers)
        return name is not None and _is_mutating(self._find(name, method, walked, query, body)[0], method)

    def arrive(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Visit | None:
        """
        Find the route of a request, log it, and apply the fault rules.

        :param target: path and query as they stand in the request line.
        :return: ``None`` when no venue has this path.
        """
        path, _, query = target.partition("?")
        walked = _walked(path)
        name = self._home_of(walked, headers)
        if name is None:
            return None
        found, arguments = self._find(name, method, walked, query, body)
        route = found.name if found else "unknown"
        mutating = _is_mutating(found, method)
        lists = found is not None and found.lists
        now_ms = self.now_ms()
        behaviour = self.faults.fire(name, route, now_ms, mutating=mutating, lists=lists)
        logged = Logged(
            len(self.log) + 1,
            now_ms,
            name,
            route,
            method,
            path,
            redacted_query(query, self.venues[name].signature_fields),
            redacted_body(body, self.venues[name].signature_fields),
            mutating,
            faults=tuple(rule.kind for rule in behaviour.fired),
        )
        self.log.append(logged)
        skewed = now_ms + behaviour.skew_ms
        request = ReceivedRequest(method, path, query, headers, body, base_url, skewed, arguments, behaviour)
        return Visit(name, found, request, logged)

    def answer(self, visit: Visit) -> Answer:
        """Return the venue's answer to a request, and keep it for the cache if it is that of a read."""
        answer = self._answered(visit)
        if not visit.logged.mutating and answer.status == 200:
            self._cache.keep(visit.venue, visit.request, self.venues[visit.venue].passing_fields, answer)
        return answer

    def cached(self, visit: Visit) -> Answer:
        """Return what such a read was answered last, without asking the venue; the first is asked of the venue."""
        kept = self._cache.find(visit.venue, visit.request, self.venues[visit.venue].passing_fields)
        return self.answer(visit) if kept is None else kept

    def _answered(self, visit: Visit) -> Answer:
        home = self.venues[visit.venue]
        if visit.route is None:
            return home.no_such_path()
        if self.settings.rate_limits and not self.limits.admits(visit.venue, visit.route.name):
            return home.too_many_requests()
        try:
            return visit.route.handler(visit.request)
        except Refusal as refusal:
            return home.told(refusal)
        finally:  # not before: whoever reads the log may look into the book next
            if verdicts := visit.request.verdicts:
                visit.logged.signature = all(verdicts)
            visit.logged.acted = True

    def _home_of(self, path: str, headers: Mapping[str, str]) -> str | None:
        """Return the venue whose header the request bears, else the one with the longest prefix that matches."""
        fitting = [
            (venue.key_header in headers, len(prefix), venue.key_header is None, name)
            for name, venue in self.venues.items()
            for prefix in venue.prefixes
            if (path.startswith(prefix) if prefix.endswith("/") else path == prefix)
        ]
        return max(fitting)[-1] if fitting else None

    def _find(
        self, venue: str, method: str, path: str, query: str, body: bytes
    ) -> tuple[Route | None, Mapping[str, str]]:
        for route in self.venues[venue].routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == method and route.suits(query, body):
                return route, match.groupdict()
        return None, {}


def _is_mutating(found: Route | None, method: str) -> bool:
    return found.mutating if found else method not in ("GET", "HEAD")


def _tell_apart(venues: Iterable[type[AnyVenue]]) -> None:
    claimed: dict[tuple[str, str | None], str] = {}
    for venue in venues:
        for claim in ((venue.name, None), *((prefix, venue.key_header) for prefix in venue.prefixes)):
            if claim in claimed:
                raise ValueError(f"{claimed[claim]} and {venue.title} both claim {claim[0]!r}")
            claimed[claim] = venue.title


def _walked(path: str) -> str:
    """
    Return the path as a lenient gateway would resolve it: decoded, ``..`` followed, empty segments skipped.

    It is lenient on purpose: it shows what a client that lets ``../all`` or an empty id into a path could do at a
    real venue.
    """
    walked: list[str] = []
    for segment in unquote(path).split("/"):
        if segment == "..":
            walked = walked[:-1]
        elif segment not in ("", "."):
            walked.append(segment)
    return "/" + "/".join(walked)
