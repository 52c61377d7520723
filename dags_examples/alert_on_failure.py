"""
Clean up, and tell a chat or a pager when that fails, with what is still open.

The alert is the HTTP provider's notifier, so it needs the package ``apache-airflow-providers-http`` and an HTTP
connection ``alerts_default`` whose host is the address of a webhook. What is sent is a line of text and the whole
report: see ``docs/report.md``. Chats that want another form have notifiers of their own, such as Slack's, whose
arguments are templates, too.

The callback runs in the process of the task that failed. If that process itself was killed, Airflow calls it
elsewhere, without the exception: the alert then has no report.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import dag
from airflow.providers.http.notifications.http import HttpNotifier

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator

ALERT = """
{%- set has_report = exception.report is defined and exception.report -%}
{%- set report = exception.report.dump() if has_report else none -%}
{%- set is_known = report and report.open_after is not none -%}
{%- set left = report.open_after if is_known else "an unknown number of" -%}
{%- set text = "%s failed: %s orders may still be open" % (ti.task_id, left) -%}
{{ {"text": text, "report": report} | tojson }}
"""


@dag(
    schedule="55 23 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["exchange"],
)
def alert_on_failure() -> None:
    """Cancel all open orders; call the webhook when no retry is left."""
    CancelAllOrdersOperator(
        task_id="clean_up",
        exchange_conn_id="bitopro_default",
        max_lateness=timedelta(minutes=30),
        retries=2,
        retry_delay=timedelta(seconds=30),
        on_failure_callback=HttpNotifier(
            http_conn_id="alerts_default", data=ALERT, headers={"Content-Type": "application/json"}
        ),
    )


alert_on_failure()
