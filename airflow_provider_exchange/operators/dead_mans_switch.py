"""The operator that sets an exchange's dead man's switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_exchange.arguments import StorableTemplates, check_arguments, for_good
from airflow_provider_exchange.exchanges.arguments import check_countdown, check_scope
from airflow_provider_exchange.links import OrderPageLink
from airflow_provider_exchange.omitted import OMITTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_exchange.tasks.dead_mans_switch import SwitchTask

__all__ = ["DeadMansSwitchOperator"]


class DeadMansSwitchOperator(StorableTemplates, BaseOperator):
    """
    Starts the countdown of an exchange's dead man's switch anew, or disarms it.

    When nobody starts the countdown anew before it ends, as Airflow is down, the exchange cancels the orders of the
    account by itself. The task succeeds only on a trigger time that the exchange itself confirms, and that fits the
    exchange's own clock. It fails before anything is sent at an exchange whose switch works otherwise, or which has
    none.

    Pushes ``{"exchange", "conn_id", "account", "scope", "armed", "countdown", "trigger_time", "venue_time",
    "reaches", "does_not_reach", "ran_out"}`` to XCom. ``ran_out`` is None, or tells that the countdown of an
    earlier run has ended in between: ``{"trigger_time", "cancelled_at", "cancelled", "still_open"}``, with orders
    as far as the exchange tells them.

    :param exchange_conn_id: Connection to the exchange; its type says to which. (templated)
    :param countdown: How long after this task the exchange is to act, as a ``timedelta`` or in whole seconds,
        within the exchange's bounds and at least twice the longest interval of the DAG's schedule. Not needed to
        disarm.
    :param scope: Has to be ``"account"``: the switch cancels what nobody named. There is no default.
    :param disarm: Whether to end the countdown instead. It succeeds once the exchange confirms that none runs.
    :raises AirflowFailException: when a retry cannot help: key or arguments refused, no such switch. It says until
        when the account is covered.
    :raises TransientError: when the exchange has confirmed nothing that fits; it says until when the account is
        covered.
    """

    ui_color = "#f4d6cc"
    operator_extra_links = (OrderPageLink(),)
    template_fields: Sequence[str] = ("exchange_conn_id",)

    def __init__(
        self,
        *,
        exchange_conn_id: str,
        countdown: timedelta | float | None = None,
        scope: Any = OMITTED,
        disarm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_arguments(flags={"disarm": disarm})
        with for_good():
            check_scope(scope)
            self.countdown = 0 if disarm else check_countdown(countdown)
        self.exchange_conn_id = exchange_conn_id
        self.scope = scope
        self.disarm = disarm
        self.order_page = ""
        self._running: SwitchTask | None = None
        self._killed = False

    def execute(self, context: Context) -> dict[str, Any]:
        """Set the switch, and return what the exchange confirms."""
        from airflow_provider_exchange.tasks.dead_mans_switch import SwitchTask

        self._running = task = SwitchTask(self, context)
        if self._killed:  # before the task was there to be told
            task.stop()
        return task.run()

    def on_kill(self) -> None:
        """Stop waiting at once and send nothing more, even if nothing was sent yet."""
        self._killed = True
        if self._running is not None:
            self._running.stop()
