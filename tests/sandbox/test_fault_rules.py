"""On which requests a fault's rule fires, and what is no rule."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_exchange.sandbox.fault_rules import KINDS, Fault, read_faults
from airflow_provider_exchange.sandbox.faults import Faults


def fires(rule: Fault, count: int, seed: int = 0) -> list[int]:
    faults = Faults([rule], seed)
    behaviours = [faults.fire("nami", "open_orders", 0, mutating=False) for _ in range(count)]
    return [number for number, behaviour in enumerate(behaviours, 1) if behaviour.fired]


def test_rules_fire_on_the_requests_they_name() -> None:
    assert fires(Fault("html"), 3) == [1, 2, 3]
    assert fires(Fault("html", requests=(2, 5)), 6) == [2, 5]
    assert fires(Fault("html", times=2), 6) == [1, 2]
    assert fires(Fault("html", requests=(2, 3, 4), times=2), 6) == [2, 3]


def test_draws_repeat_with_their_seed() -> None:
    rule = Fault("html", probability=0.5)
    assert fires(rule, 200, seed=7) == fires(rule, 200, seed=7) != fires(rule, 200, seed=8)
    assert 60 < len(fires(rule, 200)) < 140
    assert fires(Fault("html", probability=0), 50) == []


@pytest.mark.parametrize(("rule", "seen"), [
    (Fault("html"), {"open_orders", "cancel_order", "cancel_orders", "place_order"}),
    (Fault("html", route="reads"), {"open_orders"}),
    (Fault("html", route="cancels"), {"cancel_order", "cancel_orders"}),
    (Fault("html", route="place_order"), {"place_order"}),
    (Fault("html", venue="loopring"), set()),
    (Fault("html", venue="nami", route="cancel_order"), {"cancel_order"}),
])  # fmt: skip
def test_rules_see_the_routes_they_name(rule: Fault, seen: set[str]) -> None:
    routes = {"open_orders": False, "cancel_order": True, "cancel_orders": True, "place_order": True}
    assert {name for name, mutating in routes.items() if rule.matches("nami", name, mutating=mutating)} == seen


@pytest.mark.parametrize("document", [
    {"kind": "gremlins"}, {}, {"kind": "html", "colour": 1}, {"kind": "html", "probability": 2}, ["html"], "html",
    {"kind": "odd_order", "field": "colour"},
])  # fmt: skip
def test_a_rule_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"fault|probability"):
        read_faults(document)


def test_no_kind_is_without_a_test() -> None:
    assert {
        "drop_before", "drop_after", "delay", "truncate", "html", "status", "rate_limit", "empty_200", "null_data",
        "hang", "drip", "huge", "skew", "stale_reads", "fill_on_cancel", "refuse_cancel", "ignore_cancel",
        "ignore_batch_member",
        "cancelling", "cached", "null", "phantom_empty", "odd_order", "seconds",
    } == KINDS  # fmt: skip
