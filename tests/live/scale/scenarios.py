"""What happens to Airflow in mid-sweep, scenario by scenario."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import State
from tests.live.api import PATIENCE, until
from tests.live.scale.accounts import SHARED, SHARES, SWEPT, WATCHED
from tests.live.scale.cluster import TRIGGERERS, WORKERS
from tests.live.scale.judge import Expected
from tests.live.scale.timeouts import DEFAULTS, HEARTBEAT, QUEUED
from tests.live.scale.timeouts import TRIGGERERS as TRIGGERERS_THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.live.scale.accounts import Account
    from tests.live.scale.stage import Stage

ORDERS = 300
"""Of the scenarios in which something dies, over fifteen accounts."""
MANY = 10_000
"""Over thirty accounts."""
OUTAGE = 15.0
"""Seconds for which something is away, or hangs."""
ONLY_FLAT = Expected()
LATENCY = 0.05
"""Seconds until a venue answers, where many tasks share a key."""


@dataclass(frozen=True)
class Scenario:
    """
    Something that happens.

    :param name: by which it is asked for.
    :param title: what happens.
    :param play: lets it happen, and returns when all runs have ended.
    :param expected: what must come of it beside flat books.
    :param waits: the setting for which Airflow waits before it acts, with its value here and by default.
    """

    name: str
    title: str
    play: Callable[[Stage], None]
    expected: Expected = ONLY_FLAT
    waits: str = ""


def works(stage: Stage) -> None:
    sweep_some(stage)
    stage.wait()


def load(stage: Stage) -> None:
    accounts = SWEPT["sweep_all"]
    stage.place(accounts, MANY)
    stage.sweep("sweep_all", accounts)
    stage.wait()


def sweep_some(stage: Stage) -> None:
    accounts = SWEPT["sweep_some"]
    stage.place(accounts, ORDERS)
    stage.sweep("sweep_some", accounts)


def begun(stage: Stage) -> list[Account]:
    """Start a sweep of fifteen accounts, and return those that wait for the answer to their first cancel."""
    accounts = SWEPT["sweep_some"]
    stage.place(accounts, ORDERS)
    stage.leave_unanswered()
    stage.sweep("sweep_some", accounts)
    found = stage.in_mid_sweep()
    stage.strike(len(found))
    return found


def busy_worker(stage: Stage) -> str:
    """Start a sweep, and return a worker whose task is in mid-sweep."""
    for account in begun(stage):
        pid = stage.process_of(account)
        if pid is not None and (worker := stage.cluster.home_of(pid, WORKERS)):
            return worker
    raise RuntimeError("no worker has a task that is in mid-sweep")


def worker_killed(stage: Stage) -> None:
    stage.cluster.kill(busy_worker(stage))
    stage.wait()


def celery_killed(stage: Stage) -> None:
    """Its pool dies with it; the tasks' processes live on, and nobody sees how they end."""
    stage.cluster.kill(busy_worker(stage), main_only=True)
    stage.wait()


def redis_lost(stage: Stage) -> None:
    begun(stage)
    stage.cluster.broker.die()
    time.sleep(OUTAGE / 3)
    stage.cluster.broker.start()
    stage.wait()


def postgres_stopped(stage: Stage) -> None:
    begun(stage)
    stage.cluster.database.die()
    time.sleep(OUTAGE / 3)
    stage.cluster.database.start()
    stage.wait()


def api_server_dead(stage: Stage) -> None:
    begun(stage)
    stage.cluster.hold("api-server")
    stage.cluster.kill("api-server")
    time.sleep(OUTAGE / 3)
    stage.cluster.let_start("api-server")
    stage.wait()


def api_server_hung(stage: Stage) -> None:
    begun(stage)
    stage.cluster.freeze("api-server")
    time.sleep(OUTAGE)
    stage.cluster.thaw("api-server")
    stage.wait()


def scheduler_killed(stage: Stage) -> None:
    begun(stage)
    stage.cluster.kill("scheduler")
    stage.wait()


