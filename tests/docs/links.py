"""Links of the Markdown files of the repository, and anchors of their headings as GitHub and Sphinx make them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from tests.docs.blocks import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

__all__ = ["MARKDOWN", "Link", "anchors", "links", "paths_named"]

MARKDOWN = sorted([*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md"), *ROOT.glob("docs/**/*.md")])
"""Every file of the repository that is written in Markdown."""
FOLDERS = "airflow_provider_exchange|benchmarks|constraints|dags_examples|demo|docs|tests"
PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*")


@dataclass(frozen=True)
class Link:
    """
    A link or a picture.

    :param page: where it stands.
    :param target: what it leads to, as it is written there.
    """

    page: Path
    target: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.target}"

    @property
    def is_external(self) -> bool:
        """Whether it leads out of the repository."""
        return "://" in self.target or self.target.startswith("mailto:")

    @property
    def file(self) -> Path:
        """The file that it leads to, within the repository."""
        path = self.target.partition("#")[0]
        return (self.page.parent / path).resolve() if path else self.page

    @property
    def anchor(self) -> str:
        """The part of that file; empty for its beginning."""
        return self.target.partition("#")[2]


def links(page: Path) -> list[Link]:
    """Every link and picture of a page."""
    targets = (token.attrGet("href") or token.attrGet("src") for token in _inline(page))
    return [Link(page, str(target)) for target in targets if target is not None]


def paths_named(page: Path) -> list[str]:
    """The files and folders of the repository that a page names as code."""
    return [
        token.content for token in _inline(page) if token.type == "code_inline" and PATH.fullmatch(token.content)
    ]


@cache
def anchors(page: Path) -> frozenset[str]:
    """Of every heading of a page, what a link calls it. A repeated one has a number."""
    met: Counter[str] = Counter()
    found = []
    tokens = _tokens(page)
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(each.content for each in heading.children or ())
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            found.append(f"{slug}-{met[slug]}" if met[slug] else slug)
            met[slug] += 1
    return frozenset(found)


def _inline(page: Path) -> Iterator[Token]:
    for token in _tokens(page):
        yield from token.children or ()


@cache
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text())
