"""The code blocks of README.md and docs/*.md, as a reader would copy them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from airflow import __version__ as airflow_version
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FILLED, OPEN = "12234566", "12234567"
"""Ids by which the pages speak of an order at BitoPro that has traded, and of one that has not."""

FENCE = re.compile(
    r"^(<!-- needs Airflow (?P<needs>[0-9.]+) -->\n)?"
    r"^(?P<fence>```+|~~~+)(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """
    One fenced block.

    :param page: where it stands.
    :param line: of its first line of text.
    :param language: what follows the fence.
    :param text: what it holds.
    :param needs: the Airflow version below which it does not hold, as a comment above it says.
    """

    page: Path
    line: int
    language: str
    text: str
    needs: str | None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def require_airflow(self) -> None:
        """Skip the test where Airflow is older than the block wants it."""
        if self.needs is not None and Version(airflow_version).release < Version(self.needs).release:
            pytest.skip(f"{self} needs Airflow {self.needs}; this is {airflow_version}")

    @property
    def is_part_of_a_session(self) -> bool:
        """Whether it goes on where another block of its page has ended; a rehearsal plays such pages."""
        return self.page.read_text().startswith("<!-- one session -->")

    @property
    def is_directive(self) -> bool:
        """Whether it is an instruction to Sphinx, which obeys it when the site is built."""
        return self.language.startswith("{")

    @property
    def is_dag(self) -> bool:
        """Whether it is a DAG file."""
        return "DAG(" in self.text or "@dag" in self.text

    @property
    def script(self) -> str:
        """The commands alone: of a console, what follows the prompt."""
        return self.text if self.language == "bash" else "".join(command for command, _ in self.session)

    @property
    def session(self) -> list[tuple[str, str]]:
        """The commands of a console, each with what it is said to print."""
        steps: list[tuple[str, str]] = []
        continues = False
        for line in self.text.splitlines(keepends=True):
            if line.startswith("$ "):
                steps.append((line[2:], ""))
            elif continues:
                steps[-1] = (steps[-1][0] + line, "")
            else:
                steps[-1] = (steps[-1][0], steps[-1][1] + line)
                continue
            continues = _continues(steps[-1][0])
        return steps


def _continues(command: str) -> bool:
    document = re.search(r"<<'(\w+)'", command)
    if document is not None:
        return f"\n{document[1]}\n" not in command
    return command.endswith("\\\n") or command.count("'") % 2 == 1


def blocks(*languages: str) -> list[Block]:
    """Every block of these languages; of all without any."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start("fence")) + 2
            found.append(Block(page, line, match["language"].strip(), match["text"], match["needs"]))
    return [block for block in found if not languages or block.language in languages]


def standalone_blocks(*languages: str) -> list[Block]:
    """Those of these languages that do what they say by themselves."""
    return [block for block in blocks(*languages) if not block.is_part_of_a_session]
