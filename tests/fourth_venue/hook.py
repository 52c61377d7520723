"""The hook of Harbor connections."""

from __future__ import annotations

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.forms import field_behaviour, form_widgets

__all__ = ["HarborHook"]


class HarborHook(ExchangeHook):
    """
    Reads and cancels the orders of one account at Harbor.

    :param exchange_conn_id: The Airflow connection, of type ``harbor``.
    """

    conn_type = "harbor"
    hook_name = "Harbor"
    default_conn_name = "harbor_default"

    get_connection_form_widgets = classmethod(form_widgets)
    get_ui_field_behaviour = classmethod(field_behaviour)
