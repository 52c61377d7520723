"""
Trade every 40 seconds under a dead man's switch: when Airflow falls silent, the exchange itself cancels all orders.

Each run starts the exchange's countdown of two minutes anew, and then trades. If no run comes for two minutes, as
the scheduler, the worker or the network is down, or a strategy hangs, the exchange cancels the orders of the whole
account. The next run that comes reports it. A run may be late by most of a minute; to allow for one that fails, let
the DAG run every 40 s.

To end trading, set the Airflow variable ``trading`` to ``no``: the next run cancels what is open, and disarms the
switch once nothing is. It does not wait for a strategy that an earlier run has started: let it look at the variable
too, before it places an order. Pausing the DAG instead sets off the switch.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# If you only use Airflow 3, import from airflow.sdk and airflow.sdk.exceptions instead.
from airflow.providers.common.compat.sdk import AirflowSkipException, dag, task

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, DeadMansSwitchOperator

CONNECTION = "okx_default"
EVERY = timedelta(seconds=40)
COUNTDOWN = timedelta(minutes=2)
"""Three times as long: one run may be missed, and the one after it come late."""
TRADING = "{{ var.value.get('trading', 'yes') }}"


@task
def while_trading(trading: str) -> None:
    """Skip the rest if trading is over."""
    if trading != "yes":
        raise AirflowSkipException("trading is over")


@task
def after_trading(trading: str) -> None:
    """Skip the rest while trading goes on."""
    if trading == "yes":
        raise AirflowSkipException("trading goes on")


@task(max_active_tis_per_dag=1, execution_timeout=timedelta(minutes=5))
def trade() -> None:
    """Stand in for a strategy that places orders. It only runs once the exchange has confirmed the countdown."""


@dag(
    schedule=EVERY,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # A strategy that takes longer than that does not keep the next run from starting the countdown anew. One
    # that hangs does in the end, and then the exchange acts.
    max_active_runs=3,
    tags=["exchange"],
)
def dead_mans_switch() -> None:
    """Arm and trade; or clear and disarm."""
    arm = DeadMansSwitchOperator(
        task_id="arm",
        exchange_conn_id=CONNECTION,
        countdown=COUNTDOWN,
        scope="account",  # everything that the switch reaches, whoever placed it
        retries=1,
        retry_delay=timedelta(seconds=5),
    )
    clear = CancelAllOrdersOperator(task_id="clear", exchange_conn_id=CONNECTION, retries=2)
    disarm = DeadMansSwitchOperator(task_id="disarm", exchange_conn_id=CONNECTION, scope="account", disarm=True)
    while_trading(TRADING) >> arm >> trade()
    after_trading(TRADING) >> clear >> disarm


dead_mans_switch()
