"""One fault never fails a clean-up, whatever it is and whichever request it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.fault_rules import KINDS, Fault
from tests.accounts import VENUES
from tests.chaos.judge import violations
from tests.chaos.play import play
from tests.chaos.scenario import NewOrder, Scenario
from tests.chaos.venues import PLAYED

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUSES = (400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504)
FORMS: dict[str, list[dict[str, Any]]] = {
    "status": [
        *({"status": status} for status in (*STATUSES, 200, 204, 302)),
        *({"status": status, "acts": True} for status in (404, 409, 500, 504)),
    ],
    "html": [{"status": status} for status in (200, 403, 502)],
    "rate_limit": [{"retry_after": wait} for wait in (None, "0", "2", "date:2", "soon")],
    "truncate": [{}, {"size": 0}, {"full_length": True}],
    "delay": [{"seconds": 0.25}],
    "drip": [{"seconds": 1.0}],
    "skew": [{"seconds": seconds} for seconds in (-900, -20, -3, 3, 20, 900)],
    "stale_reads": [{"reads": 1}, {"reads": 3}],
    "fill_on_cancel": [{}, {"quantity": "0.5"}],
    "ignore_batch_member": [{"member": 0}, {"member": 2}],
    "cancelling": [{"reads": 1}, {"reads": 3}],
    "cached": [{}, {"tells_age": False}],
}
ON_CANCELS = {"cancelling", "fill_on_cancel", "ignore_batch_member", "ignore_cancel", "refuse_cancel"}
"""Kinds that do nothing to a read."""
PLACES = [("*", 1), ("cancels", 1), ("*", 3)]
"""Where a fault meets a clean-up: at the read that it begins with, at its cancel, at the read after that."""


def single_faults() -> Iterator[Any]:
    for kind in sorted(KINDS):
        for form in FORMS.get(kind, [{}]):
            for route, number in PLACES:
                if kind in ON_CANCELS and route != "cancels":
                    continue
                details = "-".join(f"{name}={value}" for name, value in form.items())
                fault = Fault(kind, route=route, requests=(number,), **form)
                yield pytest.param(fault, id=f"{kind}-{details}-{route}-{number}")


@pytest.mark.parametrize("fault", list(single_faults()))
@pytest.mark.parametrize("sweep", [False, True], ids=["single", "sweep"])
@pytest.mark.parametrize("venue", VENUES)
def test_one_fault_is_survived(venue: str, sweep: bool, fault: Fault) -> None:
    if venue == "bitopro" and sweep and fault.kind == "null_data" and fault.route == "*":
        fault = Fault(
            **{**vars(fault), "route": "order"}
        )  # in the place of a list it is the venue's word for "none"
    markets = PLAYED[venue].markets
    evidence = play(
        Scenario(
            seed="one fault",
            venue=venue,
            sweep=sweep,
            placed=(
                NewOrder(markets[0], {"quantity": "2"}),
                NewOrder(markets[0], {"quantity": "2", "filled": "0.5", "side": "BUY"}),
                NewOrder(markets[1], {"stop_price": "90"}),
            ),
            arguments={} if sweep else {"on_filled": "succeed"},
            faults=(fault,),
            request_timeout=0.15 if fault.kind in ("hang", "drip", "delay") else 5,
        )
    )
    assert violations(evidence) == []
    assert evidence.error is None, repr(evidence.error)
    live = [order.order_id for order in evidence.book if order.state.live]
    assert live == ([] if sweep else evidence.ids[1:])


def test_every_kind_is_tried() -> None:
    assert {param.values[0].kind for param in single_faults()} == KINDS
