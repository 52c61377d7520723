"""Builds the report of a cancel operation from what its ledger holds, at any moment: also when it has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.models.reports import CancelReport

if TYPE_CHECKING:
    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.operations.ledger import Ledger
    from airflow_provider_exchange.operations.selection import Selection

__all__ = ["build_report"]


def build_report(
    exchange: Exchange,
    selection: Selection,
    ledger: Ledger,
    *,
    dry_run: bool,
    listed: int | None,
    earlier: str,
    error: ExchangeError | None = None,
) -> CancelReport:
    """
    Return what became of every order.

    :param dry_run: Whether no cancel was sent on purpose.
    :param listed: The most open orders that one list showed; None if none was read.
    :param earlier: What is not known of earlier executions; empty if nothing.
    :param error: Why the operation failed; None if it did not.
    """
    left = ledger.left()
    is_told = error is None or ledger.proved is not None or left
    return CancelReport(
        exchange.name,
        ledger.results(dry_run=dry_run),
        len(left) if is_told else None,
        dry_run,
        listed,
        selection.words(),
        earlier,
        conn_id=exchange.conn_id,
        account=exchange.account,
        selectors=selection.as_json(),
        started_at=ledger.started_at,
        flat_since=None if ledger.proved is None else ledger.flat_since,
        proved=ledger.proved,
        requests=ledger.requests,
        error=None if error is None else error.summary(),
    )
