"""
Writes the picture in ``ARCHITECTURE.md``: the rooms of the package, and which of them imports which.

``make architecture`` runs it, and a test holds the page to it.
"""

from __future__ import annotations

from pathlib import Path

from tests.provider.test_layers import FLOORS, PACKAGE, ROOT, graph

PAGE = Path(__file__).parents[2] / "ARCHITECTURE.md"
BEGIN, END = "```mermaid\n", "```\n"


def arrows() -> dict[str, set[str]]:
    """Return which room imports which others, of the folders."""
    found: dict[str, set[str]] = {room: set() for room in rooms()}
    for name, imported in graph().items():
        room = name.partition(".")[0]
        if room in found:
            found[room] |= {other.partition(".")[0] for other in imported} & (found.keys() - {room})
    return found


def rooms() -> list[str]:
    """Return the folders, from the top down."""
    return [room for floor in reversed(FLOORS) for room in sorted(floor) if (ROOT / room).is_dir()]


def direct(of: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Return the arrows without those that follow from others."""

    def reached(room: str) -> set[str]:
        return {each for other in of[room] for each in {other, *reached(other)}}

    return [
        (room, other)
        for room in of
        for other in sorted(of[room])
        if not any(other in reached(between) for between in of[room])
    ]


def picture() -> str:
    """Return the picture, as a graph in Mermaid's language."""
    lines = [f"    {room}[{room}/]" for room in rooms()]
    lines += [f"    {room} --> {other}" for room, other in direct(arrows())]
    return "\n".join([f"%% {PACKAGE}: an arrow leads to what is imported", "graph TD", *lines, ""])


def page() -> str:
    """Return the page with the picture as it is today."""
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}{picture()}{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(page())
