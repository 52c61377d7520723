from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.live.api import until
from tests.live.components import Component, is_running

if TYPE_CHECKING:
    from pathlib import Path

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], process_group=0)
print("the last words", flush=True)
{{ending}}
"""


@pytest.mark.parametrize("ending", ["child.wait()", "sys.exit(3)"])
def test_nothing_that_a_component_started_outlives_it(tmp_path: Path, ending: str) -> None:
    """Not even what left its process group and ignores a polite signal, whether or not its parent lives."""
    component = Component([sys.executable, "-c", PARENT.format(ending=ending)], dict(os.environ), tmp_path / "log")
    try:
        until(lambda: "words" in component.tail(), 300, "the child")
        started = component.session()
        assert set(started) - {component.pid}
        component.ask_to_end()
    finally:
        component.end(patience=0.5)
    assert component.session() == []
    assert not any(is_running(pid) for pid in started)
    assert component.exit_code is not None
