"""
Types docs/first-day.md into a shell, in a fresh clone, and holds it to what it says: ``make first-day``.

Each command has to succeed, and each line that the page shows has to be printed. As a whole it installs everything
anew and runs all tests. With ``SLICE=1``, make is only asked whether it has these targets, and what is installed
already is used.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import create_server

from tests.docs.blocks import ROOT, blocks
from tests.live.verdict import insist, say

PAGE = ROOT / "docs" / "first-day.md"
PORTS = ("8700", "8701")
"""Where the page has the paper exchange and the webhook."""
PRELUDE = "set -eu -o pipefail; trap 'kill $(jobs -p) 2> /dev/null' EXIT"
"""What runs in the background would keep the output open after a command that failed."""
ONLY_LOOK_UP = 'make() { grep -q "^$1:" Makefile; }'


def free_ports(number: int) -> list[str]:
    """Return ports of the loopback address that nothing listens on."""
    with ExitStack() as held:
        servers = [held.enter_context(create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [str(server.getsockname()[1]) for server in servers]


def play(steps: list[tuple[str, str]], clone: Path, *, sliced: bool) -> list[str]:
    """
    Type commands into one shell, and pass on what they print.

    :param steps: each command with what it is said to print.
    :param clone: where.
    :param sliced: whether to use what is installed already.
    :return: what was not as said, a line each.
    """
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "MAKE"))}
    prelude = PRELUDE
    if sliced:
        prelude += f"; {ONLY_LOOK_UP}"
        (clone / ".venv").symlink_to(sys.prefix)
        environment["PYTHONPATH"] = str(clone)
    typed = "".join(f"printf '%s\\n' {number}:typed\n{command}" for number, (command, _) in enumerate(steps))
    with subprocess.Popen(
        ("bash", "-c", f"{prelude}\n{typed}"),
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as shell:
        assert shell.stdout is not None
        printed, typing = [], -1
        try:
            for line in shell.stdout:
                if (marked := re.search(r"(\d+):typed$", line.rstrip("\n"))) is None:
                    printed.append(_squeezed(line))
                    say(line.rstrip("\n"))
                else:
                    printed.append(_squeezed(line[: marked.start()]))
                    typing = int(marked[1])
                    say(f"$ {steps[typing][0].rstrip()}")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    if shell.returncode:
        return [f"with exit code {shell.returncode}: {steps[typing][0].rstrip()}"]
    said = [line for _, shown in steps for line in shown.splitlines() if line]
    return [f"never printed: {line}" for line in said if not any(_squeezed(line) in each for each in printed)]


def _squeezed(line: str) -> str:
    """Return a line as it is told in the page, which is narrower than a table."""
    return " ".join(line.split())


def main() -> None:
    """Play the page."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m tests.live.first_day")
    parser.add_argument("--slice", action="store_true", help="install nothing, and run no tests but the page's own")
    sliced = parser.parse_args().slice
    steps = [step for block in blocks("console") if block.page == PAGE for step in block.session]
    for told, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        steps = [(command.replace(told, free), shown.replace(told, free)) for command, shown in steps]
    with tempfile.TemporaryDirectory(prefix="exchange-first-day-") as folder:
        clone = Path(folder, "clone")
        subprocess.run(("git", "clone", "--quiet", str(ROOT), str(clone)), check=True)
        insist(play(steps, clone, sliced=sliced))
    say(f"{len(steps)} commands of {PAGE.name} did what it says")


if __name__ == "__main__":
    main()
