"""Leaves the report of a task where alerts and other DAGs find it, as side work: it changes no result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import Asset

from airflow_provider_exchange.side_work import AIRFLOW, SideWork, let_pass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.models.reports import CancelReport

__all__ = ["REPORT_KEY", "push_report", "send_with_asset_events"]

REPORT_KEY = "report"
"""The key of the report in XCom, and in the extra of asset events."""


def push_report(context: Any, report: CancelReport) -> None:
    """
    Push a report to XCom; only a task's own process may do that.

    Elsewhere Airflow does not answer, so that the call never returns. It may hang here as well, and then occupies
    Airflow's channel: nothing else that needs the channel may come after it. What occupies the channel already is
    given a last chance to end, as the task's own last message has to wait for it anyway.
    """
    task_instance = context.get("ti")
    if task_instance is not None:
        let_pass(AIRFLOW)
        SideWork().attempt(
            "push the report to XCom", lambda: task_instance.xcom_push(key=REPORT_KEY, value=report.dump())
        )


def send_with_asset_events(context: Any, outlets: Iterable[Any], report: CancelReport) -> None:
    """Add a report to the events of the task's assets, which Airflow sends once the task has succeeded."""
    assets = [outlet for outlet in outlets or () if isinstance(outlet, Asset)]
    events = context.get("outlet_events")
    if assets and events is not None:
        SideWork().attempt("add the report to the asset events", lambda: _add(events, assets, report.dump()))


def _add(events: Any, assets: Iterable[Any], report: dict[str, Any]) -> None:
    for asset in assets:
        event = events[asset]
        event.extra = {**(event.extra or {}), REPORT_KEY: report}
