"""
Takes the picture of the demonstration in the documentation: ``make pictures``.

It runs the demonstration, and photographs the end of its output as a terminal shows it.
"""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "demo.png"
FIRST_LINE = "venue "
"""The line of the output that the picture begins with starts so."""
STYLE = """
pre { display: inline-block; margin: 0; padding: 14px 18px; background: #1e2430; color: #e6e9ef;
      font: 14px/1.4 "DejaVu Sans Mono", "Liberation Mono", monospace; }
"""


def end_of(output: str) -> str:
    """Return what the picture shows: the command, and its output from the totals on, without the time it took."""
    lines = output.splitlines()
    (first,) = (place for place, line in enumerate(lines) if line.startswith(FIRST_LINE))
    return "\n".join(["$ make demo", "...", *lines[first:-1]])


def page_of(text: str) -> str:
    """Return the page that is photographed."""
    return f"<style>{STYLE}</style><pre>{html.escape(text)}</pre>"


def main() -> int:
    """Run the demonstration and take the picture."""
    from tests.live.browser.chromium import install_chromium, open_page  # its playwright is in a group of its own

    install_chromium()
    done = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stdout, "The demonstration failed; the picture stays as it is.", sep="\n")
        return done.returncode
    with open_page() as page:
        page.set_content(page_of(end_of(done.stdout)))
        page.locator("pre").screenshot(path=PICTURE)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
