"""Builds of small packages: all the ways in which two can differ."""

from __future__ import annotations

import re
import zipfile
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest

from release.building import build
from release.refusal import ReleaseError
from tests.release.repositories import URL, VERSION, commit

if TYPE_CHECKING:
    from pathlib import Path

HOOK = """
import os
import pathlib

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        path = pathlib.Path(self.root, "airflow_provider_exchange", "made.py")
        {statement}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def add_hook(repository: Path, statement: str) -> None:
    """Let each build of a wheel run a statement first."""
    (repository / "hatch_build.py").write_text(HOOK.format(statement=statement))
    with (repository / "pyproject.toml").open("a") as pyproject:
        pyproject.write("\n[tool.hatch.build.targets.wheel.hooks.custom]\n")
    commit(repository)


def test_what_is_committed_is_built_and_leads_to_the_project(repository: Path, place: Path) -> None:
    (repository / "airflow_provider_exchange" / "forgotten.py").touch()
    built = build(repository, VERSION, URL, place)
    with zipfile.ZipFile(built.wheel) as archive:
        names = archive.namelist()
        metadata = message_from_bytes(archive.read(f"airflow_provider_exchange-{VERSION}.dist-info/METADATA"))
    assert "airflow_provider_exchange/__init__.py" in names
    assert "airflow_provider_exchange/forgotten.py" not in names
    assert dict(url.split(", ") for url in metadata.get_all("Project-URL", [])) == {
        "Documentation": built.documentation,
        "Source": URL,
        "Changelog": f"{URL}/blob/v1.2.3/CHANGELOG.md",
        "Issues": f"{URL}/issues",
        "Security": f"{URL}/security",
    }
    description = metadata.get_payload()
    assert isinstance(description, str)
    links = re.findall(r"\]\(([^)]*)\)", description)
    assert f"{URL}/blob/v1.2.3/LICENSE" in links
    assert any(link.startswith(f"{URL}/raw/v1.2.3/docs/images/") for link in links)
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.parametrize("source", ["os.environ.get('TZ', '')", "oct(path.stat().st_mode)"])
def test_a_build_that_depends_on_the_machine_is_refused(repository: Path, place: Path, source: str) -> None:
    add_hook(repository, f"path.touch(); path.write_text({source})")
    with pytest.raises(ReleaseError, match=r"\.whl differs from a second build of the same commit"):
        build(repository, VERSION, URL, place)


def test_a_wheel_that_its_source_cannot_build_is_refused(repository: Path, place: Path) -> None:
    pyproject = repository / "pyproject.toml"
    left_out = '[tool.hatch.build.targets.sdist]\nexclude = ["left_out.py"]\n'
    pyproject.write_text(pyproject.read_text().replace("[tool.hatch.build.targets.sdist]\n", left_out))
    (repository / "airflow_provider_exchange" / "left_out.py").touch()
    commit(repository)
    with pytest.raises(ReleaseError, match=r"\.whl differs from the one that is built from the source"):
        build(repository, VERSION, URL, place)
