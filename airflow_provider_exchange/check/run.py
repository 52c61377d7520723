"""A check as one plan, for either driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.check.check import Check
from airflow_provider_exchange.check.findings import CheckReport

if TYPE_CHECKING:
    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.driver.plan import Planner
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["CHECK_TIMEOUT", "planned_check"]

CHECK_TIMEOUT = 30.0
"""Seconds for a whole check, of a venue that answers nothing; one that answers needs a second or two."""


def planned_check(
    exchange: Exchange,
    planner: Planner,
    witness: Witness,
    *,
    symbol: str | None = None,
    cancel_right: bool = False,
    timeout: float = CHECK_TIMEOUT,
) -> Plan[CheckReport]:
    """
    Return the plan of a check.

    :param witness: Takes note of what is exchanged, for a transcript.
    :param symbol: A market in which the account has traded, checked; None for whichever the account shows.
    :param cancel_right: Whether to cancel an order that cannot exist, to learn whether the key may cancel.
    :param timeout: Seconds for all of it; what was not read by then is a finding.
    """
    witness.options = {"symbol": symbol, "cancel_right": cancel_right}
    check = Check(exchange, witness, symbol=symbol, cancels=cancel_right)
    findings = yield from planner.plan(check.run(), timeout, observer=witness)
    return CheckReport(exchange.name, findings)
