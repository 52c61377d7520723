"""What a release is refused for, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from release.ready import check_ready
from release.refusal import ReleaseError
from tests.release.repositories import CHANGELOG, URL, VERSION

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_ready_is_not_refused(repository: Path) -> None:
    check_ready(repository, VERSION, URL)


@pytest.mark.parametrize("name", ["README.md", "airflow_provider_exchange/forgotten.py"])
def test_a_tree_that_is_not_as_committed_is_refused(repository: Path, name: str) -> None:
    (repository / name).write_text("not committed")
    with pytest.raises(ReleaseError, match=f"not as in the last commit, {name} among them; commit them"):
        check_ready(repository, VERSION, URL)


def test_what_git_ignores_is_no_change(repository: Path) -> None:
    (repository / "dist").mkdir()
    (repository / "dist" / "old.whl").touch()
    check_ready(repository, VERSION, URL)


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("", "no version was named; say VERSION=1.2.3"),
        ("1.2.x", "'1.2.x' is no version by PEP 440"),
        ("v1.2.3", "'v1.2.3' is not how PEP 440 writes a version to be published; say 1.2.3"),
        ("1.2.3-rc1", "say 1.2.3rc1"),
        ("1.2.3+mine", "say 1.2.3"),
        ("1.2.4", "the version in airflow_provider_exchange/__init__.py is 1.2.3, not 1.2.4"),
    ],
)
def test_a_version_that_is_not_the_packages_is_refused(repository: Path, version: str, why: str) -> None:
    with pytest.raises(ReleaseError) as refused:
        check_ready(repository, version, URL)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "say PROJECT_URL=https://github.com/org/name"),
        *[
            (url, "PROJECT_URL is not a repository's address")
            for url in (
                "http://host.example/org/name",
                "https://host.example",
                f"{URL}/",
                f"{URL}.git?ref=main",
                "https://user:secret@host.example/org/name",
                f'{URL}"\nSource = "x',
            )
        ],
    ],
)
def test_an_address_that_leads_nowhere_is_refused(repository: Path, url: str, why: str) -> None:
    with pytest.raises(ReleaseError) as refused:
        check_ready(repository, VERSION, url)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("changelog", "why"),
    [
        (CHANGELOG.replace("- 2026-02-28", ""), "has no section '## [1.2.3] - YYYY-MM-DD'; write one"),
        (CHANGELOG.replace("02-28", "02-30"), "has no section"),
        (CHANGELOG.replace("2026-02-28", "20260228"), "has no section"),
        (CHANGELOG.replace("[1.2.3]", "[1.2.30]"), "has no section"),
        ("# Changelog\n", "has no section"),
        (
            CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n### Added\n\n- A thing.\n"),
            "has entries under Unreleased; move them to a section '## [1.2.3] - YYYY-MM-DD'",
        ),
    ],
)
def test_a_changelog_that_does_not_tell_of_the_version_is_refused(
    repository: Path, changelog: str, why: str
) -> None:
    (repository / "CHANGELOG.md").write_text(changelog)
    with pytest.raises(ReleaseError) as refused:
        check_ready(repository, VERSION, URL)
    assert why in str(refused.value)


def test_a_folder_that_is_no_checkout_is_refused_in_gits_words(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / ".git").rename(repository / "elsewhere")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    with pytest.raises(ReleaseError, match="not a git repository"):
        check_ready(repository, VERSION, URL)
