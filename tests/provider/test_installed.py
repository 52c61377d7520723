"""The wheel, installed as a user would, shows up in Airflow's own commands."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from email import message_from_bytes
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

from airflow_provider_exchange import __version__
from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES
from airflow_provider_exchange.get_provider_info import VENUES
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.dags.runs import EXAMPLES, skip_unless_supported
from tests.exchanges.evidence import EVIDENCE
from tests.provider.installation import ROOT, Installation, run

DISTRIBUTION = "airflow-provider-exchange"
PACKAGE = "airflow_provider_exchange"


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
    assert [name for name in names if re.search(r"(^|/)(tests?/|test_|conftest)", name)] == []


def test_the_wheel_says_its_licence_and_names_no_host_that_nobody_gave(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = message_from_bytes(archive.read(f"{PACKAGE}-{__version__}.dist-info/METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Project-URL"] is None


def test_the_source_distribution_holds_what_is_needed_to_test_and_to_build_the_same(
    wheel: Path, tmp_path: Path
) -> None:
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path, cwd=ROOT)
    (archive,) = tmp_path.iterdir()
    run("tar", "-xzf", archive, "-C", tmp_path)
    tree = tmp_path / f"airflow_provider_exchange-{__version__}"
    assert {
        *(
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "LICENSE",
            "Makefile",
            "PKG-INFO",
            "README.md",
            "constraints.txt",
            "pyproject.toml",
        ),
        *("airflow_provider_exchange", "benchmarks", "constraints", "dags_examples", "demo", "docs", "release"),
        "tests",
    } <= {path.name for path in tree.iterdir()}
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "dist", cwd=tree)
    assert (tmp_path / "dist" / wheel.name).read_bytes() == wheel.read_bytes()


def test_it_is_the_wheel_that_runs(installation: Installation) -> None:
    printed = installation.execute("import airflow_provider_exchange as p; print(p.__file__)").stdout
    assert Path(printed.strip()).is_relative_to(installation.home)


def test_airflow_lists_the_provider(installation: Installation) -> None:
    providers = {row["package_name"]: row for row in installation.table("airflow", "providers", "list")}
    assert providers[DISTRIBUTION]["version"] == __version__


def test_airflow_lists_the_hooks(installation: Installation) -> None:
    hooks = [
        row for row in installation.table("airflow", "providers", "hooks") if row["package_name"] == DISTRIBUTION
    ]
    assert {row["connection_type"]: row["hook_name"] for row in hooks} == {
        conn_type: venue.title for conn_type, venue in VENUES.items()
    }
    assert {row["conn_id_attribute_name"] for row in hooks} == {"exchange_conn_id"}
    assert {row["class"].rpartition(".")[2] for row in hooks} == {
        venue.hook.rpartition(".")[2] for venue in VENUES.values()
    }


@pytest.mark.parametrize(
    ("kind", "column", "names"),
    [
        ("links", "extra_link_class_name", {"links.OrderPageLink"}),
        ("notifications", "notification_class_name", {"notifications.orders.CancelAllOrdersNotifier"}),
        ("triggers", "class", {"triggers.events", "triggers.orders"}),
    ],
)
def test_airflow_lists_every_other_part(
    installation: Installation, kind: str, column: str, names: set[str]
) -> None:
    listed = {row[column] for row in installation.table("airflow", "providers", kind)}
    assert {name for name in listed if name.startswith(PACKAGE)} == {f"{PACKAGE}.{name}" for name in names}


def test_airflow_tells_of_the_provider_among_its_info(installation: Installation) -> None:
    assert re.search(rf"{DISTRIBUTION} *\| {re.escape(__version__)}", installation.airflow("info"))


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_a_dag_file_earns_no_warning(installation: Installation, example: Path) -> None:
    skip_unless_supported(example.stem)
    done = installation.execute(f"import runpy; runpy.run_path({str(example)!r}, run_name='__main__')")
    named = [line for line in (done.stdout + done.stderr).splitlines() if PACKAGE in line or example.name in line]
    assert named == []


@pytest.mark.parametrize("conn_type", EXCHANGES)
def test_a_connection_can_be_added_and_read(installation: Installation, conn_type: str) -> None:
    evidence = EVIDENCE.get(conn_type)
    extra = {
        **(
            evidence.facts["connection"]["extra"] if evidence else {"exchange": "okx", "passphrase": "not-for-show"}
        ),
        "proxy": "http://user:not-for-the-screen@proxy.example:3128",
    }
    added = installation.airflow(
        *("connections", "add", f"my_{conn_type}", "--conn-type", conn_type, "--conn-login", "the-key"),
        *("--conn-password", "the-secret-of-the-key", "--conn-extra", json.dumps(extra)),
    )
    assert "Successfully added" in added
    assert "the-secret-of-the-key" not in added
    assert "not-for" not in added

    (row,) = installation.table("airflow", "connections", "get", f"my_{conn_type}")
    assert (row["conn_type"], row["login"], row["extra_dejson"]) == (conn_type, "the-key", extra)


@pytest.mark.skipif(
    find_spec("airflow.api_fastapi") is None,
    reason="Airflow 2 makes its forms in the web server; see test_forms.py",
)
def test_the_connection_form_is_what_was_declared(installation: Installation) -> None:
    code = """
