# mypy: disable-error-code="import-not-found, import-untyped"

"""
The connection forms for Airflow before 3.2, made of what ``get_provider_info`` declares for later ones.

Airflow looks for these methods in a hook's own class, not in one that it inherits from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.get_provider_info import connection_type

if TYPE_CHECKING:
    from airflow_provider_exchange.hooks.exchange import ExchangeHook

__all__ = ["field_behaviour", "form_widgets"]


def form_widgets(hook: type[ExchangeHook]) -> dict[str, Any]:
    """
    Return the form's fields beside the standard ones.

    Nothing is marked as required: the forms of all connection types are one form there.

    :param hook: Of the connection type.
    :raises ImportError: without the packages that make up the old web server.
    """
    fields = connection_type(hook.conn_type)["conn-fields"]
    return {name: _widget(declared) for name, declared in fields.items()}


def field_behaviour(hook: type[ExchangeHook]) -> dict[str, Any]:
    """
    Return what becomes of the standard fields.

    :param hook: Of the connection type.
    """
    behaviour = connection_type(hook.conn_type)["ui-field-behaviour"]
    return {name.replace("-", "_"): value for name, value in behaviour.items()}


def _widget(declared: dict[str, Any]) -> Any:
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import BooleanField, PasswordField, StringField
    from wtforms.validators import Optional, any_of

    schema = declared["schema"]
    told = {"description": declared["description"], "default": schema.get("default")}
    label = lazy_gettext(declared["label"])
    if "boolean" in schema["type"]:
        return BooleanField(label, **told)
    if schema.get("format") == "password":
        return PasswordField(label, widget=BS3PasswordFieldWidget(), validators=[Optional()], **told)
    choices = [any_of(schema["enum"])] if "enum" in schema else []
    return StringField(label, widget=BS3TextFieldWidget(), validators=[Optional(), *choices], **told)
