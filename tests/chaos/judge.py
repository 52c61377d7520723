"""
The laws, held against what a run left behind.

The venue's book is the truth. What no client could do better about is left out by the scenarios themselves; see
:mod:`tests.chaos.scenario`.
"""

from __future__ import annotations

import json
import traceback
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
    RequestRefusedError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.operations.entry import GRACE
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.fault_rules import ODD_VALUES
from airflow_provider_exchange.triggers.orders import LAST_READ
from tests.accounts import NO_SUCH_STATES
from tests.chaos.scenario import NAMES
from tests.chaos.venues import PLAYED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.witness import Evidence

__all__ = ["LAWS", "error_of", "violations"]

LAWS = ("false success", "raw", "leak", "unnamed", "widened", "late", "untrue", "left over")
"""
What must not happen: success while an order is live, or that the book contradicts; an error that is none of the
package's; a secret in a text; a failure that leaves out a survivor; a cancel of an order that was not meant, or of
more orders than may be; more than one request's time after the deadline, beside the last read of a trigger, or long
after only undecided orders were left; a failure that the book contradicts, or that rules out a retry although one
could help; a task or a reader that a trigger leaves behind.
"""

WORDS = {
    State.CANCELLED: {"cancelled", "already_cancelled"},
    State.EXPIRED: {"expired"},
    State.FILLED: {"filled"},
    State.REJECTED: {"rejected"},
}
ODD_ID = ODD_VALUES["order_id"]
CALM = frozenset({"odd_order", "seconds", "fill_on_cancel", "ignore_batch_member"})
"""Faults that neither keep a request from being answered nor a cancel from taking effect at once."""
PLACED = ("actualOrderId", "ordId", "placed", "executeOrderId")
"""Where a stop order of a paper venue keeps the id of what it became."""
NAMED_IN_TEXT = 20
SCHEDULING = 10.0
"""Seconds that a busy machine may add to the end of a run. The table shows how late the latest was."""


def violations(evidence: Evidence) -> list[tuple[str, str]]:
    """Return the laws that a run broke, each with what happened."""
    found = [*_widened(evidence), *_leaks(evidence)]
    if evidence.error is None:
        found += _false_success(evidence)
    else:
        found += _dishonest_failure(evidence, evidence.error)
    last_read = LAST_READ if evidence.deferrals else 0
    if evidence.late > last_read + evidence.scenario.request_timeout + SCHEDULING:
        found.append(("late", f"{evidence.late:.2f} s over"))
    if evidence.idle > _longest_idle(evidence):
        found.append(("late", f"{evidence.idle:.2f} s after the last cancel"))
    found += [("left over", what) for what in evidence.left_over]
    return found


def _longest_idle(evidence: Evidence) -> float:
    """
    Return the seconds within which a task must end after its last cancel.

    They are told only where nothing but orders that cannot be decided on are left then, for which no time helps.
    """
    scenario = evidence.scenario
    is_calm = {rule.kind for rule in scenario.faults} <= CALM
    if not is_calm or not all(scenario.needs(rule.field) for rule in scenario.faults if rule.kind == "odd_order"):
        return inf
    flat_for: float = scenario.arguments.get("flat_for", 0)
    pace = sum(limit.seconds for limit in evidence.limits.values() if evidence.requests >= limit.requests)
    return flat_for + GRACE + 2 * scenario.poll_interval + pace + SCHEDULING


def error_of(evidence: Evidence) -> ExchangeError | None:
    """Return the package's error that a task failed with, or None."""
    error: BaseException | None = evidence.error
    if isinstance(error, AirflowFailException):
        error = error.__cause__
    return error if isinstance(error, ExchangeError) else None


def _is_meant(evidence: Evidence, order: PaperOrder) -> bool:
    """Whether a run was to cancel an order, by the book and not by any answer."""
    scenario = evidence.scenario
    if evidence.named:
        return order.order_id in evidence.named or _has_a_given_name(evidence, order)
    chosen = scenario.arguments
    return (
        order.symbol in chosen.get("symbols", (order.symbol,))
        and order.side.lower() == chosen.get("side", order.side.lower())
        and order.client_order_id.startswith(chosen.get("client_order_id_prefix", ""))
        and order.symbol not in chosen.get("except_symbols", ())
        and not order.client_order_id.startswith(chosen.get("except_client_order_id_prefix", "\0"))
        and ("older_than" not in chosen or _is_old(evidence, order))
    )


