"""
Uses the package as a person would, in a real browser with a real Airflow: ``python -m tests.live.browser``.

The three connections are made in Airflow's form, with accounts at a paper exchange whose secrets are new, and
tested with its button. A DAG watches all orders from the triggerer, so that triggers with their arguments lie in
the database; meanwhile the end-of-day DAG, triggered in its page, clears the books of the venues that are traded
at, and a DAG of the story's own clears Loopring's. The page of the paper exchange is open beside it: an order is
placed there, something is broken, and the books empty while one looks. The log of a task is read in its page, and
its link is followed to the paper exchange. Then a sweep fails at an exchange that cancels nothing, and its page has
the report. At last the example of the kill switch fails as it means to, which must leave nothing open.

On the way pictures are taken, some of which are in docs/images, and all that their pages hold is searched for the
secrets. In the end so is all that the REST API answers, every file that Airflow wrote, and every table of its
database.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from airflow_provider_exchange.get_provider_info import connection_type
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, TRADED, VENUES, connection
from tests.live.api import PATIENCE, Run, until
from tests.live.browser.chromium import install_chromium, open_page
from tests.live.browser.leaks import Hunt, new_accounts
from tests.live.browser.pages import Pages
from tests.live.browser.paper import PaperPage
from tests.live.deployment import AirflowDeployment
from tests.live.verdict import insist, say
from tests.report.golden import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "build" / "e2e"
DAG_FOLDERS = {"examples": ROOT / "dags_examples", "browser": Path(__file__).parent / "dags"}
PAPER_PICTURE = "paper-exchange"
"""Copied to docs/images, it is the picture in the docs."""
SECRET_LABEL = {"nami": "API secret", "bitopro": "API secret", "loopring": "EdDSA private key"}


class Story:
    """
    What happens, in order.

    :param sandbox: the paper exchange.
    :param airflow: runs already.
    :param pages: of Airflow.
    :param open_paper: opens the page of the paper exchange. As long as it is open, it takes time from Airflow's.
    :param hunt: for the accounts' secrets.
    """

    def __init__(
        self,
        sandbox: RunningSandbox,
        airflow: AirflowDeployment,
        pages: Pages,
        open_paper: Callable[[], PaperPage],
        hunt: Hunt,
    ) -> None:
        self.sandbox = sandbox
        self.airflow = airflow
        self.pages = pages
        self.open_paper = open_paper
        self.hunt = hunt

    def connect(self, venue: str) -> None:
        """Make a connection, test it, and open it again."""
        account = self.sandbox.connection(venue)
        server = urlsplit(account["host"])
        conn_id = f"{venue}_default"
        self.pages.add_connection(
            conn_id,
            connection_type(venue)["hook-name"],
            {
                "Host": f"{server.scheme}://{server.hostname}",
                "API key": account["login"],
                SECRET_LABEL[venue]: account["password"],
                "Port": str(server.port),
            },
            {name: str(value) for name, value in account.get("extra", {}).items()},
        )
        said = self.pages.test_connection(conn_id)
        say(f"  {conn_id}: {said}")
        title = connection_type(venue)["hook-name"]
        expect(said.startswith(f"Test Connection Successful: {title} accepts the key"), said)
        shown = self.pages.edit_connection(conn_id, SECRET_LABEL[venue])
        expect(shown == "***", f"{conn_id}: its secret is shown as {shown!r}")

    def check(self) -> None:
        """Hold what each exchange shows against what the package assumes, in a terminal."""
        for venue in VENUES:
            done = self.airflow.command("exchange", "check", "--conn-id", f"{venue}_default", "--output", "json")
            self.hunt.look(f"check of {venue}", done.stdout + done.stderr)
            expect(done.returncode == 0, f"the check of {venue} failed: {done.stdout}{done.stderr}")
            found = json.loads(done.stdout.strip().splitlines()[-1])
            expect(any(row["check"] == "open orders" for row in found), f"{venue}: its open orders are not checked")
            say(f"  {done.stderr.strip().splitlines()[-1]}")

    def approve(self) -> None:
        """Approve a list of orders with what a person needs to decide, and have exactly these cancelled."""
        place_orders(self.sandbox, "bitopro")
        orders = self.sandbox.live("bitopro")
        run = self._trigger("approve_cancel")
        until(
            lambda: run.states().get("approve") not in (None, "scheduled", "queued", "running"),
            PATIENCE,
            "a question",
        )
        # If the task runs again by then, Airflow 3.3 takes the end of the process that has asked for its end.
        scheduler, heard = self.airflow.component("scheduler"), "Received executor event with state success"
        until(
            lambda: any("'approve'" in line for line in scheduler.log.read_text().splitlines() if heard in line),
            PATIENCE,
            "the scheduler's word that the question was asked",
        )
        self.pages.approve(run, "approve", shows=[order.order_id for order in orders])
        self.pages.open_run(run, "Success")
        self._expect_flat("bitopro")
        say(f"  {len(orders)} orders approved and cancelled.")

    def watch(self, fernet_key: bytes) -> Run:
        """Have every order watched from the triggerer."""
        run = self._trigger("watch_orders")
        until(
            lambda: all(run.states().get(f"watch_{venue}") == "deferred" for venue in VENUES),
            PATIENCE,
            "a deferred sensor for each account",
        )
        arguments = self.hunt.look_at_triggers(self.airflow.query, fernet_key)
        expect(len(arguments) == len(VENUES), f"{len(arguments)} triggers")
        say(f"  {len(arguments)} triggers in the database, such as {arguments[0][:100]}...")
        self.pages.open_task("watch_nami")
        self.pages.wait_for("Deferred")
        self.pages.picture("task-deferred")
        self.pages.open_tab("Details", "OrderStatusTrigger")
        self.pages.picture("task-deferred-details")
        return run

    def clean_up(self) -> None:
        """Run the DAGs that clear the books, and read what they say."""
        paper = self.open_paper()
        paper.place("BitoPro: btc_usdt", quantity="0.5", price="61000.5")
        paper.break_something("cancelling", "The venue", "BitoPro", seconds="5")
        placed = {venue: len(self.sandbox.live(venue)) for venue in VENUES}
        for dag_id, venues in (("end_of_day_cleanup", TRADED), ("clear_loopring", ("loopring",))):
            run = self._trigger(dag_id)
            if "bitopro" in venues:
                self._see_it_empty(paper, placed["bitopro"])
                paper.close()
            self.pages.wait_for("Success")
            self.pages.open_run(run, "Success")
            self.pages.picture(f"finished-{dag_id}")
            for venue in venues:
                self._expect_flat(venue)
                report = run.task(f"{venue}_default.cancel").xcom()
                expect(report["outcomes"] == {"cancelled": placed[venue]}, f"{venue}: {report['outcomes']}")
                self.pages.open_run(run, "Success")
                self._read(run, f"{venue}_default.cancel", report)
        say(f"  Flat: {sum(placed.values())} orders cancelled.")

    def _see_it_empty(self, paper: PaperPage, placed: int) -> None:
        """Watch a book on the page of the paper exchange while a sweep runs that a fault holds up."""
        paper.wait_for("bitopro", "cancelling")
        held = paper.picture(PAPER_PICTURE)
        for venue in ("nami", "bitopro"):
            login = self.sandbox.connection(venue)["login"]
            expect(f"key {login[:4]}\u2026" in held, f"the page of the paper exchange tells no key of {venue}")
        paper.wait_for("bitopro", f"0 open, {placed} ended")
        paper.picture("paper-exchange-flat")
        paper.mend("cancelling")
        expect(not paper.complaints, f"the browser complains: {paper.complaints}")

    def survive(self) -> None:
        """Let a sweep fail, and find what it leaves for the person who comes to look."""
        place_orders(self.sandbox, "bitopro")
        self.sandbox.faults.add(Fault("cancelling", reads=1_000_000))
        run = self._trigger("leave_survivors")
        self.pages.wait_for("Failed")
        self.sandbox.faults.clear()
        report = run.task("sweep").xcom("report")
        validate(report)
        survivors = [order["order_id"] for order in report["orders"] if order["outcome"] == "unknown"]
        placed = {order.order_id for order in self.sandbox.live("bitopro")}
        expect(set(survivors) == placed, f"the report of the failure names {survivors} of {placed}")
        expect(report["proved_at"] is None and report["open_after"] == len(placed), f"it claims too much: {report}")
        self.pages.open_run(run, "Failed")
        self.pages.open_task("sweep")
        whose = "bitopro_default (bitopro, account "
        self.pages.log(whose, *survivors, group=f"{len(placed)} orders", picture="log-survivors")
        self.pages.open_tab("Storage", "Task State Store")
        self.pages.open_tab("XCom", "report")
        self.pages.picture("xcom-survivors")
        for order in self.sandbox.live("bitopro"):
            self.sandbox.book("bitopro").finish(order.order_id, State.CANCELLED, symbol=order.symbol)
        say(f"  The report of the failure names {len(survivors)} orders: {report['error']['message']}")

    def fail(self) -> None:
        """Let a strategy break down."""
        for venue in TRADED:
            place_orders(self.sandbox, venue)
        run = self._trigger("kill_switch")
        self.pages.wait_for("Failed")
        for venue in TRADED:
            until(lambda venue=venue: not self.sandbox.live(venue), PATIENCE, f"a flat book at {venue}")  # type: ignore[misc]
        self.pages.open_run(run, "Failed")
        self.pages.picture("kill-switch")
        say(f"  Flat again, with tasks {run.states()}.")

    def _trigger(self, dag_id: str) -> Run:
        until(lambda: self.airflow.query("SELECT 1 FROM dag WHERE dag_id = ?", dag_id), PATIENCE, f"DAG {dag_id}")
        return Run(self.airflow.api, f"dags/{dag_id}/dagRuns/{self.pages.trigger(dag_id)}")

    def _read(self, run: Run, task_id: str, report: Any) -> None:
        self.pages.open_task(task_id)
        orders = report["orders"]
        ids = [order["order_id"] for order in orders]
        log = self.pages.log(*ids, group=f"{len(orders)} orders", picture=f"log-{task_id}")
        say("".join(f"  | {line}\n" for line in log.splitlines() if " " in line.strip()).rstrip())
        self.pages.open_tab("Rendered Templates", "exchange_conn_id")
        self.pages.picture(f"rendered-{task_id}")
        self.pages.open_tab("Storage", "Task State Store")
        self.pages.open_tab("XCom", "return_value")
        self.pages.picture(f"xcom-{task_id}")
        self.pages.open_tab("Details", "Bundle Name")
        self.pages.picture(f"details-{task_id}")
        for name, url in run.task(task_id).links().items():
            if url:
                arrived = self.pages.follow_link(name)
                say(f"  The link {name!r} leads to {arrived}")
                expect(arrived.rstrip("/") == url.rstrip("/"), f"{name}: {arrived} instead of {url}")

    def _expect_flat(self, venue: str) -> None:
        expect(not self.sandbox.live(venue), f"{venue}: {len(self.sandbox.live(venue))} orders are open")


def main() -> int:
    """Tell the story. Returns 0 when it ended well."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    install_chromium()
    began = time.monotonic()
    PICTURES.mkdir(parents=True, exist_ok=True)
    accounts, fernet_key = new_accounts(), Fernet.generate_key()
    hunt = Hunt(accounts)
    with (
        running_sandbox(accounts) as sandbox,
        AirflowDeployment(DAG_FOLDERS["examples"], settings(fernet_key, sandbox), triggerer=True) as airflow,
        open_page(airflow.url, sandbox.base_url) as page,
    ):
        say(f"Airflow is up after {time.monotonic() - began:.0f} s at {airflow.url}.")
        paper = partial(PaperPage, page, sandbox.base_url, PICTURES, hunt.look)
        story = Story(sandbox, airflow, Pages(page, airflow.url, PICTURES, hunt.look), paper, hunt)
        say("\nConnections, made in the form:")
        for venue in VENUES:
            story.connect(venue)
            place_orders(sandbox, venue)
        say("\nThe first contact, in a terminal:")
        story.check()
        say("\nEverything is watched from the triggerer:")
        watching = story.watch(fernet_key)
        say("\nThe end of the day:")
        story.clean_up()
        expect(watching.wait() == "success", f"the watching DAG: {watching.states()}")
        say("\nA sweep that fails:")
        story.survive()
        say("\nAn approval:")
        story.approve()
        say("\nThe kill switch:")
        story.fail()
        hunt.look_everywhere(airflow, fernet_key)
        say(f"\nSearched for secrets: {dict(hunt.looked)}")
        insist(list(hunt.wrong()))
    say(f"No secret seen. Pictures are in {PICTURES.relative_to(ROOT)}; all took {time.monotonic() - began:.0f} s.")
    return 0


def settings(fernet_key: bytes, sandbox: RunningSandbox) -> Mapping[str, str]:
    """
    Return Airflow's settings: tests of connections allowed, runs by hand alone.

    The connection that the end-of-day DAG has beside those of the forms comes with them.
    """
    bundles = [
        {
            "name": name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder)},
        }
        for name, folder in DAG_FOLDERS.items()
    ]
    return {
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__FERNET_KEY": fernet_key.decode(),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        "AIRFLOW_CONN_BINANCE_DEFAULT": json.dumps(connection(sandbox, "binance")),
    }


def place_orders(sandbox: RunningSandbox, venue: str) -> None:
    """Twelve, stop-limit orders and some filled in part among them."""
    for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue]):
        for _ in range(4):
            sandbox.place(venue, symbol)
        sandbox.place(venue, symbol, stop_price=90)
        sandbox.place(venue, symbol, quantity=2, filled=1)


def expect(holds: bool, otherwise: str) -> None:
    """Go on only if something holds: what follows would make no sense."""
    insist([] if holds else [otherwise])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow and the browser are stopped.")
