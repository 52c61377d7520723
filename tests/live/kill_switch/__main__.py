"""
Lets parts of a real Airflow die, and sees what the kill switch does then: ``python -m tests.live.kill_switch``.

Two strategies run, with orders in two accounts. One has ``CancelAllOrdersNotifier`` as the failure callback of its
task, the other as that of its DAG. A part of Airflow dies under both. For each is told whether its callback ran,
where, in which log that can be read, and how long after the failure the last order was cancelled. The table in the
end is the one of ``docs/kill-switch.md``. Every callback that the DAG processor has begun must also have ended.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.live.deployment import AirflowDeployment
from tests.live.kill_switch.deaths import DEATHS, SETTINGS
from tests.live.kill_switch.judge import CALLBACKS, Story, markdown, told, wrong_in
from tests.live.kill_switch.stage import ACCOUNTS, Stage
from tests.live.kill_switch.strategy import FOLDER
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.live.kill_switch.deaths import Death

DAGS = Path(__file__).parent / "dags"
SLICE = ("dag_processor", "supervisor")
"""Names of the deaths that between them use everything that the others do."""


def main() -> int:
    """Tell the stories, and print what was seen. Returns 0 when all went as it must."""
    by_name = {death.strike.__name__: death for death in DEATHS}
    parser = argparse.ArgumentParser(prog="python -m tests.live.kill_switch")
    parser.add_argument("--slice", action="store_true", help=f"only {' and '.join(SLICE)}")
    parser.add_argument("only", nargs="*", metavar="DEATH", help=f"only these: {', '.join(by_name)}")
    asked = parser.parse_args()
    if unknown := [name for name in asked.only if name not in by_name]:
        parser.error(f"there is no death called {', '.join(unknown)}; there are {', '.join(by_name)}")
    deaths = [by_name[name] for name in asked.only or (SLICE if asked.slice else by_name)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    stories: list[Story] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, running_sandbox() as sandbox:
        env = SETTINGS | {FOLDER: folder}
        with AirflowDeployment(DAGS, env, triggerer=True) as airflow:
            say(f"Airflow is up after {time.monotonic() - began:.0f} s.")
            connect(airflow, sandbox)
            stage = Stage(airflow, sandbox, Path(folder))
            for death in deaths:
                story = tell(death, stage)
                stories.append(story)
                wrong += wrong_in(story, death.expected)
            insist(wrong)
    say(f"\n{markdown(stories)}\n")
    say(f"{len(stories)} deaths, and each callback ran where it must; all took {time.monotonic() - began:.0f} s.")
    return 0


def tell(death: Death, stage: Stage) -> Story:
    """Let something die. Returns what was seen."""
    stage.begin()
    death.strike(stage)
    death.settle(stage)
    story = Story(
        death.name,
        death.waits,
        {callback: stage.switched(callback) for callback in CALLBACKS},
        stage.returned_after,
        stage.strategy_lives(),
        stage.cut_off(),
    )
    say(f"\n{death.name}")
    for callback, switched in story.switched.items():
        say(f"  the {callback}'s callback runs {told(story, callback)}")
        for log in switched.logs:
            say(f"    {log}")
    stage.end()
    return story


def connect(airflow: AirflowDeployment, sandbox: RunningSandbox) -> None:
    """Give Airflow the connections, in its database, where most deployments have them."""
    for venue in ACCOUNTS.values():
        fields = sandbox.connection(venue)
        extra = {"extra": json.dumps(fields.pop("extra"))} if "extra" in fields else {}
        airflow.api.post("connections", {"connection_id": f"{venue}_default", **fields, **extra})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