def _has_a_given_name(evidence: Evidence, order: PaperOrder) -> bool:
    """Whether an order is one that a stop order became which was named by the client's id, and so has that name."""
    if not (evidence.scenario.by_client_id or evidence.scenario.named_twice) or order.order_id in evidence.orders:
        return False
    return order.client_order_id in {
        evidence.orders[order_id].fields.get("client_order_id")
        for order_id in evidence.named
        if order_id in evidence.orders
    }


def _is_old(evidence: Evidence, order: PaperOrder) -> bool:
    """Whether an order was placed long before the run; one that a stop order became is new."""
    return order.order_id in evidence.orders and "age" in evidence.orders[order.order_id].fields


def _at_the_venue(order_id: str | None) -> str | None:
    """Return an order's id as the venue has it, without the mark of its book."""
    return order_id and order_id.rpartition(":")[2]


def _survivors(evidence: Evidence) -> list[PaperOrder]:
    return [order for order in evidence.book if order.state.live and _is_meant(evidence, order)]


def _had_to_be_seen(evidence: Evidence, order: PaperOrder) -> bool:
    """
    Whether an order was there when the lists were read that prove that nothing is left.

    That is the last of them; but where one list may lie, an order that was placed after the last but one may have
    been shown by none.
    """
    proof = evidence.listings[-2 if evidence.scenario.lies else -1 :]
    return bool(evidence.named) or not proof or evidence.placed_at.get(order.order_id, 0) <= proof[0]


def _false_success(evidence: Evidence) -> Iterator[tuple[str, str]]:
    scenario = evidence.scenario
    try:
        json.dumps(evidence.xcom)
    except (TypeError, ValueError) as error:
        yield "raw", f"XCom: {error!r}"
        return
    if not scenario.arguments.get("dry_run") and scenario.arguments.get("wait_for_completion", True):
        for order in _survivors(evidence):
            if _had_to_be_seen(evidence, order):
                yield "false success", f"{order.order_id} is {order.state}"
        if evidence.xcom.get("open_after", 0):
            yield "false success", f"{evidence.xcom['open_after']} open by its own account"
    results = evidence.xcom["orders"] if scenario.sweep else [evidence.xcom]
    shown = [{**result, "order_id": _at_the_venue(result["order_id"])} for result in results]
    if scenario.arguments.get("dry_run"):
        undecided = {result["order_id"] for result in shown if result["outcome"] == "undecided"}
        for order in _survivors(evidence):
            if order.order_id in set(evidence.undecidable) - undecided:
                yield "false success", f"{order.order_id} is not listed as undecided"
    if scenario.sweep and sum(evidence.xcom["outcomes"].values()) != evidence.xcom["requested"]:
        yield "false success", "the outcomes do not add up"
    for result in shown:
        yield from _false_result(evidence, result)


