"""What the package tells Airflow about itself is true, and of the shape that Airflow asks for."""

from __future__ import annotations

import json
import pkgutil
import re
from importlib import import_module, metadata, resources
from inspect import getsource, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import jsonschema
import pytest
from airflow.providers.common.compat.sdk import (
    BaseHook,
    BaseNotifier,
    BaseOperator,
    BaseOperatorLink,
    BaseSensorOperator,
    redact,
)
from airflow.providers.common.compat.version_compat import (
    AIRFLOW_V_3_0_PLUS,
    AIRFLOW_V_3_1_PLUS,
    AIRFLOW_V_3_2_PLUS,
)
from airflow.triggers.base import BaseTrigger

import airflow_provider_exchange
from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.exchanges import EXCHANGES, load_exchange
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.get_provider_info import VENUES, get_provider_info
from airflow_provider_exchange.hooks.ccxt import CcxtHook
from airflow_provider_exchange.hooks.exchange import ExchangeHook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PACKAGE = airflow_provider_exchange.__name__
INFO = get_provider_info()
CONNECTION_TYPES = {entry["connection-type"]: entry for entry in INFO["connection-types"]}
FIELDS = [(conn_type, field) for conn_type, entry in CONNECTION_TYPES.items() for field in entry["conn-fields"]]
OF_ONE_VENUE = [conn_type for conn_type, venue in VENUES.items() if venue.host]

WHOLE_EXTRA: dict[str, Any] = {
    "account_id": "10005",
    "allow_notification": True,
    "batch_signing": "json",
    "default_type": "spot",
    "demo": False,
    "exchange": "binance",
    "identity": "trader@example.com",
    "options": "",
    "passphrase": "passphrase-for-the-form",
    "private_key": "0x" + "2" * 60,
    "proxy": "http://proxy.example:3128",
    "rate_limit": 2,
    "sandbox": False,
    "timeout": 5,
    "uid": "1001",
    "uncertified": False,
    "verify": certifi.where(),
    "wallet_address": "0x" + "3" * 40,
}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(resources.files("airflow").joinpath(name).read_text())
    return loaded


def hook_class(conn_type: str) -> type[ExchangeHook]:
    found: type[ExchangeHook] = pkgutil.resolve_name(CONNECTION_TYPES[conn_type]["hook-class-name"])
    return found


def use(conn_type: str, extra: dict[str, Any]) -> None:
    """Read everything that a hook reads of its connection."""
    hook = hook_class(conn_type)()
    hook.__dict__["settings"] = ConnectionSettings(
        conn_id="c", conn_type=conn_type, login="key-for-the-form", password="0x" + "1" * 60, extra=extra
    )
    assert hook.planner
    assert hook.get_conn()
    hook.close()


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def named_objects() -> list[str]:
    return sorted({text for text in texts(INFO) if text.startswith(f"{PACKAGE}.")})


def test_airflow_discovers_it() -> None:
    jsonschema.validate(INFO, schema("provider_info.schema.json"))


def test_its_parts_have_the_shape_of_airflows_own_providers() -> None:
    source = schema("provider.yaml.schema.json")
    kept_by_the_release_tools = {"dependencies", "state", "source-date-epoch", "versions"}
    source["required"] = [name for name in source["required"] if name not in kept_by_the_release_tools]
    jsonschema.validate(known_to(source, INFO), source)


