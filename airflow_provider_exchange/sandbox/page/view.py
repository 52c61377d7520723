"""Reads the exchange for its page, and changes nothing: no cancel that is due takes effect by being seen."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.fault_rules import GROUPS_OF_ROUTES, Fault
from airflow_provider_exchange.sandbox.page.breaking import KINDS_BY_GROUP, SENTENCES
from airflow_provider_exchange.sandbox.page.sent import Sent, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.exchange import Logged, PaperExchange
    from airflow_provider_exchange.sandbox.faults import Counted

__all__ = ["view"]

MOST_OPEN = 50
MOST_ENDED = 5
MOST_REQUESTS = 30
VERDICTS: Mapping[bool | None, str] = {True: "valid", False: "wrong", None: ""}


@dataclass(frozen=True)
class BookView:
    """
    One book, for the page.

    :param name: the book's name in the admin API.
    :param key: the beginning of the account's API key.
    :param orders: the oldest live ones, then those that ended last.
    :param live: how many live orders there are.
    :param hidden: how many live orders are not among ``orders``.
    :param ended: how many orders have ended.
    """

    name: str
    title: str
    key: str
    markets: Sequence[str]
    orders: Sequence[Mapping[str, Any]]
    live: int
    hidden: int
    ended: int


def view(exchange: PaperExchange, said: str = "") -> dict[str, Any]:
    """
    Return what the page shows.

    :param said: why what was asked for last was not done.
    """
    accounts = {name: exchange.accounts[name].connection_fields() for name in exchange.venues}
    sent = Sent(accounts.values())
    log = exchange.log[-MOST_REQUESTS:]
    now_ms = exchange.now_ms()
    return {
        "said": sent.cut(said),
        "books": [_book(exchange, name, accounts, sent) for name in _by_venue(exchange)],
        "requests": [_request(exchange, logged, sent) for logged in reversed(log)],
        "count": len(exchange.log),
        "in_force": [_rule(counted, now_ms) for counted in exchange.faults.counted],
        "kinds": KINDS_BY_GROUP,
        "venues": {name: venue.title for name, venue in exchange.venues.items()},
        "groups": GROUPS_OF_ROUTES[:-1],
        "routes": {
            venue.title: list(dict.fromkeys(route.name for route in venue.routes))
            for venue in exchange.venues.values()
        },
    }


def _by_venue(exchange: PaperExchange) -> list[str]:
    venues = list(exchange.venues)
    return sorted(exchange.books, key=lambda name: venues.index(exchange.owner(name).name))


def _book(exchange: PaperExchange, name: str, accounts: Mapping[str, Mapping[str, Any]], sent: Sent) -> BookView:
    home = exchange.owner(name)
    live: list[PaperOrder] = []
    ended: list[PaperOrder] = []
    for order in exchange.books[name]:
        (live if order.state.live else ended).append(order)
    among = name.removeprefix(home.name).replace("_", " ")
    return BookView(
        name,
        f"{home.title}{among}",
        shortened(accounts[home.name]["login"]),
        list(home.listed_markets),
        [_order(order, sent) for order in (*live[:MOST_OPEN], *_latest(ended))],
        len(live),
        max(0, len(live) - MOST_OPEN),
        len(ended),
    )


def _latest(ended: Sequence[PaperOrder]) -> list[PaperOrder]:
    return sorted(ended, key=lambda order: -order.updated_ms)[:MOST_ENDED]


def _order(order: PaperOrder, sent: Sent) -> dict[str, Any]:
    return {**order.as_dict(), "client_order_id": sent.cut(order.client_order_id)}


def _request(exchange: PaperExchange, logged: Logged, sent: Sent) -> dict[str, Any]:
    return {
        "number": logged.number,
        "time": datetime.fromtimestamp(logged.at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3],
        "venue": exchange.venues[logged.venue].title,
        "route": logged.route,
        "mutating": logged.mutating,
        "line": sent.cut(f"{logged.method} {logged.path}"),
        "sent": sent.of(logged),
        "verdict": VERDICTS[logged.signature],
        "status": logged.status,
        "faults": logged.faults,
    }


def _rule(counted: Counted, now_ms: int) -> dict[str, Any]:
    rule = counted.rule
    said = {field.name: getattr(rule, field.name) for field in fields(Fault)}
    usual = {field.name: field.default for field in fields(Fault)}
    return {
        "number": counted.number,
        "kind": rule.kind,
        "sentence": SENTENCES[rule.kind],
        "terms": [f"{name} {_text(value)}" for name, value in said.items() if value != usual[name]][1:],
        "seen": counted.seen,
        "fired": counted.fired,
        "spent": counted.is_spent(now_ms),
    }


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
