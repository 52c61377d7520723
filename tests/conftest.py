"""
A private Airflow for the tests: its home is set before anything imports Airflow, and gone afterwards.

``airflow_home`` gives it a database, for the tests that run DAGs.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from airflow_provider_exchange.errors import ExchangeError
from tests.wording import bad_seams

if TYPE_CHECKING:
    from collections.abc import Iterator

# Most laws hold for a dozen exchanges and more, each of which gets so many examples, others in each run.
settings.register_profile("each run", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile("each run")

HOME = Path(tempfile.mkdtemp(prefix="exchange-tests-"))

for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",  # or Airflow 2 warns of itself
}

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Airflow and its dependencies think of each other, as they are loaded
    from airflow.models import import_all_models
    from airflow.providers.common.compat.sdk import dag, task  # noqa: F401
    from sqlalchemy.orm import configure_mappers

    # Before 3.2 a connection is made by the database's mapper, even one from the environment.
    import_all_models()  # type: ignore[no-untyped-call]
    configure_mappers()


MEASURED = 4
"""Of so many cases of a test, coverage looks at one: under its trace a case takes more than twice the time."""

LONG = ("tests/chaos/test_state_machine.py", "tests/demo/", "tests/provider/test_connections.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Let coverage look at each test, and at some of the cases of those that have many; all of them run.

    Long ones come first: a worker that begins one at the end keeps all others waiting for it.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    seen: Counter[str] = Counter()
    for item in items:
        function = item.nodeid.partition("[")[0]
        if seen[function] and zlib.crc32(item.nodeid.encode()) % MEASURED:
            item.add_marker("no_cover")
        seen[function] += 1


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


def maskers() -> list[Any]:
    """Airflow's masks of secrets: some versions have one for tasks and one for all else."""
    modules = [module for name, module in sys.modules.copy().items() if name.endswith("secrets_masker")]
    return [module._secrets_masker() for module in modules if hasattr(module, "_secrets_masker")]


def forget_secrets() -> None:
    """Make the masks as new: with each secret that they are told of, they search for all of them anew."""
    for masker in maskers():
        masker.patterns, masker.replacer = set(), None


@pytest.fixture(autouse=True)
def secrets_of_others() -> Iterator[None]:
    """Let no test know the secrets of those before it, which nobody wants masked and which make it slow."""
    before = [(masker, set(masker.patterns), masker.replacer) for masker in maskers()]
    yield
    for masker, patterns, replacer in before:
        masker.patterns, masker.replacer = patterns, replacer


@pytest.fixture(autouse=True)
def well_worded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look at the text of every error of this package that the test makes, unless Hypothesis makes up its words."""
    if getattr(request.node.obj, "is_hypothesis_test", False):
        yield
        return
    bad: list[str] = []
    make = ExchangeError.__init__

    def noting(error: ExchangeError, message: str, **context: Any) -> None:
        make(error, message, **context)
        bad.extend(bad_seams(ExchangeError.__str__(error)))

    monkeypatch.setattr(ExchangeError, "__init__", noting)
    yield
    assert bad == []


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """The home of the tests' Airflow, whose database is ready."""
    (HOME / "dags").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.utils.db import initdb

        initdb()
        if find_spec("airflow.sdk") is not None:
            import airflow.api_fastapi.execution_api.app  # noqa: F401
            from airflow.dag_processing.bundles.manager import DagBundlesManager
            from airflow.sdk.execution_time import supervisor

            DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
            # One API for all tasks, as Airflow 3.3 does by itself; older ones take seconds to make one for each.
            supervisor.in_process_api_server = cache(supervisor.in_process_api_server)
    return HOME
