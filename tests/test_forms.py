"""The connection forms of Airflow before 3.2 are those of the declarations."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pkgutil import resolve_name
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.get_provider_info import get_provider_info

if TYPE_CHECKING:
    from airflow_provider_exchange.hooks.exchange import ExchangeHook

DECLARED = {kind["connection-type"]: kind for kind in get_provider_info()["connection-types"]}


class Made:
    """Remembers how a thing of the old web server was made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


@pytest.fixture
def old_web_server(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {
        "flask_appbuilder": [],
        "flask_appbuilder.fieldwidgets": ["BS3PasswordFieldWidget", "BS3TextFieldWidget"],
        "wtforms": ["BooleanField", "PasswordField", "StringField"],
        "wtforms.validators": ["Optional", "any_of"],
    }
    for name, classes in parts.items():
        module = ModuleType(name)
        for each in classes:
            setattr(module, each, type(each, (Made,), {}))
        monkeypatch.setitem(sys.modules, name, module)
    babel = ModuleType("flask_babel")
    babel.lazy_gettext = lambda text: f"<{text}>"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flask_babel", babel)


def hook_class(conn_type: str) -> type[ExchangeHook]:
    found: type[ExchangeHook] = resolve_name(DECLARED[conn_type]["hook-class-name"])
    return found


@pytest.mark.usefixtures("old_web_server")
@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_every_declared_field_is_in_the_form(conn_type: str) -> None:
    widgets: dict[str, Any] = hook_class(conn_type).get_connection_form_widgets()
    fields = DECLARED[conn_type]["conn-fields"]
    assert list(widgets) == list(fields)
    for name, widget in widgets.items():
        assert widget.args == (f"<{fields[name]['label']}>",)
        assert widget.kwargs["description"] == fields[name]["description"]
        assert widget.kwargs["default"] == fields[name]["schema"].get("default")
        validators = [type(validator).__name__ for validator in widget.kwargs.get("validators", [])]
        assert validators[:1] == ([] if type(widget).__name__ == "BooleanField" else ["Optional"])


@pytest.mark.usefixtures("old_web_server")
def test_kinds_of_fields() -> None:
    widgets: dict[str, Any] = hook_class("nami").get_connection_form_widgets()
    kinds = {name: type(widget).__name__ for name, widget in widgets.items()}
    assert kinds == {
        "batch_signing": "StringField",
        "allow_notification": "BooleanField",
        "timeout": "StringField",
        "rate_limit": "StringField",
        "pace_conn_id": "StringField",
        "verify": "StringField",
        "proxy": "PasswordField",
    }
    choice = widgets["batch_signing"].kwargs["validators"][1]
    assert choice.args == (["url_search_params", "json", "off"],)
    assert type(widgets["proxy"].kwargs["widget"]).__name__ == "BS3PasswordFieldWidget"


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_standard_fields_behave_as_declared(conn_type: str) -> None:
    declared = DECLARED[conn_type]["ui-field-behaviour"]
    assert hook_class(conn_type).get_ui_field_behaviour() == {
        "hidden_fields": declared["hidden-fields"],
        "relabeling": declared["relabeling"],
        "placeholders": declared["placeholders"],
    }


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_the_methods_are_the_hooks_own(conn_type: str) -> None:
    assert {"get_connection_form_widgets", "get_ui_field_behaviour"} <= set(vars(hook_class(conn_type)))


@pytest.mark.skipif(
    AIRFLOW_V_3_2_PLUS or find_spec("flask_appbuilder") is None,
    reason="this Airflow reads declarations, or has no old web server",
)
def test_airflow_takes_the_form() -> None:
    code = """
import json
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
print(json.dumps([list(manager.connection_form_widgets), manager.field_behaviours], default=str))
"""
    # In a process of its own: what these packages think of each other is a warning, and here an error.
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    widgets, behaviours = json.loads(done.stdout.splitlines()[-1])
    for conn_type, kind in DECLARED.items():
        assert {f"extra__{conn_type}__{field}" for field in kind["conn-fields"]} <= set(widgets)
        assert behaviours[conn_type]["relabeling"] == kind["ui-field-behaviour"]["relabeling"]
