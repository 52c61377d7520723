"""
A private Airflow for the tests: its home is set before anything imports Airflow, and gone afterwards.

``airflow_home`` gives it a database, for the tests that run DAGs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

HOME = Path(tempfile.mkdtemp(prefix="exchange-tests-"))

for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
}


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """The home of the tests' Airflow, whose database is ready."""
    (HOME / "dags").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Airflow's dependencies think of each other, as they are imported
        import airflow.api_fastapi.execution_api.app  # noqa: F401
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.utils.db import initdb

    initdb()
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    return HOME
