from __future__ import annotations

import sys
import sysconfig
import venv
from typing import TYPE_CHECKING

import pytest

from tests.once import made_once
from tests.provider.forking import forking_python
from tests.provider.installation import (
    LOAD_AIRFLOW,
    ROOT,
    Installation,
    assert_no_complaint,
    private_environment,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def build(folder: Path) -> None:
        run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)

    (path,) = made_once(tmp_path_factory, "dist", build).iterdir()
    return path


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    def install(home: Path) -> None:
        venv.create(home / "venv", with_pip=False, symlinks=True)
        run(
            *(sys.executable, "-m", "pip", "--python", python_in(home), "install", "--disable-pip-version-check"),
            *("--no-deps", "--no-index", wheel),
        )
        # Airflow comes from the environment of the tests. A path line does not run that environment's own path
        # files: an editable install of the checkout stays out of sight.
        (site_packages,) = (home / "venv").glob("lib/python*/site-packages")
        (site_packages / "airflow.pth").write_text(sysconfig.get_path("purelib"))
        command = (python_in(home), "-m", "airflow", "db", "migrate")
        assert_no_complaint(run(*command, env=private_environment(home), cwd=home))

    home = made_once(tmp_path_factory, "installation", install)
    with forking_python(python_in(home), LOAD_AIRFLOW, env=private_environment(home), cwd=home) as forking:
        yield Installation(python_in(home), forking, home)


def python_in(home: Path) -> Path:
    return home / "venv" / "bin" / "python"
