"""The hook of BitoPro connections."""

from __future__ import annotations

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.forms import field_behaviour, form_widgets

__all__ = ["BitoProHook"]


class BitoProHook(ExchangeHook):
    """
    Reads and cancels the orders of one account at BitoPro.

    :param exchange_conn_id: The Airflow connection, of type ``bitopro``.
    """

    conn_type = "bitopro"
    hook_name = "BitoPro"
    default_conn_name = "bitopro_default"

    get_connection_form_widgets = classmethod(form_widgets)
    get_ui_field_behaviour = classmethod(field_behaviour)