def known_to(schema: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    """Return provider info without what is too new for this Airflow: it passes that over."""
    types = schema["properties"]["connection-types"]["items"]["properties"]
    known = {name: part for name, part in info.items() if name in schema["properties"]}
    return known | {
        "connection-types": [
            {name: part for name, part in entry.items() if name in types} for entry in info["connection-types"]
        ]
    }


def test_the_schemas_refuse_what_they_should() -> None:
    broken = get_provider_info()
    del broken["connection-types"][0]["hook-class-name"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema("provider_info.schema.json"))


@pytest.mark.parametrize("name", named_objects())
def test_what_it_names_exists(name: str) -> None:
    pkgutil.resolve_name(name)


KINDS: dict[str, type] = {
    "operators": BaseOperator,
    "sensors": BaseSensorOperator,
    "triggers": BaseTrigger,
    "hooks": BaseHook,
    "notifications": BaseNotifier,
    "extra-links": BaseOperatorLink,
}
"""What Airflow calls the kinds of classes that a provider declares, and what each is derived from."""


def modules() -> Iterator[ModuleType]:
    """Yield every module of the package but the paper exchange, which has nothing for Airflow."""
    for found in pkgutil.walk_packages(airflow_provider_exchange.__path__, f"{PACKAGE}."):
        if not found.name.startswith(f"{PACKAGE}.sandbox") and not found.name.endswith("__main__"):
            yield import_module(found.name)


def is_of(kind: str, value: object) -> bool:
    if not isinstance(value, type) or not issubclass(value, KINDS[kind]):
        return False
    return kind != "operators" or not issubclass(value, BaseSensorOperator)


def classes(kind: str) -> set[str]:
    """Return the paths of the package's public classes of a kind."""
    return {
        f"{module.__name__}.{name}"
        for module in modules()
        for name, value in vars(module).items()
        if is_of(kind, value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


@pytest.mark.parametrize("kind", ["hooks", "operators", "sensors", "triggers"])
def test_modules_are_declared_that_hold_a_class_of_the_kind_and_no_other(kind: str) -> None:
    holding = {name.rpartition(".")[0] for name in classes(kind)}
    assert holding
    for title in [venue.title for venue in VENUES.values()]:
        named = [
            name for entry in INFO[kind] if entry["integration-name"] == title for name in entry["python-modules"]
        ]
        assert len(named) == len(set(named))
        if kind == "hooks":  # each venue names its own beside the one that all share
            assert f"{PACKAGE}.hooks.exchange" in named
        else:
            assert set(named) == holding
    assert {name for entry in INFO[kind] for name in entry["python-modules"]} == holding


@pytest.mark.parametrize("kind", ["notifications", "extra-links"])
def test_classes_are_declared_by_name_each_once(kind: str) -> None:
    assert sorted(INFO[kind]) == sorted(classes(kind))


@pytest.mark.skipif(not AIRFLOW_V_3_2_PLUS, reason="older schemas know less")
def test_the_newest_schema_knows_every_part() -> None:
    for name in ("provider_info.schema.json", "provider.yaml.schema.json"):
        assert set(INFO) <= set(schema(name)["properties"])
    source = schema("provider.yaml.schema.json")
    assert known_to(source, INFO) == INFO


def test_the_guides_are_pages_of_the_documentation() -> None:
    pages = Path(airflow_provider_exchange.__path__[0]).parent
    guides = {path for entry in INFO["integrations"] for path in entry["how-to-guide"]}
    assert guides
    assert all((pages / path.removeprefix("/")).is_file() for path in guides)


def test_the_options_of_the_configuration_are_those_that_are_read() -> None:
    read = {
        match[1]
        for module in modules()
        for match in re.finditer(r'conf\.get\w*\(SECTION, "(\w+)"', getsource(module))
    }
    assert read == set(INFO["config"]["exchange"]["options"])


def test_every_part_belongs_to_an_integration_and_every_venue_has_one() -> None:
    integrations = {entry["integration-name"] for entry in INFO["integrations"]}
    assert integrations == {venue.title for venue in VENUES.values()}
    for kind in ("hooks", "operators", "sensors"):
        assert {entry["integration-name"] for entry in INFO[kind]} == integrations
    assert all(entry["external-doc-url"].startswith("https://") for entry in INFO["integrations"])


def test_the_entry_point_is_the_function() -> None:
    distribution = metadata.distribution(INFO["package-name"])
    (entry_point,) = distribution.entry_points.select(group="apache_airflow_provider")
    assert entry_point.load() is get_provider_info


def test_connection_types_are_the_registered_exchanges() -> None:
    assert set(CONNECTION_TYPES) == set(EXCHANGES)


@pytest.mark.parametrize("conn_type", OF_ONE_VENUE)
def test_a_venue_of_its_own_is_called_as_its_connection_type(conn_type: str) -> None:
    exchange = load_exchange(conn_type)
    assert (exchange.name, exchange.title) == (conn_type, VENUES[conn_type].title)


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_the_hook_agrees(conn_type: str) -> None:
    hook = hook_class(conn_type)
    assert issubclass(hook, ExchangeHook)
    assert hook.conn_type == conn_type
    assert hook.hook_name == CONNECTION_TYPES[conn_type]["hook-name"] == VENUES[conn_type].title
    assert hook.default_conn_name == f"{conn_type}_default"
    assert hook.conn_name_attr in signature(hook).parameters
    assert getattr(hook(), hook.conn_name_attr) == hook.default_conn_name


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_the_form_has_the_fields_that_the_hook_reads(conn_type: str) -> None:
    read: set[str] = set()

    class Extra(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            read.add(key)
            return super().get(key, default)

    use(conn_type, Extra(WHOLE_EXTRA))
    assert read == set(CONNECTION_TYPES[conn_type]["conn-fields"])


@pytest.mark.parametrize(("conn_type", "field"), FIELDS)
@pytest.mark.parametrize("empty", [None, ""])
def test_fields_are_marked_as_required_if_they_are(conn_type: str, field: str, empty: str | None) -> None:
    extra = WHOLE_EXTRA | {field: empty}
    if "null" in CONNECTION_TYPES[conn_type]["conn-fields"][field]["schema"]["type"]:
        use(conn_type, extra)
    else:
        with pytest.raises(ConnectionConfigError, match=f"'{field}' is missing"):
            use(conn_type, extra)


@pytest.mark.parametrize(("conn_type", "field"), FIELDS)
def test_every_choice_and_default_is_accepted(conn_type: str, field: str) -> None:
    schema = CONNECTION_TYPES[conn_type]["conn-fields"][field]["schema"]
    assert "default" not in schema or schema["default"] in schema.get("enum", [schema["default"]])
    for choice in [*schema.get("enum", []), schema.get("default")]:
        if choice is not None:
            use(conn_type, WHOLE_EXTRA | {field: choice})
    assert list(schema.get("values_display", schema.get("enum", []))) == schema.get("enum", [])


def test_a_choice_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ConnectionConfigError, match="batch_signing"):
        use("nami", WHOLE_EXTRA | {"batch_signing": "xml"})


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_each_field_gets_a_control_of_its_own(conn_type: str) -> None:
    # Airflow's form shows a box for raw JSON where a field has several types beside null.
    for field in CONNECTION_TYPES[conn_type]["conn-fields"].values():
        kinds = field["schema"]["type"]
        assert isinstance(kinds, str) or len(set(kinds) - {"null"}) == 1


@pytest.mark.parametrize(("conn_type", "field"), FIELDS)
def test_fields_that_may_hold_a_password_are_hidden(conn_type: str, field: str) -> None:
    """In the form as in what Airflow shows of an extra, which goes by the field's name."""
    is_hidden = CONNECTION_TYPES[conn_type]["conn-fields"][field]["schema"].get("format") == "password"
    assert is_hidden == (field in {"passphrase", "private_key", "proxy"})
    if field == "proxy" and AIRFLOW_V_3_0_PLUS and not AIRFLOW_V_3_1_PLUS:
        pytest.skip("Airflow 3.0 does not know that the URL of a proxy may hold a password")
    assert is_hidden == (redact({field: "a-secret-text"}) != {field: "a-secret-text"})


def test_the_exchanges_that_are_offered_are_no_limit() -> None:
    schema = CONNECTION_TYPES["ccxt"]["conn-fields"]["exchange"]["schema"]
    assert schema["examples"] == list(PROFILES)
    assert "enum" not in schema, "the form would take no other"
    use("ccxt", WHOLE_EXTRA | {"exchange": "kraken", "uncertified": True})


def test_results_carry_the_exchanges_own_name() -> None:
    hook = CcxtHook()
    hook.__dict__["settings"] = ConnectionSettings(
        "c", "ccxt", login="key", password="secret", extra={"exchange": "okx", "passphrase": "words"}
    )
    assert (hook.exchange.name, hook.exchange.title, hook.planner.venue) == ("okx", "OKX", "okx")
