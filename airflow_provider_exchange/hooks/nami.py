"""The hook of Nami connections."""

from __future__ import annotations

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.forms import field_behaviour, form_widgets

__all__ = ["NamiHook"]


class NamiHook(ExchangeHook):
    """
    Reads and cancels the orders of one account at Nami.

    :param exchange_conn_id: The Airflow connection, of type ``nami``.
    """

    conn_type = "nami"
    hook_name = "Nami"
    default_conn_name = "nami_default"

    get_connection_form_widgets = classmethod(form_widgets)
    get_ui_field_behaviour = classmethod(field_behaviour)
