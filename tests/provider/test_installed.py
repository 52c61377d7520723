"""The wheel, installed as a user would, shows up in Airflow's own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_exchange import __version__
from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.sandbox.testing import running_sandbox

ROOT = Path(__file__).parents[2]
DISTRIBUTION = "airflow-provider-exchange"

CONNECTIONS: dict[str, dict[str, Any]] = {
    "nami": {"batch_signing": "json"},
    "bitopro": {"identity": "trader@example.com", "proxy": "http://user:not-for-the-screen@proxy.example:3128"},
    "loopring": {"account_id": "10005"},
}


def run(*arguments: str | Path, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(argument) for argument in arguments], capture_output=True, text=True, check=False, **kwargs
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@dataclass(frozen=True)
class Installation:
    """A virtual environment that holds the wheel, and Airflow with a home of its own."""

    python: Path
    home: Path

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
        private = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "COLUMNS": "200",
            "PYTHONWARNINGS": "default",
        }
        return run(self.python, *arguments, env=inherited | private, cwd=self.home)

    def airflow(self, *arguments: str) -> str:
        """Return what a command prints, after a look at what it complains of."""
        done = self.execute("-m", "airflow", *arguments)
        complaints = [line for line in done.stderr.splitlines() if "airflow_provider_exchange" in line]
        assert complaints == [], done.stderr
        return done.stdout

    def table(self, *arguments: str) -> list[dict[str, Any]]:
        """Return a table that a command prints as JSON, whatever is logged before it."""
        printed = self.airflow(*arguments, "--output", "json")
        rows: list[dict[str, Any]] = json.loads(printed.strip().splitlines()[-1])
        return rows


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", built, cwd=ROOT)
    (path,) = built.iterdir()
    return path


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("installation")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = home / "venv" / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--disable-pip-version-check"),
        *("--no-deps", "--no-index", wheel),
    )
    # Airflow comes from the environment of the tests. A path line does not run that environment's own path files:
    # an editable install of the checkout stays out of sight.
    (site_packages,) = (home / "venv").glob("lib/python*/site-packages")
    (site_packages / "airflow.pth").write_text(sysconfig.get_path("purelib"))
    installed = Installation(python, home)
    installed.airflow("db", "migrate")
    return installed


def test_the_wheel_holds_types_licence_and_entry_point_and_only_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"airflow_provider_exchange-{__version__}.dist-info"
    assert {
        "airflow_provider_exchange/py.typed",
        f"{info}/entry_points.txt",
        f"{info}/licenses/LICENSE",
    } <= names
    assert {name.partition("/")[0] for name in names} == {"airflow_provider_exchange", info}


def test_the_source_distribution_holds_what_is_needed_to_build_and_test(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path, cwd=ROOT)
    (archive,) = tmp_path.iterdir()
    run("tar", "-xzf", archive, "-C", tmp_path)
    tree = tmp_path / f"airflow_provider_exchange-{__version__}"
    assert {
        *("CHANGELOG.md", "LICENSE", "Makefile", "PKG-INFO", "README.md", "constraints.txt", "pyproject.toml"),
        *("airflow_provider_exchange", "dags_examples", "tests"),
    } <= {path.name for path in tree.iterdir()}
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "dist", cwd=tree)


def test_it_is_the_wheel_that_runs(installation: Installation) -> None:
    printed = installation.execute("-c", "import airflow_provider_exchange as p; print(p.__file__)").stdout
    assert Path(printed.strip()).is_relative_to(installation.home)


def test_airflow_lists_the_provider(installation: Installation) -> None:
    providers = {row["package_name"]: row for row in installation.table("providers", "list")}
    assert providers[DISTRIBUTION]["version"] == __version__


def test_airflow_lists_the_hooks(installation: Installation) -> None:
    hooks = [row for row in installation.table("providers", "hooks") if row["package_name"] == DISTRIBUTION]
    assert {row["connection_type"]: row["hook_name"] for row in hooks} == EXCHANGES
    assert {row["conn_id_attribute_name"] for row in hooks} == {"exchange_conn_id"}
    assert {row["class"].rpartition(".")[2] for row in hooks} == {f"{name}Hook" for name in EXCHANGES.values()}


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_a_connection_can_be_added_and_read(installation: Installation, conn_type: str) -> None:
    extra = CONNECTIONS[conn_type]
    added = installation.airflow(
        *("connections", "add", f"my_{conn_type}", "--conn-type", conn_type, "--conn-login", "the-key"),
        *("--conn-password", "the-secret-of-the-key", "--conn-extra", json.dumps(extra)),
    )
    assert "Successfully added" in added
    assert "the-secret-of-the-key" not in added
    assert "not-for-the-screen" not in added

    (row,) = installation.table("connections", "get", f"my_{conn_type}")
    assert (row["conn_type"], row["login"], row["extra_dejson"]) == (conn_type, "the-key", extra)


def test_the_connection_form_is_what_was_declared(installation: Installation) -> None:
    code = """
import json
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
forms = {form.connection_type: form.model_dump(mode="json") for form in HookMetaService.hook_meta_data()}
print(json.dumps(forms))
"""
    forms = json.loads(installation.execute("-c", code).stdout.splitlines()[-1])
    for conn_type, secret in {
        "nami": "API secret",
        "bitopro": "API secret",
        "loopring": "EdDSA private key",
    }.items():
        standard = forms[conn_type]["standard_fields"]
        assert (standard["login"]["title"], standard["password"]["title"]) == ("API key", secret)
        assert standard["host"]["placeholder"].startswith("https://")
        for field in ("login", "password"):
            assert standard[field]["placeholder"].startswith("required")
        assert standard["url_schema"]["hidden"]
    assert forms["nami"]["extra_fields"]["batch_signing"]["value"] == "url_search_params"
    assert forms["bitopro"]["extra_fields"]["identity"]["schema"]["title"] == "Identity"
    assert forms["loopring"]["extra_fields"]["account_id"]["schema"]["type"] == "string"
    assert forms["loopring"]["extra_fields"]["proxy"]["schema"]["format"] == "password"


takes_commands = pytest.mark.skipif(
    '"cli"' not in resources.files("airflow").joinpath("provider_info.schema.json").read_text(),
    reason="this Airflow takes no commands from providers",
)


@takes_commands
def test_the_exchange_commands_find_a_connection_in_the_database(installation: Installation) -> None:
    with running_sandbox() as sandbox:
        order_id = sandbox.place("bitopro", "btc_usdt").order_id
        made = json.dumps(sandbox.connection("bitopro"))
        installation.airflow("connections", "add", "paper", "--conn-json", made)
        (row,) = installation.table("exchange", "orders", "--conn-id", "paper")
        assert (row["order_id"], row["state"]) == (order_id, "open")
        (row,) = installation.table("exchange", "cancel-all", "--conn-id", "paper", "--yes")
        assert (row["order_id"], row["outcome"]) == (order_id, "cancelled")
        assert sandbox.live("bitopro") == []


@takes_commands
def test_an_exchange_command_that_fails_says_so_by_its_exit_code(installation: Installation) -> None:
    with pytest.raises(AssertionError, match="there is no connection 'never_made'"):
        installation.airflow("exchange", "cancel-all", "--conn-id", "never_made", "--yes")
