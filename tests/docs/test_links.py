"""Every link of every page leads somewhere, and every page can be reached. Nothing is asked of the network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.links import MARKDOWN, Link, anchors, links, paths_named
from tests.provider.test_repository import tracked_files

if TYPE_CHECKING:
    from pathlib import Path

INDEX = ROOT / "docs" / "index.md"


def leads_somewhere(link: Link) -> bool:
    """Whether a link within the repository leads to a file, and to a heading if it names one."""
    return link.file.exists() and (not link.anchor or link.anchor in anchors(link.file))


def has_the_shape_of_a_url(link: Link) -> bool:
    """Whether a link out of the repository might lead somewhere."""
    url = urlsplit(link.target)
    return url.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", url.netloc) is not None


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    found = links(page)
    assert [str(link) for link in found if not link.is_external and not leads_somewhere(link)] == []
    assert [str(link) for link in found if link.is_external and not has_the_shape_of_a_url(link)] == []


@pytest.mark.parametrize(
    ("target", "is_good"),
    [
        ("operators.md", True),
        ("operators.md#outcomes", True),
        ("kill-switch.md#cancelallordersoperator-as-teardown", True),
        ("#a-page-that-is-not-there", False),
        ("operators.md#no-such-heading", False),
        ("no-such-page.md", False),
        ("https://airflow.apache.org/docs/", True),
        ("http://airflow.apache.org", False),
        ("https://airflow", False),
        ("https://air flow.apache.org", False),
    ],
)
def test_a_link_that_leads_nowhere_is_found(target: str, is_good: bool) -> None:
    link = Link(INDEX, target)
    assert (has_the_shape_of_a_url(link) if link.is_external else leads_somewhere(link)) is is_good


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_of_the_repository_is_there(page: Path) -> None:
    assert [path for path in paths_named(page) if not (ROOT / path).exists()] == []


def test_no_page_is_left_out() -> None:
    assert [path for path in tracked_files() if path.suffix == ".md" and path not in MARKDOWN] == []


def test_every_page_of_the_site_has_one_place_in_its_contents() -> None:
    trees = [block.text for block in blocks("{toctree}") if block.page == INDEX]
    named = [line for text in trees for line in text.splitlines() if line and not line.startswith(":")]
    assert sorted(named) == sorted(page.stem for page in INDEX.parent.glob("*.md") if page != INDEX)
