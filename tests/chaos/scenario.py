"""What a run is made of, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.fault_rules import EMPTY_LISTS, KINDS, LIST_KINDS, ODD_VALUES, Fault
from tests.chaos.adapters import ADAPTERS
from tests.chaos.venues import PLAYED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Event", "NewOrder", "Scenario", "draw", "with_bounded_lies"]

NAMES = frozenset({"order_id", "symbol", "client_order_id"})
"""Fields by which an order is named."""
FILTERS = {
    "side": {"side"},
    "client_order_id": {"client_order_id_prefix", "except_client_order_id_prefix"},
    "created_at": {"older_than"},
}
"""By fields of an order, the arguments that select by them."""
NO_MARKET = {"no": "market"}
"""What an odd order shows in the place of its market where its name would say that it is of another one."""
SURROUNDINGS_FAIL = 0.1
"""The share of runs in which everything that must not change a result fails."""
TAMPERED = 0.1
"""The share of runs in which what is stored is wrong on purpose."""
FLAT_FOR = (0, 0.5, 1, 3)
SLOW = frozenset({"hang", "drip", "delay", "huge"})
STATUSES = (200, 202, 204, 301, 302, 307, 400, 401, 403, 404, 408, 409, 410, 418, 422, 429, 500, 502, 503, 504)
WAITS = (None, "0", "1", "2.5", "date:3", "date:-30", "-5", "soon", "90000")


@dataclass(frozen=True)
class NewOrder:
    """An order as the admin API of the paper exchange places it."""

    symbol: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """
    What someone else does just before a request leaves.

    :param at: The number of the request, from 1.
    :param what: ``place``, ``fill``, ``fill_part``, ``expire``, ``cancel``, ``trigger``, or ``rival``: the whole
        task a second time.
    :param choice: Which of the live orders.
    :param order: What is placed.
    """

    at: int
    what: str
    choice: int = 0
    order: NewOrder | None = None


@dataclass(frozen=True)
class Scenario:
    """
    One run.

    :param adapter: The adapter that it is played over: one of :data:`tests.chaos.adapters.ADAPTERS`.
    :param sweep: Whether it cancels a selection; else one order.
    :param target: Which of the placed orders a single cancel names; None for one that never was.
    :param named: Which of the placed orders a sweep names; None to select by properties.
    :param named_twice: Whether each of them that has an id of the client's is named by that, too.
    :param by_client_id: Whether the target is named by the client's own id.
    :param arguments: Further arguments of the operator.
    :param deferrable: Whether it waits in the triggerer.
    :param restarts: Numbers of requests during which the triggerer ends, if it is the one that makes them.
    :param tampered: Whether someone has written into what Airflow stores of it.
    :param surroundings_fail: Whether all that surrounds the result (link, record, table, log, masks) raises.
    """

    seed: str
    venue: str
    sweep: bool
    placed: tuple[NewOrder, ...]
    target: int | None = 0
    named: tuple[int, ...] | None = None
    named_twice: bool = False
    by_client_id: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    faults: tuple[Fault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = 60
    poll_interval: float = 2
    request_timeout: float = 2
    deferrable: bool = False
    restarts: frozenset[int] = frozenset()
    adapter: str = "native"
    tampered: bool = False
    surroundings_fail: bool = False

    @property
    def by_name(self) -> bool:
        """Whether it cancels orders that are named, and not a selection by properties."""
        return not self.sweep or self.named is not None

    @property
    def lies(self) -> bool:
        """Whether a list may leave out live orders, and nothing in the answer tells."""
        return any(_lies(self.venue, rule) for rule in self.faults)

    def needs(self, attribute: str) -> bool:
        """Whether it cannot be told without this field of an order whether the order is to be cancelled."""
        if self.by_name:
            return False
        return attribute in ("order_id", "symbol") or bool(FILTERS.get(attribute, set()) & self.arguments.keys())


def draw(seed: int, number: int, adapter: str = "native") -> Scenario:
    """Draw a run; its number alone decides on venue, operator and mode, so that all get their share."""
    rng = random.Random(f"{seed}/{number}")
    venues = ADAPTERS[adapter].venues
    venue = venues[number % len(venues)]
    sweep = number // len(venues) % 2 == 0
    deferrable = number // len(venues) // 2 % 3 == 2
    faults = tuple(_fault(rng, venue) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))))
    if deferrable and rng.random() < 0.7:  # or hardly any would have to wait
        faults += (Fault("cancelling", reads=rng.choice((2, 4, 8, 30)), probability=rng.uniform(0.3, 1)),)
    kinds = {rule.kind for rule in faults}
    placed = tuple(_order(rng, venue) for _ in range(rng.choice((0, 1, 2, 4, 7, 12) if sweep else (1, 2, 4))))
    by_client_id = False
    target: int | None = None
    named: tuple[int, ...] | None = None
    arguments: dict[str, Any] = {}
    if sweep:
        if placed and rng.random() < 0.25:
            named = tuple(sorted(rng.sample(range(len(placed)), rng.randint(1, len(placed)))))
        else:
            arguments |= _selection(rng, venue)
        if rng.random() < 0.06:
            arguments["max_orders"] = rng.randint(0, 8)
        if rng.random() < 0.04:
            arguments["dry_run"] = True
    elif rng.random() < 0.95:
        target = 0
        by_client_id = bool(placed[0].fields.get("client_order_id")) and rng.random() < 0.5
        arguments["on_filled"] = rng.choice(("fail", "succeed"))
    if rng.random() < 0.08:
        arguments["wait_for_completion"] = False
    flat_for = rng.choice(FLAT_FOR)
    if sweep:
        arguments["flat_for"] = flat_for
    if sweep and named is None and rng.random() < 0.25:
        # Alone every other time, so that nothing else explains a late end.
        faults = (_odd_order(rng, arguments), *faults[: rng.choice((0, len(faults)))])
    bounded = with_bounded_lies(venue, faults, flat_for, rng)
    return Scenario(
        seed=f"{seed}/{number}",
        venue=venue,
        sweep=sweep,
        placed=placed,
        target=target,
        named=named,
        named_twice=named is not None and rng.random() < 0.5,
        by_client_id=by_client_id,
        arguments=arguments,
        events=_events(rng, venue, may_place="stale_reads" not in kinds),
        faults=tuple(_left_to_find(rule, arguments, by_name=not sweep or named is not None) for rule in bounded),
        settings={**_settings(rng), **_later_settings(random.Random(f"{seed}/{number}/settings"))},
        extra={"batch_signing": rng.choice(("url_search_params", "json", "off"))} if venue == "nami" else {},
        timeout=rng.choice((4, 15) if kinds & SLOW else (4, 15, 60, 200)),
        poll_interval=rng.choice((0.2, 1, 2, 5)),
        request_timeout=0.15 if kinds & SLOW else 2,
        deferrable=deferrable,
        restarts=frozenset(rng.sample(range(3, 12), rng.choice((0, 1, 3)))) if deferrable else frozenset(),
        adapter=adapter,
        tampered=random.Random(f"{seed}/{number}/tampered").random() < TAMPERED,
        surroundings_fail=random.Random(f"{seed}/{number}/surroundings").random() < SURROUNDINGS_FAIL,
    )


def _lies(venue: str, rule: Fault) -> bool:
    """
    Whether a rule makes a list leave out live orders, and nothing in the answer tells.

    ``null`` in the place of a list is BitoPro's documented word for "none", and KuCoin's in that of a market.
    A kept answer without an age has an old date, but the first answer of a connection sets the clock that dates
    are held against.
    """
    match rule.kind:
        case "null_data":
            nulls = PLAYED[venue].nulls
            return bool(nulls) and rule.route in ("*", "reads", *nulls)
        case "cached":
            return not rule.tells_age
    return rule.kind in EMPTY_LISTS


def with_bounded_lies(
    venue: str, rules: Iterable[Fault], flat_for: float = 0, rng: random.Random | None = None
) -> tuple[Fault, ...]:
    """
    Let a single rule lie, in one answer or for less than ``flat_for`` seconds, and leave out the others that would.

    Two reads that agree are all the proof there is. If both lie, for which two rules or a longer time would do, no
    client can tell that from the truth.

    :param rng: Decides on answer or time; None for one answer.
    """
    kept: list[Fault] = []
    for rule in rules:
        if not _lies(venue, rule):
            kept.append(rule)
        elif not any(_lies(venue, other) for other in kept):
            bound: dict[str, Any] = {"times": 1}
            if rng is not None and flat_for and rule.kind in EMPTY_LISTS and rng.random() < 0.6:
                bound = {"seconds": flat_for * rng.uniform(0.3, 0.95)}
            kept.append(replace(rule, **bound))
    return tuple(kept)


def _left_to_find(rule: Fault, arguments: Mapping[str, Any], *, by_name: bool) -> Fault:
    """
    Let an odd order of the book be one that a client can find.

    An order that the venue shows under another name is, to whoever named it, another order; and one that it shows
    as of another market is not of the selected ones.
    """
    if not (rule.kind == "odd_order" and rule.real):
        return rule
    if by_name and rule.field in NAMES:
        return replace(rule, real=False)
    return replace(rule, value=NO_MARKET) if rule.field == "symbol" and "symbols" in arguments else rule


def _fault(rng: random.Random, venue: str) -> Fault:
    played = PLAYED[venue]
    kind = rng.choice(sorted(KINDS))
    if kind in SLOW and rng.random() < 0.5:  # they cost real time
        kind = rng.choice(sorted(KINDS - SLOW))
    fields: dict[str, Any] = {
        "probability": rng.uniform(0.05, 0.95),
        "route": rng.choice(
            ("*", "reads", *played.lists)
            if kind in LIST_KINDS
            else ("*", "reads", "cancels", *played.routes, *played.lists)
        ),
    }
    match kind:
        case "status" | "html":
            fields["status"] = rng.choice(STATUSES)
        case "rate_limit":
            fields["retry_after"] = rng.choice(WAITS)
        case "truncate":
            fields |= {"size": rng.choice((None, 0, 1, 20)), "full_length": rng.random() < 0.5}
        case "delay":
            fields["seconds"] = rng.choice((0.005, 0.05, 0.3))
        case "drip":
            fields["seconds"] = rng.choice((0.0005, 1.0))
        case "skew":
            fields["seconds"] = rng.choice((-600, -60, -7, -2, 2, 7, 60, 600))
        case "stale_reads":
            fields["reads"] = rng.choice((1, 3, 15))
        case "fill_on_cancel":
            fields["quantity"] = rng.choice((None, "0.25"))
        case "ignore_batch_member":
            fields["member"] = rng.randint(0, 3)
        case "cancelling":
            fields["reads"] = rng.choice((1, 4, 30))
        case "cached":
            fields |= {"seconds": rng.choice((3, 120)), "tells_age": rng.random() < 0.5}
        case "odd_order":
            fields |= {"field": rng.choice(sorted(ODD_VALUES)), "real": rng.random() < 0.5}
    if kind in ("status", "html", "rate_limit", "hang") and rng.random() < 0.3:
        fields["acts"] = True
    if rng.random() < 0.2:
        fields["times"] = rng.randint(1, 6)
    return Fault(kind, **fields)


def _odd_order(rng: random.Random, arguments: Mapping[str, Any]) -> Fault:
    """Draw an order that shows in an odd form what tells whether it is selected."""
    told_by = [
        "order_id",
        "symbol",
        *(attribute for attribute, chosen in FILTERS.items() if chosen & arguments.keys()),
    ]
    return Fault(
        "odd_order", field=rng.choice(told_by), real=rng.random() < 0.8, probability=rng.choice((0.3, 1, 1))
    )


def _order(rng: random.Random, venue: str) -> NewOrder:
    played = PLAYED[venue]
    fields: dict[str, Any] = {"side": rng.choice(("BUY", "SELL")), "quantity": "2"}
    if rng.random() < 0.25 and played.has_stops:
        fields["stop_price"] = "90"
    if rng.random() < 0.3 and not ("stop_price" in fields and played.stops):
        fields["filled"] = "0.5"
    may_be_named = played.stops_are_named or "stop_price" not in fields
    if played.prefix is not None and rng.random() < 0.5 and may_be_named:
        prefix = played.prefix if rng.random() < 0.5 else played.other_prefix
        fields["client_order_id"] = f"{prefix}{rng.randrange(10**6):06}".ljust(played.id_length, "0")
    if rng.random() < 0.15:
        fields["state"] = rng.choice(("filled", "cancelled", "expired", "rejected"))
    if rng.random() < 0.4 and (played.remembers is None or fields.get("state") in played.remembers):
        fields["age"] = 7200
    return NewOrder(rng.choice(played.markets[:2] if rng.random() < 0.9 else played.markets), fields)


def _selection(rng: random.Random, venue: str) -> dict[str, Any]:
    played = PLAYED[venue]
    chosen: dict[str, Any] = {}
    if rng.random() < 0.3:
        chosen["symbols"] = rng.choice(([played.markets[0]], list(played.markets[:2])))
    if rng.random() < 0.2:
        chosen["side"] = rng.choice(("buy", "sell"))
    if rng.random() < 0.2 and played.tells_age:
        chosen["older_than"] = 3600
    if played.prefix is not None and rng.random() < 0.2:
        chosen["client_order_id_prefix"] = played.prefix
    if rng.random() < 0.15:
        chosen["except_symbols"] = [played.markets[1]]
    if played.prefix is not None and "client_order_id_prefix" not in chosen and rng.random() < 0.2:
        chosen["except_client_order_id_prefix"] = played.prefix
    return chosen


def _events(rng: random.Random, venue: str, *, may_place: bool) -> tuple[Event, ...]:
    """
    Draw what happens meanwhile.

    A list that lags cannot show an order younger than the view that it shows, so nothing is placed during a run in
    which lists lag: no client could do better.
    """
    if rng.random() < 0.5:
        return ()
    kinds = ["fill", "fill_part", "expire", "cancel", "trigger", "rival"] + ["place"] * 3 * may_place
    events = []
    for _ in range(rng.randint(1, 4)):
        what = rng.choice(kinds)
        order = _order(rng, venue) if what == "place" else None
        events.append(Event(rng.randint(1, 9), what, rng.randrange(100), order))
    return tuple(events)


def _later_settings(rng: random.Random) -> dict[str, Any]:
    """Draw settings apart from all else, so that the runs of a seed stay as they were."""
    return {
        "deribit_ended": rng.choice(("not_open_order", "already_closed", "order_not_found")),
        "deribit_triggered": rng.choice(("known", "forgotten")),
    }


def _settings(rng: random.Random) -> dict[str, Any]:
    return {
        "nami_batch_signing": rng.choice(("url_search_params", "json", "refuse")),
        "nami_error_status": rng.choice((200, 400)),
        "loopring_error_shape": rng.choice(("nested", "flat")),
        "rate_limits": False,
        "loopring_order_list": rng.choice(("newest_first", "oldest_first")),
        "loopring_joined_values": rng.choice(("each", "literal")),
        "loopring_total": rng.choice(("list", "page")),
        "loopring_empty_list": rng.choice(("shown", "left_out")),
    }
