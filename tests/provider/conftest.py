from __future__ import annotations

import sys
import sysconfig
import venv
from typing import TYPE_CHECKING

import pytest

from tests.provider.forking import forking_python
from tests.provider.installation import LOAD_AIRFLOW, ROOT, Installation, private_environment, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", built, cwd=ROOT)
    (path,) = built.iterdir()
    return path


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
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
    with forking_python(python, LOAD_AIRFLOW, env=private_environment(home), cwd=home) as forking:
        installed = Installation(python, forking, home)
        installed.airflow("db", "migrate")
        yield installed
