"""
What can go wrong at a paper exchange, as rules.

A :class:`Fault` says what goes wrong, on which requests, and how often. Each rule counts the requests that match
its venue and route, from one. It fires on those in ``requests`` (or on all), with ``probability``, at most
``times`` times.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.settings import LARGEST_SKEW, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

SPOILING_KINDS = frozenset(
    {
        "drop_before",
        "drop_after",
        "truncate",
        "html",
        "status",
        "rate_limit",
        "empty_200",
        "null_data",
        "hang",
        "drip",
        "huge",
        "cached",
    }
)
"""Faults of the connection or the response. If several fire on a request, the rule added first wins."""

BOOK_KINDS = frozenset(
    {"skew", "stale_reads", "fill_on_cancel", "refuse_cancel", "ignore_cancel", "ignore_batch_member", "cancelling"}
)
"""Faults inside the venue."""

LIST_KINDS = frozenset({"null", "phantom_empty", "odd_order", "seconds"})
"""Faults of lists of orders. They count requests for such lists only."""

EMPTY_LISTS = frozenset({"null", "phantom_empty"})
"""Faults that show no orders in a list; given ``seconds``, for that long from the first time on, and then never."""

KINDS = SPOILING_KINDS | BOOK_KINDS | LIST_KINDS | {"delay"}

GROUPS_OF_ROUTES = ("reads", "cancels", "*")
"""What a rule may name instead of a route."""

ODD_VALUES: Mapping[str, Any] = MappingProxyType(
    {
        "symbol": "BTC.D/../USDT",
        "order_id": "7/../all",
        "client_order_id": ["7"],
        "side": "NEITHER",
        "state": "LIMBO",
        "price": "-1",
        "quantity": "1,000.5",
        "created_at": "yesterday",
    }
)
"""What an ``odd_order`` shows in each field unless the rule says otherwise; no client can read or send it."""

NUMBERS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "times": (0, 10**9),
        "reads": (0, 10**9),
        "status": (100, 999),
        "member": (0, 10**9),
        "size": (0, 10**12),
    }
)
"""The least and the greatest of the whole numbers that a rule may have."""

_ACTS = {
    "drop_before": False,
    "drop_after": True,
    "html": False,
    "status": False,
    "rate_limit": False,
    "empty_200": True,
    "null_data": True,
    "truncate": True,
    "hang": False,
    "drip": True,
    "huge": True,
    "cached": False,
}


@dataclass(frozen=True)
class Fault:
    """
    One rule.

    :param kind: one of :data:`KINDS`.
    :param venue: a venue's name, or ``*``.
    :param route: a route's name, ``reads``, ``cancels`` or ``*``.
    :param requests: on which of the matching requests the rule fires, counted from 1; all when empty.
    :param probability: that the rule fires, between 0 and 1.
    :param times: how often it fires at most; ``None`` for no limit, but once for ``phantom_empty``, unless
        that has ``seconds``.
    :param orders: for faults of orders: only these ids; all when empty.
    :param symbol: for faults of orders: only this market, as the venue's book spells it, or ``*``.
    :param acts: whether the venue still processes the request; ``None`` for the kind's default.
    :param seconds: of ``delay``, ``skew``, ``cancelling``, between two bytes of ``drip``; most of a ``hang``; the
        age of a ``cached`` answer; how long :data:`EMPTY_LISTS` last by the exchange's clock.
    :param reads: of ``stale_reads`` (how far behind) and ``cancelling`` (how many reads show it).
    :param status: of ``status``, ``html`` and ``rate_limit``.
    :param retry_after: of ``rate_limit``: the header's text, such as ``2`` or an HTTP date; ``date:2`` makes
        the date two seconds from now.
    :param quantity: of ``fill_on_cancel``: how much to fill before the cancel; the whole order when ``None``.
    :param member: of ``ignore_batch_member`` without ``orders``: the index in the request, from 0.
    :param size: how many bytes to send: of ``truncate`` (``None``: half), of ``huge`` (``None``: endless).
    :param full_length: of ``truncate``: announce the full length, and close the connection early.
    :param tells_age: of ``cached``: send an ``Age`` header; without it only the ``Date`` is old.
    :param field: of ``odd_order``: which field is odd, one of :data:`ODD_VALUES`.
    :param value: of ``odd_order``: what the field shows; the field's odd value when ``None``.
    :param real: of ``odd_order``: change orders of the book, the named ones or else the first, and add none.
    """

    kind: str
    venue: str = "*"
    route: str = "*"
    requests: tuple[int, ...] = ()
    probability: float = 1.0
    times: int | None = None
    orders: tuple[str, ...] = ()
    acts: bool | None = None
    seconds: float | None = None
    reads: int | None = None
    status: int | None = None
    retry_after: str | None = None
    quantity: str | None = None
    member: int = 0
    size: int | None = None
    full_length: bool = False
    symbol: str = "*"
    tells_age: bool = True
    field: str = "symbol"
    value: Any = None
    real: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(KINDS))}")
        if not is_number(self.probability, 0, 1):
            raise ValueError("probability lies between 0 and 1")
        for name, (least, most) in NUMBERS.items():
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or not is_number(value, least, most)):
                raise ValueError(f"{name} is a whole number from {least} to {most}, not {value!r}")
        least_seconds = -LARGEST_SKEW if self.kind == "skew" else 0
        if self.seconds is not None and not is_number(self.seconds, least_seconds, LARGEST_SKEW):
            raise ValueError(f"seconds lie between {least_seconds} and {LARGEST_SKEW}, unlike {self.seconds!r}")
        if not all(isinstance(each, int) and each > 0 for each in self.requests):
            raise ValueError("requests are whole numbers from 1")
        if not all(isinstance(each, str) for each in (self.venue, self.route, self.symbol, *self.orders)):
            raise ValueError("venue, route, symbol and orders are texts")
        if not all(
            isinstance(each, bool | None) for each in (self.acts, self.full_length, self.tells_age, self.real)
        ):
            raise ValueError("acts, full_length, tells_age and real are true or false")
        if self.retry_after is not None:
            _check_retry_after(self.retry_after)
        if self.field not in ODD_VALUES:
            raise ValueError(
                f"a fault of orders has no field {self.field!r}; known: {', '.join(sorted(ODD_VALUES))}"
            )

    @classmethod
    def read(cls, rule: Mapping[str, Any]) -> Fault:
        """
        Return a rule from JSON.

        :raises ValueError: an unknown kind or key.
        """
        known = {each.name for each in fields(cls)}
        if unknown := set(rule) - known:
            raise ValueError(f"unknown key of a fault: {', '.join(sorted(unknown))}")
        if "kind" not in rule:
            raise ValueError("a fault needs a kind")
        made = dict(rule)
        for key in ("requests", "orders"):
            if key in made:
                if not isinstance(made[key], Collection) or isinstance(made[key], str):
                    raise ValueError(f"{key} is a list")
                made[key] = tuple(made[key])
        if made.get("retry_after") is not None:
            made["retry_after"] = str(made["retry_after"])
        return cls(**made)

    @property
    def lets_act(self) -> bool:
        """Whether the venue still processes the request."""
        return _ACTS.get(self.kind, True) if self.acts is None else self.acts

    @property
    def names_orders(self) -> bool:
        """Whether the rule applies only to certain orders."""
        return bool(self.orders) or self.symbol != "*"

    def concerns(self, order_id: str, symbol: str) -> bool:
        """Return whether the rule applies to this order of this market."""
        return self.symbol in ("*", symbol) and (not self.orders or order_id in self.orders)

    @property
    def most_times(self) -> int | None:
        """How often it fires at most; ``None`` for no limit."""
        happens_once = self.times is None and self.kind == "phantom_empty" and self.lasts_ms is None
        return 1 if happens_once else self.times

    @property
    def lasts_ms(self) -> float | None:
        """How many ms it goes on after it first fires, to end for good; ``None`` if it does not go by time."""
        return None if self.seconds is None or self.kind not in EMPTY_LISTS else 1000 * self.seconds

    @property
    def odd_value(self) -> Any:
        """What the odd field of an order shows."""
        return ODD_VALUES[self.field] if self.value is None else self.value

    def matches(self, venue: str, route: str, *, mutating: bool, lists: bool = False) -> bool:
        """
        Return whether a request to this route counts for the rule.

        :param mutating: whether the route may change a book; no cache holds its answers.
        :param lists: whether the route lists orders.
        """
        if (self.kind in LIST_KINDS and not lists) or (self.kind == "cached" and mutating):
            return False
        if self.venue not in ("*", venue):
            return False
        if self.route == "reads":
            return not mutating
        if self.route == "cancels":
            return route.startswith("cancel")
        return self.route in ("*", route)


def _check_retry_after(text: str) -> None:
    kind, _, seconds = text.partition(":")
    try:
        is_date = kind != "date" or is_number(float(seconds or 0), -LARGEST_SKEW, LARGEST_SKEW)
    except ValueError:
        is_date = False
    if not (is_date and text.isascii() and text.isprintable()):
        raise ValueError(f"retry_after is the text of a header, or such as 'date:2', not {text!r}")


def read_faults(document: Any) -> list[Fault]:
    """
    Return the rules in a JSON document: one rule, or a list of them.

    :raises ValueError: an invalid document.
    """
    rules = document if isinstance(document, list) else [document]
    if not all(isinstance(rule, dict) for rule in rules):
        raise ValueError("faults are a JSON object or a list of them")
    return [Fault.read(rule) for rule in rules]