import json
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
forms = {form.connection_type: form.model_dump(mode="json") for form in HookMetaService.hook_meta_data()}
print(json.dumps(forms))
"""
    forms = json.loads(installation.execute(code).stdout.splitlines()[-1])
    if all(form["extra_fields"] is None for form in forms.values()):
        assert find_spec("flask_appbuilder") is None
        pytest.skip("this Airflow makes no forms without Flask-AppBuilder")
    for conn_type, secret in {
        "nami": "API secret",
        "bitopro": "API secret",
        "loopring": "EdDSA private key",
        "ccxt": "API secret",
    }.items():
        standard = forms[conn_type]["standard_fields"]
        assert (standard["login"]["title"], standard["password"]["title"]) == ("API key", secret)
        assert standard["host"]["placeholder"].startswith("the exchange's" if conn_type == "ccxt" else "https://")
        for field in ("login", "password"):
            assert standard[field]["placeholder"].startswith("required")
        assert standard["url_schema"]["hidden"]
    assert forms["nami"]["extra_fields"]["batch_signing"]["value"] == "url_search_params"
    assert forms["bitopro"]["extra_fields"]["identity"]["schema"]["title"] == "Identity"
    assert forms["loopring"]["extra_fields"]["account_id"]["schema"]["title"] == "Account ID"
    assert forms["loopring"]["extra_fields"]["proxy"]["schema"]["format"] == "password"
    assert forms["ccxt"]["extra_fields"]["private_key"]["schema"]["format"] == "password"
    if AIRFLOW_V_3_2_PLUS:  # earlier forms are made of widgets, which suggest nothing
        offered = forms["ccxt"]["extra_fields"]["exchange"]["schema"]["examples"]
        assert offered == list(PROFILES)


OWN = ("airflow_provider_exchange",)
OF_AIRFLOW = pytest.param(
    ("airflow", "exchange"),
    marks=pytest.mark.skipif(
        '"cli"' not in resources.files("airflow").joinpath("provider_info.schema.json").read_text(),
        reason="this Airflow takes no commands from providers",
    ),
)
each_program = pytest.mark.parametrize("program", [OWN, OF_AIRFLOW], ids=" ".join)


@each_program
def test_the_exchange_commands_find_a_connection_in_the_database(
    installation: Installation, program: tuple[str, ...]
) -> None:
    with running_sandbox() as sandbox:
        order_id = sandbox.place("bitopro", "btc_usdt").order_id
        made = json.dumps(sandbox.connection("bitopro"))
        conn_id = f"paper_of_{len(program)}"  # an id that is not taken for a complaint of the package
        installation.airflow("connections", "add", conn_id, "--conn-json", made)
        (row,) = installation.table(*program, "orders", "--conn-id", conn_id)
        assert (row["order_id"], row["state"]) == (order_id, "open")
        (row,) = installation.table(*program, "cancel-all", "--conn-id", conn_id, "--yes")
        assert (row["order_id"], row["outcome"]) == (order_id, "cancelled")
        assert sandbox.live("bitopro") == []


@each_program
def test_an_exchange_command_that_fails_says_so_by_its_exit_code(
    installation: Installation, program: tuple[str, ...]
) -> None:
    with pytest.raises(AssertionError, match="there is no connection 'never_made'"):
        installation.command(*program, "cancel-all", "--conn-id", "never_made", "--yes")
