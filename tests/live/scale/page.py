"""The page of the documentation that tells what was seen: ``docs/scale.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live.scale.cluster import SLOTS, TRIGGERERS, WORKERS
from tests.live.scale.timeouts import HEARTBEAT, LOWERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.live.scale.judge import Story
    from tests.live.scale.scenarios import Scenario

SCENARIO_HEADINGS = ("scenario", "what happens", "time-out of Airflow that counts (default)")
HEADINGS = (
    "scenario",
    "orders, accounts",
    "last cancel after",
    "run ends after",
    "tries",
    "orders in no report",
    "first cancel after the list",
)
SHARED_HEADINGS = ("scenario", "key of", "requests", "refused for their number", "refused else", "seconds")
LOWERED_HEADINGS = ("section", "setting", "here", "default")

PAGE = """# Many workers at once

`make scale` starts Airflow as it runs on several machines, here all on one: API server, scheduler, DAG processor,
{workers} Celery workers of {slots} slots, {triggerers} triggerers, PostgreSQL and Redis. Each part of Airflow has a
supervisor, which starts it again when it dies. Thirty accounts are at ten paper exchanges. Then something dies in
mid-sweep: the first cancel of each account was obeyed, but for one order of a batch, and has no answer yet.

After each scenario the rehearsal looks into the books and logs of the exchanges, and fails unless

- nothing that was selected is open, and nothing is gone that was not selected;
- each report names exactly the orders that went, once each, and says that it is proved;
- with a pool or a shared pace, no request was refused;
- each task has left its report in XCom, and the first cancel of an account came within {first:g} s of its first
  list. These two are judged only where the machine had nothing else to do when the rehearsal began.

`make scale ONLY='load worker-killed'` plays some of the scenarios. Without PostgreSQL and Redis it installs
Debian's packages `postgresql` and `redis-server`, as root; it starts none of their services. It leaves neither a
process nor a folder behind.

{scenarios}

This is what came of it:

{table}

Times count from what happens; where nothing happens, or only the load is large, from the start of the DAG run.
Tries are those of all tasks, retries included; a task has {retries} retries with a delay of 2 s here. The last
scenario has Airflow's own time-outs.

Two kinds of tries cannot leave a record of what they cancelled: one that is killed a moment after its first
cancel, before Airflow has the record, and one that Airflow gives up on during an outage of the API server. The
next try finds the account flat, or clears the rest, and says so. But at Loopring, where it finds no ended orders
in the venue's history, its report cannot name all that is gone, and says in `earlier` that this is not known. The
rehearsal accepts that in these two cases alone. Keep `{heartbeat}` above the
longest outage of the API server that you expect.

## One key for many tasks

Eight tasks with one key cancel five orders each, on all workers. The venues hold their limits and answer after
{latency:g} s. Refused beside their number are at BitoPro requests whose nonce another task's has overtaken.
Seconds are those from the first request to the last; starting a task takes most of them.

The connection of the shared pace is in the workers' environment here, as `AIRFLOW_CONN_PACE`. A worker that has
to ask a busy API server for it keeps the pace by itself until the answer comes: with eight tasks that started at
once on two busy cores, BitoPro and OKX refused 16 of their requests.

{shared}

## Time-outs that were lowered

Airflow's own waits would make the rehearsal take hours. In seconds:

{lowered}

This was seen with Airflow {airflow}, PostgreSQL {postgres}, Redis {redis}, on {machine}, in {minutes:.0f} minutes
on {day}. {load}
"""


def scenario_table(scenarios: Iterable[Scenario]) -> str:
    """Show what happens in each scenario."""
    return markdown(SCENARIO_HEADINGS, [(f"`{each.name}`", each.title, each.waits) for each in scenarios])


def table(told: Iterable[tuple[Scenario, Story]]) -> str:
    """Show what was seen, a line for each scenario."""
    return markdown(HEADINGS, [_row(scenario, story) for scenario, story in told])


def shared_table(told: Iterable[tuple[Scenario, Story]]) -> str:
    """Show how many requests it takes when tasks share a key."""
    rows = [
        (
            scenario.name,
            swept.account.partition("_")[0],
            str(swept.requests),
            str(swept.limited),
            str(swept.refused),
            f"{swept.took:.1f}",
        )
        for scenario, story in told
        if scenario.name.startswith("one-key")
        for swept in story.swept
    ]
    return markdown(SHARED_HEADINGS, rows)


def lowered_table() -> str:
    """Show every time-out of Airflow's that is lowered."""
    rows = [(each.section, f"`{each.name}`", f"{each.here:g}", f"{each.default:g}") for each in LOWERED]
    return markdown(LOWERED_HEADINGS, rows)


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join("| " + " | ".join(line).rstrip() + " |" for line in lines)


def _row(scenario: Scenario, story: Story) -> tuple[str, ...]:
    orders = sum(len(each.selected) for each in story.swept)
    tries = [count for each in story.swept for count in each.tries]
    first = max((each.first_cancel or 0.0 for each in story.swept if max(each.tries) == 1), default=0.0)
    return (
        f"`{scenario.name}`",
        f"{orders:,}, {len(story.swept)}",
        f"{story.flat_after:.0f} s",
        f"{story.ended_after:.0f} s",
        f"{sum(tries)} for {len(tries)} tasks",
        _listed(sum(len(each.unnamed) for each in story.swept)),
        f"at most {first:.1f} s",
    )


def _listed(orders: int) -> str:
    return f"{orders} orders" if orders else "none"


def page(told: Sequence[tuple[Scenario, Story]], **facts: object) -> str:
    """Write the whole page."""
    counts = {"workers": len(WORKERS), "triggerers": len(TRIGGERERS), "slots": SLOTS, "heartbeat": HEARTBEAT.name}
    tables = {
        "scenarios": scenario_table(scenario for scenario, _ in told),
        "table": table(told),
        "shared": shared_table(told),
        "lowered": lowered_table(),
    }
    return PAGE.format(**counts, **tables, **facts).rstrip() + "\n"