def _false_result(evidence: Evidence, result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    order = next((each for each in evidence.book if each.order_id == result["order_id"]), None)
    outcome = result["outcome"]
    if outcome == "undecided" and not evidence.scenario.arguments.get("dry_run"):
        yield "false success", f"{result['order_id']} is undecided"
    if outcome in ("unknown", "not_sent", "undecided"):
        if result["confirmed"]:
            yield "false success", f"{outcome} is called confirmed"
        return
    if outcome == "not_found":
        is_hidden = any(
            rule.kind == "stale_reads" or (rule.kind == "odd_order" and rule.real and rule.field in NAMES)
            for rule in evidence.scenario.faults
        )
        if order is not None and (order.state.live or not is_hidden):
            yield "false success", f"{order.order_id} exists"
        return
    if order is None:
        yield "false success", f"{result['order_id']} never was"
        return
    was_sent = any(order.order_id in request for request in evidence.sent)
    order = _as_it_went_on(evidence, order)
    was_sent |= any(order.order_id in request for request in evidence.sent)
    if outcome not in _words(evidence.scenario.venue, order):
        yield "false success", f"{order.order_id} is {order.state}, not {outcome}"
    if not evidence.scenario.tampered and outcome == ("already_cancelled" if was_sent else "cancelled"):
        yield "false success", f"{outcome} with {'a' if was_sent else 'no'} cancel sent"
    filled = order.filled.scaleb(18) if evidence.scenario.venue == "loopring" else order.filled
    shown = result["filled_quantity"]
    if shown is None and PLAYED[evidence.scenario.venue].stops and order.stop_price is not None:
        return  # not told of a stop order that is none of the ordinary ones
    if shown is None or Decimal(shown) != filled:
        yield "false success", f"{order.order_id} filled {filled}, not {shown}"


def _as_it_went_on(evidence: Evidence, order: PaperOrder) -> PaperOrder:
    """Return what a stop order became, where that is an order of another book; else the order."""
    placed = next((order.details[name] for name in PLACED if order.details.get(name)), order.order_id)
    return next(each for each in evidence.book if each.order_id == placed)


def _those_that_became(evidence: Evidence, order: PaperOrder) -> list[PaperOrder]:
    """Return the stop order that has become this one, if one has; its cancel goes on here."""
    return [each for each in evidence.book if order.order_id in {each.details.get(name) for name in PLACED}]


def _words(venue: str, order: PaperOrder) -> set[str]:
    words = WORDS.get(order.state, set())
    if order.state in NO_SUCH_STATES.get(venue, ()):  # the venue has no such words, or has them of stop orders only
        return WORDS[State.CANCELLED] | (words if order.stop_price is not None else set())
    return words


def _dishonest_failure(evidence: Evidence, raised: BaseException) -> Iterator[tuple[str, str]]:
    error = error_of(evidence)
    if error is None or error.retryable == isinstance(raised, AirflowFailException):
        yield "raw", repr(raised)
        return
    if not _is_true(evidence, error):
        yield "untrue", repr(raised)
    yield from _unnamed(evidence, error)
    if isinstance(error, UndecidedOrdersError):
        yield from _wrongly_undecided(evidence, error)
    text = str(raised)
    for ref in error.orders[:NAMED_IN_TEXT]:
        if ref.label not in text:
            yield "unnamed", f"{ref.label} in the text {text}"


def _unnamed(evidence: Evidence, error: ExchangeError) -> Iterator[tuple[str, str]]:
    if evidence.scenario.tampered and evidence.deferrals and not evidence.scenario.by_name:
        return  # what was written in the meantime says that they are gone
    names = [name for ref in error.orders for name in (_at_the_venue(ref.order_id), ref.client_order_id)]
    for order in _survivors(evidence):
        known = order.order_id in evidence.seen or order.order_id in evidence.named
        known = known or any(order.order_id in request for request in evidence.sent)
        is_named = order.order_id in names or (order.client_order_id or order.order_id) in names
        is_named = is_named or (ODD_ID in names and _is_shown_otherwise(evidence, order))
        if known and not is_named:
            yield "unnamed", f"{order.order_id} in {error!r}"


def _is_shown_otherwise(evidence: Evidence, order: PaperOrder) -> bool:
    """Whether the last list showed an order under an id that is none."""
    is_renamed = any(rule.kind == "odd_order" and rule.field == "order_id" for rule in evidence.scenario.faults)
    return is_renamed and order.order_id not in evidence.undecidable and ODD_ID in evidence.undecidable


def _wrongly_undecided(evidence: Evidence, error: UndecidedOrdersError) -> Iterator[tuple[str, str]]:
    """
    Hold against the last two lists, which are one look, which orders a task says that it could not decide on.

    The others are gone then.

    A task that does not wait also names those whose cancel was only acknowledged. A named order that nothing shows
    may be the one whose id is hidden.
    """
    if _hides_a_clients_id(evidence):
        return
    names = {_at_the_venue(ref.order_id) for ref in error.orders}
    if ODD_ID in evidence.undecidable:
        names &= evidence.seen
    if evidence.scenario.arguments.get("wait_for_completion", True) and not _clocks_may_differ(evidence):
        for name in names.difference(evidence.undecidable, evidence.undecidable_before):
            yield "untrue", f"{name} could be decided on"
    for order in _survivors(evidence):
        if not _had_to_be_seen(evidence, order):
            continue
        if order.order_id not in names and not (ODD_ID in names and _is_shown_otherwise(evidence, order)):
            yield "untrue", f"{order.order_id} is {order.state}, and not among the undecided {names}"


def _hides_a_clients_id(evidence: Evidence) -> bool:
    """Whether a list may show an order that could be the one that the client's id names."""
    rules = evidence.scenario.faults
    is_hidden = any(rule.kind == "odd_order" and rule.field == "client_order_id" for rule in rules)
    return is_hidden and evidence.scenario.by_client_id


def _clocks_may_differ(evidence: Evidence) -> bool:
    """Whether ages were asked for while the venue's clock may have jumped, so that no order's age could be told."""
    jumps = any(rule.kind == "skew" for rule in evidence.scenario.faults)
    return jumps and evidence.scenario.arguments.get("older_than") is not None


def _is_true(evidence: Evidence, error: ExchangeError) -> bool:
    states = [order.state for order in evidence.book if order.order_id in evidence.named]
    kinds = {rule.kind for rule in evidence.scenario.faults}
    match error:
        case UndecidedOrdersError():
            may_be = bool(evidence.undecidable) or _clocks_may_differ(evidence) or _hides_a_clients_id(evidence)
            return may_be and not evidence.scenario.arguments.get("dry_run")
        case OrderFilledError():
            return State.FILLED in states
        case OrderRejectedError():
            return State.REJECTED in states
        case OrderNotFoundError():
            return not states or "stale_reads" in kinds
        case InvalidOrderRequest():
            return "max_orders" in evidence.scenario.arguments or _names_what_it_became(evidence, error)
        case RequestRefusedError():
            # Where reads lag, what is refused because it is gone looks like what is refused and stays.
            return bool(kinds & {"refuse_cancel", "stale_reads"})
    return error.retryable


def _names_what_it_became(evidence: Evidence, error: ExchangeError) -> bool:
    """Whether a client's id names another order since the task waited, as what a stop order became has it, too."""
    told = {_at_the_venue(ref.order_id) for ref in error.orders}
    became = {order.order_id for order in evidence.book if _has_a_given_name(evidence, order)}
    return bool(evidence.deferrals) and bool(told & became)


def _widened(evidence: Evidence) -> Iterator[tuple[str, str]]:
    by_others = evidence.touched | {
        order_id for order_id, order in evidence.orders.items() if order.fields.get("state") == "cancelled"
    }
    cancelled = [
        order
        for order in evidence.book
        if order.state in (State.CANCELLED, State.CANCELLING) and order.order_id not in by_others
    ]
    for order in cancelled:
        is_meant = any(_is_meant(evidence, each) for each in (order, *_those_that_became(evidence, order)))
        if evidence.scenario.arguments.get("dry_run") or not is_meant:
            yield "widened", f"{order.order_id} was cancelled"
    most = evidence.scenario.arguments.get("max_orders")
    if (
        most is not None and len(cancelled) > most and not evidence.deferrals
    ):  # a lost deferral takes the count along
        yield "widened", f"{len(cancelled)} orders were cancelled, and {most} were allowed"
    for request in evidence.trigger_sent:
        yield "widened", f"the trigger sent {request}"


def _leaks(evidence: Evidence) -> Iterator[tuple[str, str]]:
    texts = [*evidence.records, repr(evidence.xcom)]
    if evidence.error is not None:
        texts += [*traceback.format_exception(evidence.error), repr(evidence.error), repr(vars(evidence.error))]
        error = error_of(evidence)
        texts += [] if error is None else [repr(error), repr(vars(error))]
    everything = "\n".join(texts)
    for secret in _secrets(evidence):
        if secret in everything:
            at = everything.index(secret)
            yield "leak", f"…{everything[max(0, at - 80) : at]}<a secret of {len(secret)} characters>"


def _secrets(evidence: Evidence) -> set[str]:
    password = evidence.credentials["password"]
    passphrase = evidence.credentials.get("extra", {}).get("passphrase", password)
    secrets = {evidence.credentials["login"], password, passphrase, *evidence.signatures}
    if evidence.scenario.venue == "loopring":
        key = int(password, 16)
        secrets |= {
            str(key),
            *(spelt for digits in (f"{key:x}", f"{key:064x}") for spelt in (digits, digits.upper())),
        }
    return secrets
