"""Where the scenarios are played: the cluster, the exchanges, and what was placed there."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from tests.live.api import FINISHED, until
from tests.live.scale.accounts import ALL, SHARED, WATCHED, Account
from tests.live.scale.cluster import PACE
from tests.live.scale.judge import Story, Swept, Watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_exchange.sandbox.exchange import Logged
    from tests.live.api import Run
    from tests.live.scale.accounts import Exchanges
    from tests.live.scale.cluster import Cluster

PATIENCE = 900.0
"""Seconds for a DAG run, whatever has died."""
KEPT = 3
"""Orders of each account that nobody selects."""
HANG = 6.0
"""Seconds for which the first cancel of each account gets no answer, though it was obeyed."""


class Task(NamedTuple):
    """
    What a mapped task has left in Airflow.

    :param pushed: by the XCom's key.
    """

    dag_id: str
    map_index: int
    state: str | None
    tries: int
    pid: int | None
    pushed: dict[str, Any]


class Stage:
    """
    :param cluster: is up.
    :param exchanges: have the accounts.
    """

    def __init__(self, cluster: Cluster, exchanges: Exchanges) -> None:
        self.cluster = cluster
        self.exchanges = exchanges
        self._paced = False
        self._placed: dict[Account, tuple[frozenset[str], frozenset[str]]] = {}
        self._runs: dict[str, Run] = {}
        self._sweeping: dict[Account, tuple[str, int | None]] = {}
        self._watching = False
        self._recorded: set[tuple[str, int]] = set()
        self._since = 0.0
        self._under_way: int | None = None
        self._restarts: dict[str, int] = {}

    def connect(self) -> None:
        """Give Airflow the connections, in its database, and a pool of one slot for each key that is shared."""
        for account in dict.fromkeys((*ALL, *SHARED)):
            self.cluster.api.post("connections", self._connection(account))
        for account in SHARED:
            pool = {"name": account.venue, "slots": 1, "include_deferred": True}
            self.cluster.api.post("pools", pool)

    def pace(self, *, shared: bool = True) -> None:
        """Let the tasks that share a key share its pace."""
        if shared != self._paced:
            for account in SHARED:
                fields = self._connection(account, **({"pace_conn_id": PACE} if shared else {}))
                self.cluster.api.patch(f"connections/{account.conn_id}", fields)
            self._paced = shared

    def _connection(self, account: Account, **more: Any) -> dict[str, Any]:
        fields = self.exchanges.connection(account)
        extra = {**fields.pop("extra", {}), **more}
        return {"connection_id": account.conn_id, **fields, "extra": json.dumps(extra)}

    # -- what is there, and what happens

    def begin(self) -> None:
        """Start over: empty books, an Airflow that is well."""
        self.cluster.wait_until_healthy()
        self.exchanges.reset()
        self.pace(shared=False)
        self._placed, self._runs, self._sweeping = {}, {}, {}
        self._watching, self._under_way = False, None
        self._restarts = dict(self.cluster.restarts)
        self._since = time.time()

    def place(self, accounts: Sequence[Account], orders: int) -> None:
        """
        Place orders, and beside them some that have to stay.

        :param orders: in all; those that cannot be shared evenly go to the first accounts.
        """
        each, more = divmod(orders, len(accounts))
        for number, account in enumerate(accounts):
            self.place_named(account, [None] * (each + (number < more)))

    def place_named(self, account: Account, order_ids: Iterable[str | None]) -> None:
        """Place orders with these ids, and beside them some that have to stay."""
        place = self.exchanges.at(account).place
        selected = [place(account.venue, account.symbol, order_id=each).order_id for each in order_ids]
        kept = [place(account.venue, account.other_symbol).order_id for _ in range(KEPT)]
        self._placed[account] = frozenset(selected), frozenset(kept)

    def leave_unanswered(self) -> None:
        """Let the first cancel of each account hang, after it was obeyed but for one order of a batch."""
        for venue in {account.venue for account in self._placed}:
            self.exchanges.add_fault(
                kind="hang", acts=True, seconds=HANG, venue=venue, route="cancels", requests=(1,)
            )
            if venue != "bitopro":
                self.exchanges.add_fault(kind="ignore_batch_member", venue=venue, route="cancels", requests=(1,))

    def sweep(self, dag_id: str, accounts: Sequence[Account], *, mapped: bool = True) -> None:
        """
        Start a run; from now on the time counts.

        :param accounts: that it sweeps.
        :param mapped: whether there is a task for each, in this order; otherwise all tasks sweep the one account.
        """
        self._start(dag_id)
        self._sweeping |= {account: (dag_id, number if mapped else None) for number, account in enumerate(accounts)}

    def watch(self) -> None:
        """Start a sensor for each of the orders that are to be watched."""
        for order_id, account in WATCHED.items():
            self.exchanges.at(account).place(account.venue, account.symbol, order_id=order_id)
        self._watching = True
        self._start("watch")

    def _start(self, dag_id: str) -> None:
        run = self.cluster.trigger(dag_id)
        self._since = time.time()
        self._runs[dag_id] = run

    def in_mid_sweep(self, least: int = 3) -> list[Account]:
        """Wait until so many accounts have got a cancel that has no answer yet, and return them."""

        def enough() -> list[Account] | None:
            found = [account for account in self._placed if _hangs(self.exchanges.log(account))]
            return found if len(found) >= least else None

        return until(enough, PATIENCE, f"cancels under way at {least} accounts")

    def strike(self, under_way: int) -> None:
        """
        Take note that something happens now.

        :param under_way: how many tasks are in mid-sweep, or wait in a triggerer.
        """
        self._recorded = {
            (dag_id, map_index)
            for dag_id, map_index in self.cluster.query(
                "SELECT dag_id, map_index FROM task_state_store WHERE run_id = ANY(%s)", self._run_ids()
            )
        }
        self._since, self._under_way = time.time(), under_way

    def process_of(self, account: Account) -> int | None:
        """Return the process in which an account is swept."""
        dag_id, index = self._sweeping[account]
        found = [each.pid for each in self.tasks() if (each.dag_id, each.map_index) == (dag_id, index)]
        return found[0] if found else None

    def wait(self) -> None:
        """Wait for the end of each run."""
        for run in self._runs.values():
            until(lambda run=run: run.state in FINISHED, PATIENCE, run.path)  # type: ignore[misc]

    # -- what was seen

    def tasks(self) -> list[Task]:
        """Return what all tasks have left so far, also while there is no API server."""
        where = "run_id = ANY(%s)"
        pushed: dict[tuple[str, int], dict[str, Any]] = {}
        names = self._run_ids()
        for dag_id, index, key, value in self.cluster.query(
            f"SELECT dag_id, map_index, key, value FROM xcom WHERE {where}", names
        ):
            pushed.setdefault((dag_id, index), {})[key] = value
        found = self.cluster.query(
            f"SELECT dag_id, map_index, state, try_number, pid FROM task_instance WHERE {where}", names
        )
        return [
            Task(dag_id, index, state, tries, pid, pushed.get((dag_id, index), {}))
            for dag_id, index, state, tries, pid in sorted(found)
        ]

    def _run_ids(self) -> list[str]:
        return [unquote(run.path.rpartition("/")[2]) for run in self._runs.values()]

    def story(self) -> Story:
        """Tell what came of it, when all runs have ended."""
        ended = time.time() - self._since
        tasks = self.tasks()
        states = [run.state for run in self._runs.values()]
        cancels = [
            each.at_ms / 1000 for account in self._placed for each in self.exchanges.log(account) if _cancels(each)
        ]
        return Story(
            state=next((state for state in states if state != "success"), "success"),
            states={f"{each.dag_id}[{each.map_index}]": each.state for each in tasks if each.state != "success"},
            swept=[self._swept(account, tasks) for account in self._placed],
            flat_after=max([self._since, *cancels]) - self._since,
            ended_after=ended,
            watched=list(self._watched(tasks)) if self._watching else [],
            under_way=self._under_way,
            restarted=frozenset(
                name for name, count in self.cluster.restarts.items() if count > self._restarts.get(name, 0)
            ),
        )

    def _watched(self, tasks: Iterable[Task]) -> Iterable[Watched]:
        pushed = {each.map_index: each.pushed.get("return_value") for each in tasks if each.dag_id == "watch"}
        for index, order_id in enumerate(WATCHED):
            told = pushed.get(index)
            told = None if told is None else [(order["order_id"], order["state"]) for order in told]
            yield Watched(f"watch[{index}]", [(order_id, "cancelled")], told)

    def _swept(self, account: Account, tasks: Iterable[Task]) -> Swept:
        selected, kept = self._placed[account]
        log = self.exchanges.log(account)
        dag_id, index = self._sweeping[account]
        ours = [each for each in tasks if each.dag_id == dag_id and index in (None, each.map_index)]
        lists = [each.at_ms for each in log if not each.mutating and each.acted]
        cancels = [each.at_ms for each in log if each.mutating]
        return Swept(
            account.conn_id,
            selected,
            kept,
            self.exchanges.live(account),
            reports=[each.pushed.get("report", each.pushed.get("return_value")) for each in ours],
            unreported=sum("report" not in each.pushed for each in ours),
            tries=tuple(each.tries for each in ours),
            requests=len(log),
            limited=sum(is_limited(each) for each in log),
            refused=sum(each.acted and each.status >= 400 for each in log),
            first_cancel=(cancels[0] - lists[0]) / 1000 if cancels and lists else None,
            recorded=self._under_way is None or (dag_id, index) in self._recorded,
            took=(log[-1].at_ms - log[0].at_ms) / 1000 if log else 0.0,
        )


def is_limited(request: Logged) -> bool:
    """Whether the exchange refused a request for the number of those before, as it marks in its log."""
    return not request.acted and not request.faults and request.status > 0 and request.route != "unknown"


def _cancels(request: Logged) -> bool:
    return request.mutating and request.acted


def _hangs(log: Sequence[Logged]) -> bool:
    return any(each.acted and "hang" in each.faults for each in log)
