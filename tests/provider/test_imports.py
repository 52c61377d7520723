"""What modules offer, and what importing them costs."""

from __future__ import annotations

import os
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from inspect import isclass
from typing import TYPE_CHECKING

import pytest

import airflow_provider_exchange
from tests.dags.runs import EXAMPLES as EXAMPLES_FOLDER
from tests.dags.runs import skip_unless_supported
from tests.provider.forking import ForkingPython, forking_python
from tests.provider.installation import succeeded
from tests.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = airflow_provider_exchange.__name__
EXAMPLES = sorted(EXAMPLES_FOLDER.glob("*.py"))

CONTRACT = {
    "cli.definition": {"get_exchange_cli_commands"},
    "crypto.eddsa": {"public_key", "sign", "verify"},
    "errors": {
        "AuthenticationError",
        "ClockSkewError",
        "ConnectionConfigError",
        "ExchangeError",
        "ExchangeUnavailableError",
        "InvalidOrderRequest",
        "OrderFilledError",
        "OrderNotFoundError",
        "OrderRejectedError",
        "OrdersStillOpenError",
        "PermissionDeniedError",
        "RateLimitedError",
        "UnreadableResponseError",
    },
    "exchanges.loopring": {"sign_request"},
    "hooks.bitopro": {"BitoProHook"},
    "hooks.ccxt": {"CcxtHook"},
    "hooks.exchange": {"ExchangeHook"},
    "hooks.loopring": {"LoopringHook"},
    "hooks.nami": {"NamiHook"},
    "links": {"OrderPageLink"},
    "models": {"CancelReport", "CancelResult", "Order"},
    "notifications.orders": {"CancelAllOrdersNotifier"},
    "operators.orders": {"CancelAllOrdersOperator", "CancelOrderOperator"},
    "retry_policy": {"ExchangeRetryPolicy"},
    "sensors.orders": {"OrderStatusSensor"},
    "triggers.events": {"OrderEventTrigger"},
    "triggers.orders": {"OrderStatusTrigger"},
}
"""Module to the names that users build on."""

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(airflow_provider_exchange.__path__, f"{PACKAGE}.")
    if not module.name.endswith("__main__")
)


@in_turn("name", MODULES)
def test_all_names_what_is_there(name: str) -> None:
    module = import_module(name)
    names = getattr(module, "__all__", [])
    assert len(names) == len(set(names))
    assert [missing for missing in names if not hasattr(module, missing)] == []


@pytest.mark.parametrize("name", CONTRACT)
def test_a_public_module_offers_its_contract_and_hides_no_class(name: str) -> None:
    module = import_module(f"{PACKAGE}.{name}")
    classes = {
        label
        for label, value in vars(module).items()
        if isclass(value) and value.__module__ == module.__name__ and not label.startswith("_")
    }
    assert CONTRACT[name] | classes <= set(module.__all__)


@pytest.fixture(scope="module")
def airflow() -> Iterator[ForkingPython]:
    """A Python with what Airflow loads by itself for a DAG file; Airflow 2 brings an HTTP client."""
    unmeasured = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    first = "from airflow.providers.common.compat.sdk import BaseOperator, BaseSensorOperator, dag, task"
    with forking_python(sys.executable, first, env=unmeasured) as python:
        yield python


LoadedBy = Callable[[str], set[str]]


@pytest.fixture
def loaded_by(airflow: ForkingPython) -> LoadedBy:
    """Return the modules that code loads beyond those of Airflow, in a process of its own."""

    def loaded_by(code: str) -> set[str]:
        asked = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
        return set(succeeded(airflow.run(asked)).stdout.splitlines()[-1].split())

    return loaded_by


def heavy(modules: set[str]) -> set[str]:
    return {
        name
        for name in modules
        if name.partition(".")[0] in {"aiohttp", "ccxt", "requests", "urllib3"}
        or name.startswith(f"{PACKAGE}.crypto")
    }


def test_operators_sensor_and_notifier_load_no_http_client_and_no_curve(loaded_by: LoadedBy) -> None:
    modules = loaded_by(
        f"import {PACKAGE}.operators.orders, {PACKAGE}.sensors.orders, {PACKAGE}.notifications.orders"
    )
    assert f"{PACKAGE}.operators.orders" in modules
    assert heavy(modules) == set()


def test_operators_sensor_and_notifier_load_little_of_the_package(loaded_by: LoadedBy) -> None:
    """Every parse of every DAG file imports them."""
    modules = loaded_by(
        "import " + ", ".join(f"{PACKAGE}.{name}.orders" for name in ("operators", "sensors", "notifications"))
    )
    loaded = {name.removeprefix(f"{PACKAGE}.").removesuffix(".orders") for name in modules if PACKAGE in name}
    # Airflow itself asks for the provider's metadata when it reads its configuration.
    checks = {"arguments", "exchanges", "exchanges.arguments", "one_line", "rendered"}
    allowed = {PACKAGE, "errors", "get_provider_info", "links", "omitted", "side_work", *checks}
    assert loaded - allowed == {"notifications", "operators", "operators.dead_mans_switch", "sensors"}


def test_hooks_and_forms_load_no_ccxt(loaded_by: LoadedBy) -> None:
    """Airflow loads them for its lists of hooks, and before 3.2 for its forms."""
    modules = loaded_by(
        f"""
from airflow.providers_manager import ProvidersManager
from {PACKAGE}.get_provider_info import get_provider_info
from {PACKAGE}.hooks.ccxt import CcxtHook

assert ProvidersManager().hooks["ccxt"]
CcxtHook().get_ui_field_behaviour()
get_provider_info()
"""
    )
    assert f"{PACKAGE}.hooks.ccxt" in modules
    assert "ccxt" not in modules


def test_the_words_of_the_commands_alone_are_loaded_at_every_command(loaded_by: LoadedBy) -> None:
    modules = loaded_by(f"import airflow.cli.cli_config, {PACKAGE}.cli.definition")
    words = {f"{PACKAGE}.cli.{name}" for name in ("definition", "verify")}  # which imports the rest when it runs
    assert words <= modules
    assert modules - loaded_by("import airflow.cli.cli_config") <= {PACKAGE, f"{PACKAGE}.cli", *words}


@pytest.mark.parametrize(
    "example",
    [
        path for path in EXAMPLES if path.stem != "alert_on_failure"
    ],  # the HTTP provider's notifier brings its client
    ids=lambda path: path.stem,
)
def test_a_dag_file_loads_no_http_client_and_no_curve(example: Path, loaded_by: LoadedBy) -> None:
    skip_unless_supported(example.stem)
    modules = loaded_by(f"import runpy; runpy.run_path({str(example)!r})")
    assert any(name.startswith(f"{PACKAGE}.operators") for name in modules)
    assert heavy(modules) == set()


def test_the_search_finds_what_it_looks_for(airflow: ForkingPython, loaded_by: LoadedBy) -> None:
    assert "ccxt" in heavy(loaded_by("import ccxt"))
    modules = loaded_by(f"import {PACKAGE}.driver.asynchronous, {PACKAGE}.driver.blocking, {PACKAGE}.crypto.eddsa")
    assert f"{PACKAGE}.crypto" in heavy(modules)
    by_airflow = set(succeeded(airflow.run("import sys; print(*sys.modules)")).stdout.split())
    assert {"aiohttp", "requests", "urllib3"} <= heavy(modules | by_airflow)
