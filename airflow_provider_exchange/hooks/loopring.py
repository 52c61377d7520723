"""The hook of Loopring connections."""

from __future__ import annotations

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.forms import field_behaviour, form_widgets

__all__ = ["LoopringHook"]


class LoopringHook(ExchangeHook):
    """
    Reads and cancels the orders of one account at Loopring.

    Nothing can be traded there today: Loopring's order book closed in June 2026, according to the press. The hook
    stays for the paper exchange.

    :param exchange_conn_id: The Airflow connection, of type ``loopring``.
    """

    conn_type = "loopring"
    hook_name = "Loopring"
    default_conn_name = "loopring_default"

    get_connection_form_widgets = classmethod(form_widgets)
    get_ui_field_behaviour = classmethod(field_behaviour)
