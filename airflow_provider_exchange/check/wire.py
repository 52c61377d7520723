"""What the answers of a check tell beside their content: clocks, limits, refusals, totals, time taken."""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from airflow_provider_exchange.check.findings import Finding, Mark
from airflow_provider_exchange.check.orders import plural
from airflow_provider_exchange.driver.clock import AGREEING, TRUSTED_OFFSET, http_date
from airflow_provider_exchange.driver.freshness import age
from airflow_provider_exchange.driver.run import LONG_UNDER_WAY
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.texts import shown_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from airflow_provider_exchange.check.witness import Exchanged, Witness
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["LIMIT_HEADER", "clock_finding", "latency_finding", "limits_finding", "refusals", "totals_finding"]

LIMIT_HEADER = re.compile(r"rate-?limit|quota|used-weight|retry-after", re.IGNORECASE)
TOO_MANY = 429
HALF_A_SECOND = 0.5
"""What a ``Date`` header, which is rounded down to whole seconds, leaves out on average."""
PAGE_NUMBERS = frozenset({"offset", "page"})
"""Parameters that tell the pages of one list apart."""
HEADERS_SHOWN = 4


def clock_finding(witness: Witness, told_ms: int | None) -> Finding:
    """
    Return how far the venue's clock and this machine's are apart.

    :param witness: Knows all answers, for their ``Date``.
    :param told_ms: What the venue has just told of its time, if it has a call for that.
    """
    offsets = [
        date + HALF_A_SECOND - (each.sent_at + (each.seconds or 0))
        for each in witness.exchanged
        if each.response is not None
        and not age(each.response)
        and (date := http_date(each.response.headers.get("date"))) is not None
    ]
    if told_ms is not None:
        last = witness.of("clock")[-1]
        offsets = [told_ms / 1000 - (last.sent_at + (last.seconds or 0))]
    assumed = f"within {TRUSTED_OFFSET / 1000:g} s of this machine's"
    if not offsets:
        return Finding(
            "clock",
            Mark.UNSURE,
            assumed,
            "no answer told the time. Ages of orders are judged by this machine's clock, so keep it right",
        )
    offset = median(offsets)
    if abs(offset) * 1000 <= TRUSTED_OFFSET:
        return Finding("clock", Mark.OK, assumed, f"{offset:+.1f} s from this machine's")
    ages = (
        ""
        if abs(offset) * 1000 <= AGREEING
        else ". older_than is judged by the venue's clock once two answers agree"
    )
    return Finding(
        "clock",
        Mark.UNSURE,
        assumed,
        f"{offset:+.1f} s from this machine's. A task signs with the venue's time once that has refused ours, "
        f"which costs it a request; set this machine's clock right{ages}",
    )


def latency_finding(exchanged: Sequence[Exchanged]) -> Finding:
    """Return how long the answers took."""
    times = [each.seconds for each in exchanged if each.seconds is not None]
    assumed = f"an answer takes less than {LONG_UNDER_WAY:g} s"
    silent = [each for each in exchanged if each.seconds is None]
    if not times:
        return Finding("latency", Mark.UNSURE, assumed, "no answer came")
    shown = f"{median(times):.2f} s mostly, {max(times):.2f} s at most, in {plural(len(times), 'answer')}"
    if max(times) <= LONG_UNDER_WAY and not silent:
        return Finding("latency", Mark.OK, assumed, shown)
    slow = f"; no answer to {plural(len(silent), 'request')}, such as {silent[0].name}" if silent else ""
    return Finding(
        "latency", Mark.UNSURE, assumed, f"{shown}{slow}. Give sweeps more time than usual, and timeout too"
    )


def limits_finding(exchange: Exchange, exchanged: Sequence[Exchanged]) -> Finding:
    """Return what the answers tell of rate limits, beside those that the adapter keeps."""
    kept = ", ".join(
        f"{name} {limit.requests} in {limit.seconds:g} s" for name, limit in sorted(exchange.limits.items())
    )
    told: dict[str, str] = {}
    refused = 0
    for each in exchanged:
        if each.response is None:
            continue
        refused += each.response.status == TOO_MANY
        told |= {name: text for name, text in each.response.headers.items() if LIMIT_HEADER.search(name)}
    words = [f"{name}: {shown_text(text, exchange.secrets)}" for name, text in sorted(told.items())[:HEADERS_SHOWN]]
    shown = "; ".join(words) or "no header tells of them"
    count = plural(len(exchanged), "request")
    if refused:
        return Finding(
            "rate limits",
            Mark.UNSURE,
            kept or "none",
            f"{refused} of {count} were refused as too many ({shown}). The venue allows less than its pages say, "
            "or the key is used elsewhere: set the connection's rate_limit",
        )
    return Finding("rate limits", Mark.OK, kept or "none", f"{count}, none refused; {shown}")


def refusals(exchanged: Sequence[Exchanged], read: Collection[str]) -> Iterator[Finding]:
    """
    Yield what the venue refused of a reading of lists that succeeded all the same.

    One order is asked for in each book that may have it, so "not found" is an answer there.

    :param exchanged: All requests.
    :param read: The purposes that succeeded.
    """
    refused: dict[str, int] = {}
    answered: set[str] = set()
    for each in exchanged:
        if each.response is None or each.purpose not in read or each.purpose == "one order":
            continue
        if 400 <= each.response.status < 500 and each.response.status != TOO_MANY:
            refused[each.name] = each.response.status
        else:
            answered.add(each.name)
    for name, status in refused.items():
        if name not in answered:
            yield Finding(
                "part of a list",
                Mark.UNSURE,
                f"{name} is answered",
                f"refused with HTTP {status}, and the package goes on without it: a sweep does not cover what it "
                "would list. Give the key that right if the account has such orders",
            )


def totals_finding(exchange: Exchange, exchanged: Sequence[Exchanged]) -> Finding | None:
    """Return the lists' totals beside the orders that they showed; None where the venue tells no total."""
    assumes = exchange.assumes
    if assumes.total is None:
        return None
    totals: dict[str, int] = {}
    shown: dict[str, set[str]] = {}
    for each in exchanged:
        total = value_at(each.body(), assumes.total)
        if not isinstance(total, int):
            continue
        name = _list_of(each)
        totals[name] = max(total, totals.get(name, 0))
        rows = each.orders(exchange)
        shown.setdefault(name, set()).update(str(row.get(reader.form.order_id)) for row, reader in rows)
    assumed = f"{assumes.total} counts the whole list"
    if not totals:
        return None
    exceeded = [(total, len(shown[name])) for name, total in totals.items() if total < len(shown[name])]
    if not exceeded:  # a total of more than was shown is no riddle: not every list is read to its end
        orders = plural(sum(map(len, shown.values())), "order")
        return Finding("totals", Mark.OK, assumed, f"{orders} in {plural(len(totals), 'list')}, no more than told")
    told, count = exceeded[0]
    return Finding(
        "totals",
        Mark.UNSURE,
        assumed,
        f"a list of {plural(count, 'order')} says that it has {told}. No total is relied on: lists are read until "
        "a page is not full",
    )


def _list_of(each: Exchanged) -> str:
    """Return what names a list, whichever of its pages was asked for, and for which purpose."""
    query = parse_qsl(urlsplit(each.request.url).query)
    return f"{each.purpose} {each.path}?{urlencode([pair for pair in query if pair[0] not in PAGE_NUMBERS])}"
