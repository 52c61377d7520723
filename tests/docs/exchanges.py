"""
Writes ``docs/exchanges.md``: which exchange can do what, as the adapters and profiles have it.

``make exchanges`` runs it, and a test holds the page to it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.get_provider_info import VENUES
from airflow_provider_exchange.sandbox.accounts import Accounts
from tests.exchanges.evidence import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.profile import Book, Endpoint, Profile

PAGE = Path(__file__).parents[2] / "docs" / "exchanges.md"
MANY = 1000
"""More orders than any venue cancels with one request."""
NATIVE = [name for name in VENUES if name != "ccxt"]

TEXT = """# Which exchange can do what

This page is made from the adapters and profiles by `make exchanges`, and a test holds it to them. [The
venues](venues.md) and [exchanges over ccxt](ccxt.md) tell it in words, with what each exchange leaves open.

## What "all orders" means

`symbols` left out, and nothing else selected: the orders of these books, whatever their market. Each book has
lists and a cancel of its own. A connection that sets `default_type` covers the books of that kind of market
alone.

{coverage}

## What can be asked

{asked}

"named together" is how many orders one request to cancel may name. "by the client's id" is whether
`client_order_id` may name an order. "age" is whether the exchange tells when an order was created, which
`older_than` needs. "ids" are unique where no two markets have the same order id; then an order is named without
its market. "right to withdraw" is whether the [check of a connection](first-contact.md) can see that the key
may withdraw. The rate limits are those by which the package goes, in requests or in the exchange's own weights,
beside those of each endpoint.

## A dead man's switch

These exchanges have [one that can be armed](dead-mans-switch.md), with a countdown of so many seconds. It closes
no positions anywhere.

{switches}

With the others it is refused:

{without_switch}

## What may be signed

Of an exchange over ccxt only these calls are ever signed; each is named by ccxt's method for it. A call for
cancels names the orders that it cancels. Those for a dead man's switch name none, and are signed by
`DeadMansSwitchOperator` and the hook's methods for the switch alone.

{calls}
"""


def page() -> str:
    """Return the page."""
    certified = [profile_of(name) for name in PROFILES]
    return TEXT.format(
        coverage=table(("exchange", "extra `exchange`", "`default_type`", "books"), map(coverage, certified)),
        asked=table(
            (
                "exchange",
                "named together",
                "by the client's id",
                "age",
                "ids",
                "right to withdraw",
                "rate limit",
                "test network",
            ),
            map(asked, exchanges()),
        ),
        switches=table(("exchange", "seconds", "cancels", "leaves"), switches()),
        without_switch=table(("exchange", "because"), without_switch()),
        calls=table(("exchange", "for", "calls"), (row for profile in certified for row in calls(profile))),
    )


def exchanges() -> list[Exchange]:
    """Return an account at each exchange."""
    return [*(EVIDENCE[name].exchange for name in NATIVE), *(over_ccxt(name) for name in PROFILES)]


def table(headings: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of Markdown."""
    lines: list[Iterable[str]] = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def over_ccxt(name: str, **extra: Any) -> Exchange:
    """Return an account at a certified exchange, of a connection with further extras."""
    paper = Accounts().connection(name, "")
    fields = {
        **paper,
        "host": None,
        "conn_type": "ccxt",
        "extra": {**paper.get("extra", {}), "exchange": name, **extra},
    }
    exchange: Exchange = Ccxt.from_settings(ConnectionSettings("any", **fields))
    return exchange


def coverage(profile: Profile) -> Iterator[str]:
    """Yield what "all orders" means at an exchange."""
    kinds = [each.name for each in profile.market_types]
    yield profile.title
    yield f"`{profile.exchange}`"
    yield ", ".join(f"`{kind}`" for kind in kinds)
    yield "; ".join(books(profile.books))


def books(found: Iterable[Book]) -> Iterator[str]:
    """Yield what is in some books, and what ids there begin with; as one those that differ in their first word."""
    alike: dict[tuple[str, str], list[str]] = {}
    for book in found:
        first, _, rest = book.title.partition(" ")
        alike.setdefault((rest, book.mark), []).append(first)
    for (rest, mark), firsts in alike.items():
        yield f"{listed(firsts)} {rest}" + (f" (`{mark}`)" if mark else "")


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def asked(exchange: Exchange) -> Iterator[str]:
    """Yield what can be asked of an account."""
    yield exchange.title
    yield named_together(exchange)
    yield "no" if exchange.client_order_ids is None else "yes"
    yield "told" if exchange.tells_age else "not told"
    yield "unique" if exchange.ids_are_unique else "by market"
    yield "told" if exchange.may_withdraw() is not None else "not told"
    total = exchange.limits.get("total")
    yield f"{total.requests} in {total.seconds:g} s" if total is not None else "by endpoint"
    yield networks(exchange)


def named_together(exchange: Exchange) -> str:
    """Return how many orders one cancel may name; where books differ, from the smallest number to the largest."""
    if exchange.name in PROFILES and exchange.name not in NATIVE:
        books = profile_of(exchange.name).books
        sizes = {1 if book.batch is None else book.batch.size for book in books}
    else:
        sizes = {
            max(len(cancel.orders) for cancel in exchange.cancel_several([EVIDENCE[exchange.name].ref] * MANY, {}))
        }
    return " to ".join(map(str, sorted({min(sizes), max(sizes)})))


def networks(exchange: Exchange) -> str:
    """Return the test networks that a connection may take."""
    if not isinstance(exchange, Ccxt):
        return "none"
    kinds = [each.name for each in profile_of(exchange.name).market_types]
    found = []
    for extra in ("sandbox", "demo"):
        having = [kind for kind in kinds if has_network(exchange.name, kind, extra)]
        found += [f"`{extra}`" + ("" if having == kinds else f" ({', '.join(having)})")] if having else []
    return ", ".join(found) or "none"


def has_network(name: str, kind: str, extra: str) -> bool:
    """Whether a connection for one kind of market may take a test network."""
    with suppress(ConnectionConfigError):
        over_ccxt(name, default_type=kind, **{extra: True})
        return True
    return False


def switches() -> Iterator[tuple[str, str, str, str]]:
    """Yield what each exchange's countdown does."""
    for exchange in exchanges():
        found = exchange.dead_mans_switch
        if found is not None:
            yield exchange.title, f"{found.shortest} to {found.longest}", found.reaches, found.spares


def without_switch() -> Iterator[tuple[str, str]]:
    """Yield why each of the other exchanges has none."""
    for exchange in exchanges():
        if exchange.dead_mans_switch is None:
            yield exchange.title, f"it {exchange.no_dead_mans_switch}"


def calls(profile: Profile) -> Iterator[tuple[str, str, str]]:
    """Yield the calls that may be signed."""
    endpoints = profile.endpoints()
    yield profile.title, "reads", names(each for each in endpoints if not each.changes)
    yield profile.title, "cancels", names(each for each in endpoints if each.changes)
    if profile.countdown is not None:
        yield profile.title, "a dead man's switch", names(profile.countdown.endpoints())


def names(endpoints: Iterable[Endpoint]) -> str:
    """Return ccxt's names of some calls."""
    return ", ".join(f"`{name}`" for name in sorted({each.name for each in endpoints}))


def write() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    write()
