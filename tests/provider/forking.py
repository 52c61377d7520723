"""
Runs programs in forks of a Python that has loaded Airflow already: to load it anew takes seconds each time.

Each program is a process of its own, with its own arguments, output and exit code.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ForkingPython", "forking_python"]

PARENT = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what is loaded may print: Airflow 2 logs to its standard output
exec(sys.argv[1], {})
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)
else:
    sys.exit()
# Only a child gets here, and it ends as a program does: with what it raises, and with its exit handlers.
for number, path in enumerate([os.devnull, asked["out"], asked["err"]]):
    os.dup2(os.open(path, os.O_RDWR), number)
sys.argv = asked["argv"] or [""]
exec(asked["code"], {"__name__": "__main__"})
"""


class ForkingPython:
    """
    A Python that waits for programs to run.

    :param process: that runs :data:`PARENT`.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, code: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """
        Run a program to its end.

        :param code: the program.
        :param argv: what it finds in ``sys.argv``.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
            asked = {"code": code, "argv": argv, "out": out.name, "err": err.name}
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
            assert answer, "the Python that forks has ended"
            return subprocess.CompletedProcess(argv, int(answer), out.read(), err.read())


@contextmanager
def forking_python(python: str | Path, first: str, **kwargs: Any) -> Iterator[ForkingPython]:
    """
    Start a Python.

    :param python: the path of the interpreter.
    :param first: code that it runs before it forks, to load what every program needs.
    :param kwargs: of its process, such as ``env`` and ``cwd``.
    """
    command = [str(python), "-c", PARENT, first]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **kwargs) as process:
        yield ForkingPython(process)  # which ends when its input does
