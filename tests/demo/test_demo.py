from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import pytest

from airflow_provider_exchange.sandbox.accounts import Accounts
from tests.accounts import CLEANED_UP, VENUES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECRETS = [
    Accounts()["nami"].secret,
    Accounts()["bitopro"].secret,
    Accounts()["loopring"].private_key.removeprefix("0x"),
    str(int(Accounts()["loopring"].private_key, 16)),
    Accounts()["binance"].secret,
    *(Accounts()[venue].key for venue in {*VENUES, *CLEANED_UP}),
]


TERMINAL = 100
"""Columns of a terminal in which no line is folded."""


class Demo:
    """The demonstration as a process, with a temporary directory of its own to look into afterwards."""

    def __init__(self, temporary: Path) -> None:
        self.temporary = temporary / "temporary"
        self.temporary.mkdir()
        self._log = temporary / "log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demo", "--log", str(self._log)],
            cwd=ROOT,
            env={
                # Measuring coverage would slow Airflow down threefold, and the demonstration has a minute.
                **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
                "TMPDIR": str(self.temporary),
                # The user's own Airflow, which is none of the demonstration's business.
                "AIRFLOW_HOME": "/nowhere",
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////nowhere/airflow.db",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, words: str) -> str:
        """Read its output up to the line that holds some words."""
        assert self.process.stdout is not None
        read = []
        for line in self.process.stdout:
            read.append(line)
            if words in line:
                return "".join(read)
        raise AssertionError("".join(read))

    def end(self) -> str:
        """Wait for its end, for which it sees to itself, and return the rest of its output."""
        rest, _ = self.process.communicate()
        return rest

    def descendants(self) -> list[Any]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def log(self) -> str:
        return self._log.read_text()

    def left_behind(self) -> list[Path]:
        """Return what is in its temporary directory."""
        return list(self.temporary.iterdir())


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    started = Demo(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.terminate()
        started.process.communicate()


def rows(output: str, first: str) -> list[list[str]]:
    return [re.split(r" {2,}", line) for line in output.splitlines() if re.match(rf"{first} +\S", line)]


def test_every_book_is_cleared_by_a_real_airflow_run(demo: Demo) -> None:
    output = demo.end()

    assert demo.process.returncode == 0, output
    for venue in CLEANED_UP:
        (totals,) = rows(output, venue)
        _, _, *orders = output.partition(f"{venue}:\n")[2].partition("\n\n")[0].splitlines()
        assert len(orders) == 12
        assert re.search(r"  filled +filled  ", orders[0]), "the one fill comes first"
        assert sum(bool(re.search(r"  cancelled +cancelled  ", order)) for order in orders) == 11
        assert sum("(stop " in order for order in orders) == 3
        assert totals[1:5] == ["12", "11", "1", "0"]
    ((_, *counts, _requests, time_to_flat),) = rows(output, "all")
    assert counts == ["36", "33", "3", "0"]
    assert re.fullmatch(r"\d+\.\d\d s", time_to_flat)
    assert "every book is flat" in output
    assert "The DAG run succeeded" in output
    assert "Orders filled: 3." in output
    told_by_both(output)
    assert max(map(len, output.splitlines())) <= TERMINAL
    assert demo.left_behind() == []
    # Airflow 3.0 logs the very words with which it is asked to mask something.
    logged = [line for line in demo.log().splitlines() if "msg=MaskSecret(" not in line]
    assert not [secret for secret in SECRETS if secret in "\n".join([output, *logged])]


def told_by_both(output: str) -> None:
    """What the script took for cancelled was open; the task knew better."""
    compared = output.partition("script was told")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(compared) == 3
    for order in compared:
        assert re.search(r"  canceled +open +cancelled +cancelled$", order)
    assert re.search(r"The script: 12 cancels sent\. .*: 1\. Orders still open: 3\.", output)
    assert re.search(r"The DAG:    15 cancels sent\. .*: [2-9]\. Orders still open: 0\.", output)


@pytest.mark.parametrize(
    ("asked", "stage"),
    [(signal.SIGINT, "runs end_of_day_cleanup"), (signal.SIGTERM, "Placing orders")],
    ids=["Ctrl-C while Airflow runs", "SIGTERM at the start"],
)
def test_nothing_outlives_an_interruption(demo: Demo, asked: signal.Signals, stage: str) -> None:
    output = demo.read_until(stage)
    assert demo.left_behind() != []
    port = int(re.findall(r"127\.0\.0\.1:(\d+)", output)[0])
    running = demo.descendants()
    assert running

    demo.process.send_signal(asked)
    demo.process.send_signal(asked)  # once more, as one does
    output += demo.end()

    assert demo.process.returncode == 128 + asked
    assert "Traceback" not in output
    assert "stopped" in output.splitlines()[-1]
    assert [process for process in running if process.is_running()] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert demo.left_behind() == []
