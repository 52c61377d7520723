"""
Lets parts of a real Airflow die while it holds a dead man's switch: ``python -m tests.live.dead_mans_switch``.

``dags_examples/dead_mans_switch.py`` runs every 10 s and arms the paper OKX's countdown of 30 s. Then something
dies. The exchange must cancel when its own countdown ends, at that very moment of its own clock, or not at all; and
the next run must report it. The table in the end is the one of ``docs/dead-mans-switch.md``.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.live.dead_mans_switch.deaths import DEATHS, HEADINGS, SETTINGS
from tests.live.dead_mans_switch.stage import Stage, faster
from tests.live.deployment import AirflowDeployment
from tests.live.verdict import say


def main() -> int:
    """Play all deaths, and print what was seen. Returns 0 when all went as it must."""
    by_name = {death.play.__name__: death for death in DEATHS}
    parser = argparse.ArgumentParser(prog="python -m tests.live.dead_mans_switch")
    parser.add_argument("only", nargs="*", metavar="DEATH", help=f"only these: {', '.join(by_name)}")
    asked = parser.parse_args()
    if unknown := [name for name in asked.only if name not in by_name]:
        parser.error(f"there is no death called {', '.join(unknown)}; there are {', '.join(by_name)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    rows = []
    with tempfile.TemporaryDirectory() as folder, running_sandbox() as sandbox:
        faster(Path(folder))
        env = {**SETTINGS, "AIRFLOW_CONN_OKX_DEFAULT": json.dumps(sandbox.connection("okx"))}
        with AirflowDeployment(Path(folder), env) as airflow:
            say(f"Airflow is up after {time.monotonic() - began:.0f} s.")
            stage = Stage(airflow, sandbox)
            for name in asked.only or by_name:
                stage.begin()
                say(f"{time.monotonic() - began:.0f} s: armed. {by_name[name].name}")
                rows.append(by_name[name].row(by_name[name].play(stage)))
                say(f"  {rows[-1]}")
    say("\n" + "\n".join([f"| {' | '.join(HEADINGS)} |", "| --- | --- | --- |", *rows]) + "\n")
    say(f"{len(rows)} deaths, and the switch did what it must; all took {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