def triggerer_killed(stage: Stage) -> None:
    """Deferred sweeps wait for cancels that take their time, and sensors for orders."""
    accounts = SWEPT["sweep_deferred"]
    stage.place(accounts, ORDERS)
    stage.exchanges.add_fault(kind="cancelling", seconds=2 * OUTAGE)
    stage.sweep("sweep_deferred", accounts)
    stage.watch()
    wanted = len(accounts) + len(WATCHED)
    until(lambda: Counter(each.state for each in stage.tasks())["deferred"] == wanted, PATIENCE, "deferred tasks")
    ports = stage.exchanges.ports

    def busiest_triggerer() -> tuple[int, str] | None:
        found = max((stage.cluster.connections(name, ports), name) for name in TRIGGERERS)
        return found if found[0] else None

    busy, busiest = until(busiest_triggerer, PATIENCE, "a triggerer that asks the venues")
    stage.strike(busy)
    stage.cluster.kill(busiest)
    for order_id, account in WATCHED.items():
        stage.exchanges.at(account).book(account.venue).finish(order_id, State.CANCELLED)
    stage.wait()


def venues_away(stage: Stage) -> None:
    begun(stage)
    stage.exchanges.clear_faults()
    stage.exchanges.add_fault(kind="drop_before")
    time.sleep(OUTAGE)
    stage.exchanges.clear_faults()
    stage.wait()


def one_key_pool(stage: Stage) -> None:
    share_keys(stage, "pool")


def one_key_pace(stage: Stage) -> None:
    stage.pace()
    share_keys(stage, "share")


def one_key_neither(stage: Stage) -> None:
    share_keys(stage, "share")


def share_keys(stage: Stage, how: str) -> None:
    """Let eight tasks share a key, at one venue after the other."""
    stage.exchanges.set(latency=LATENCY)
    for account in SHARED:
        stage.place_named(account, [order_id for share in SHARES for order_id in share])
        stage.sweep(f"{how}_{account.venue}", [account], mapped=False)
        stage.wait()


def worker_killed_by_default(stage: Stage) -> None:
    """Scheduler and workers are started anew, with Airflow's own time-outs."""
    stage.cluster.set(**DEFAULTS)
    for name in ("scheduler", *WORKERS):
        stage.cluster.renew(name)
    stage.cluster.wait_until_healthy()
    worker_killed(stage)


WAITS_FOR_HEARTBEAT = str(HEARTBEAT)

SCENARIOS = (
    Scenario("works", "Nothing happens.", works),
    Scenario("load", "10,000 orders in 30 accounts.", load),
    Scenario(
        "worker-killed",
        "A worker is killed with all of its processes.",
        worker_killed,
        Expected(dies="worker"),
        WAITS_FOR_HEARTBEAT,
    ),
    Scenario(
        "celery-killed",
        "Celery's main process is killed, and its pool dies with it. The tasks' processes **go on**.",
        celery_killed,
        Expected(dies="worker"),
        WAITS_FOR_HEARTBEAT,
    ),
    Scenario("redis-lost", "Redis dies, and is back with nothing in it.", redis_lost, waits=str(QUEUED)),
    Scenario(
        "postgresql-stopped",
        "PostgreSQL is stopped at once, and started again.",
        postgres_stopped,
        Expected(outage=True),
    ),
    Scenario(
        "api-server-dead",
        "The API server is killed, and away for some seconds.",
        api_server_dead,
        Expected(dies="api-server", outage=True),
        WAITS_FOR_HEARTBEAT,
    ),
    Scenario(
        "api-server-hung",
        "The API server hangs for 15 s.",
        api_server_hung,
        Expected(outage=True),
        WAITS_FOR_HEARTBEAT,
    ),
    Scenario("scheduler-killed", "The scheduler is killed.", scheduler_killed, Expected(dies="scheduler")),
    Scenario(
        "triggerer-killed",
        "One of two triggerers is killed, in which sweeps and sensors wait.",
        triggerer_killed,
        Expected(dies="triggerer"),
        str(TRIGGERERS_THRESHOLD),
    ),
    Scenario("venues-away", "No venue answers for 15 s.", venues_away),
    Scenario("one-key-pool", "One key for eight tasks, in a pool of one slot.", one_key_pool, Expected(paced=True)),
    Scenario("one-key-pace", "One key for eight tasks, with a shared pace.", one_key_pace, Expected(paced=True)),
    Scenario("one-key-neither", "One key for eight tasks, with neither.", one_key_neither),
    Scenario(
        "worker-killed-default",
        "A worker is killed with all of its processes, with Airflow's own time-outs.",
        worker_killed_by_default,
        Expected(dies="worker"),
        f"`{HEARTBEAT.name}`: {HEARTBEAT.default:g} s",
    ),
)
