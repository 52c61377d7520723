"""The hook of connections to any exchange, through ccxt."""

from __future__ import annotations

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.forms import field_behaviour, form_widgets

__all__ = ["CcxtHook"]


class CcxtHook(ExchangeHook):
    """
    Reads and cancels the orders of one account at an exchange that ccxt knows.

    The connection's extra ``exchange`` says which. Needs the package ``ccxt``.

    :param exchange_conn_id: The Airflow connection, of type ``ccxt``.
    """

    conn_type = "ccxt"
    hook_name = "Exchange by ccxt"
    default_conn_name = "ccxt_default"

    get_connection_form_widgets = classmethod(form_widgets)
    get_ui_field_behaviour = classmethod(field_behaviour)
