"""
Records sweeps in a store of S3's kind, spoils it, kills a sweep, and checks: ``python -m tests.live.evidence``.

The store speaks S3's protocol on this machine. Airflow reaches it as any other: by a connection of type ``aws``.
A byte, a line, a segment, two lines and two segments are spoilt, each of which ``verify`` must tell. A sweep is
killed in its middle, and what is left, here and in the store, must be as it was written up to its end. A store that
takes the connection and answers nothing must not make a sweep any longer. At last a real Airflow sweeps three
venues, one of them with a deferral, and its tasks ask their supervisor for the connection to the store.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.evidence import segments
from airflow_provider_exchange.evidence.folder import attempts_at
from airflow_provider_exchange.evidence.verify import Attempt, check
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import SYMBOLS, VENUES
from tests.live.deployment import AirflowDeployment
from tests.live.evidence.bucket import CONN_ID, URL, Bucket, connection, running_store, silent_store
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.models.reports import CancelReport
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

DAGS = Path(__file__).parents[1] / "dags"
ORDERS = 50
LONGER = 0.5
"""Seconds by which a sweep may differ from the next, as other work on the machine makes it."""
SWEEP = """
import sys
from airflow_provider_exchange.evidence import segments
from airflow_provider_exchange.hooks.exchange import ExchangeHook
segments.FIRST = segments.EVERY = 0.2
ExchangeHook.for_connection("account").cancel_all_orders(evidence=sys.argv[1], timeout=60)
"""


def sweep(sandbox: RunningSandbox, venue: str, evidence: str) -> tuple[CancelReport, float]:
    """Clear an account; return the report, and after how many seconds it came."""
    for _ in range(ORDERS):
        sandbox.place(venue, SYMBOLS[venue])
    os.environ["AIRFLOW_CONN_ACCOUNT"] = json.dumps(sandbox.connection(venue))
    with closing(ExchangeHook.for_connection("account")) as hook:
        _ = hook.planner
        began = time.monotonic()
        report = hook.cancel_all_orders(evidence=evidence)
        return report, time.monotonic() - began


def verified(*arguments: str) -> tuple[str, str]:
    """Return what ``verify`` says of the store, and with what it fails; an empty text when it does not."""
    from airflow_provider_exchange.__main__ import main

    out = StringIO()
    try:
        with redirect_stdout(out):
            main(("verify", URL, *arguments))
    except SystemExit as failure:
        return out.getvalue(), str(failure)
    return out.getvalue(), ""


def recorded(sandbox: RunningSandbox, bucket: Bucket) -> Iterator[str]:
    """Sweep each venue; yield what is wrong with what the store has then."""
    for venue in VENUES:
        bucket.restore({})
        report, seconds = sweep(sandbox, venue, URL)
        if report.evidence is None:
            yield f"{venue}: no evidence in the report"
            continue
        told, failure = verified("--hash", report.evidence.hash)
        say(f"{venue}: {ORDERS} orders in {seconds:.2f} s, {report.evidence.lines} lines in the store")
        if failure or "as it was written" not in told:
            yield f"{venue}: {failure}"
        fields = sandbox.connection(venue)
        texts = b"".join(bucket.objects().values()).decode()
        if found := [name for name in ("login", "password") if fields[name] in texts]:
            yield f"{venue}: the evidence holds the {' and the '.join(found)}"


def spoilt(bucket: Bucket) -> Iterator[str]:
    """Spoil what the store has in every way; yield those ways that ``verify`` does not tell."""
    whole = bucket.objects()
    names = list(whole)
    if len(names) < 3:
        yield f"only {len(names)} segments to spoil"
        return
    first, second, third = names[:3]
    lines = b"".join(whole.values()).splitlines(keepends=True)
    one = names[0]

    def as_one(changed: list[bytes]) -> dict[str, bytes]:
        return {one: b"".join(changed)}

    ways: dict[str, dict[str, bytes]] = {
        "one byte changed": {**whole, second: _with_another_byte(whole[second])},
        "one line dropped": as_one([*lines[:2], *lines[3:]]),
        "two lines swapped": as_one([lines[0], lines[2], lines[1], *lines[3:]]),
        "one segment dropped": {name: content for name, content in whole.items() if name != second},
        "two segments swapped": {**whole, second: whole[third], third: whole[second]},
        "the last line dropped": as_one(lines[:-1]),
        "the first segment dropped": {name: content for name, content in whole.items() if name != first},
    }
    for way, objects in ways.items():
        if objects == whole:
            yield f"{way}: nothing was spoilt"
            continue
        bucket.restore(objects)
        told, failure = verified()
        say(f"{way}: {next((line.strip() for line in told.splitlines()[1:2]), '')[:150]}")
        if not failure:
            yield f"{way}: not told"
    bucket.restore(whole)
    if verified()[1]:
        yield "what was restored is not whole"


def _with_another_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def killed(sandbox: RunningSandbox, bucket: Bucket, spool: Path) -> Iterator[str]:
    """Kill a sweep in its middle; yield what is wrong with what it leaves here and in the store."""
    bucket.restore({})
    for _ in range(ORDERS):
        sandbox.place("bitopro", SYMBOLS["bitopro"])
    sandbox.faults.add(kind="hang", route="cancels", seconds=120)
    os.environ["AIRFLOW_CONN_ACCOUNT"] = json.dumps(sandbox.connection("bitopro"))
    with subprocess.Popen([sys.executable, "-c", SWEEP, URL], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (sandbox.mutations("bitopro") and len(bucket.objects()) >= 1):
            time.sleep(0.02)
        time.sleep(0.5)  # so that the store has what was sent before, as it may lack the last segment
        process.send_signal(signal.SIGKILL)
    sandbox.reset()
    for where, path in (("here", str(spool)), ("in the store", URL)):
        for name, parts in attempts_at(path).items():
            attempt = check(name, parts)
            say(f"killed, {where}: {len(attempt.lines)} lines, {attempt.last.seq} the last, no verdict")
            if attempt.flaws or attempt.has_verdict or not attempt.lines:
                yield f"killed, {where}: {attempt.flaws or 'a verdict, or nothing at all'}"
            elif where == "here" and attempt.lines[-1].data.get("changes") is not True:
                yield "killed, here: the cancel that was under way is not recorded"


def hanging(sandbox: RunningSandbox) -> Iterator[str]:
    """Sweep with a store that answers nothing; yield by how much that took longer, if it did."""
    _, alone = sweep(sandbox, "bitopro", "")
    with silent_store() as endpoint:
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = connection(endpoint)
        report, beside = sweep(sandbox, "bitopro", URL)
    say(f"without evidence {alone:.2f} s, with a store that hangs {beside:.2f} s")
    if report.open_after != 0 or beside > alone + LONGER:
        yield f"a store that hangs makes a sweep of {alone:.2f} s last {beside:.2f} s"


def _in_store_or_spool(spool: Path) -> dict[str, Attempt]:
    """Check all attempts. On a busy machine a task may end before its store has all; the spool has that then."""
    found = {name: dict(parts) for name, parts in attempts_at(URL).items()}
    for name, kept in attempts_at(str(spool)).items() if spool.exists() else ():
        stretches = {part.stretch for part in kept}
        stored = {part: content for part, content in found.get(name, {}).items() if part.stretch not in stretches}
        found[name] = dict(sorted({**stored, **kept}.items()))
        say(f"in the spool, as the store was not waited for any longer: {len(kept)} files of {name}")
    return {name: check(name, parts) for name, parts in found.items()}


def in_airflow(sandbox: RunningSandbox, bucket: Bucket, endpoint: str, spool: Path) -> Iterator[str]:
    """Let Airflow sweep, told by its configuration to record; yield what is wrong with what it leaves."""
    bucket.restore({})
    for venue in VENUES:
        sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="cancelling", venue="bitopro", reads=8)
    env = {f"AIRFLOW_CONN_{venue.upper()}_DEFAULT": json.dumps(sandbox.connection(venue)) for venue in VENUES}
    env |= {"AIRFLOW__EXCHANGE__EVIDENCE": URL, "AIRFLOW__EXCHANGE__EVIDENCE_SPOOL": str(spool)}
    env |= {"AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True"}
    with AirflowDeployment(DAGS, env, triggerer=True) as airflow:
        fields = json.loads(connection(endpoint))
        airflow.api.post("connections", {**fields, "connection_id": CONN_ID, "extra": json.dumps(fields["extra"])})
        run = airflow.trigger("sweep_three_venues")
        if (state := run.wait()) != "success":
            yield f"Airflow's run: {state}"
        reports = {venue: run.task(f"cancel_{venue}").xcom("report") for venue in VENUES}
    found = _in_store_or_spool(spool)
    for venue, report in reports.items():
        told = report["evidence"] or {}
        attempt = found.get(str(told.get("name")))
        if attempt is None or not attempt.is_whole or attempt.last.hash != told["hash"]:
            flaws = ["no evidence in the store"] if attempt is None else attempt.flaws
            yield f"{venue} in Airflow: {flaws}"
            continue
        kinds = [line.kind for line in attempt.lines]
        say(f"{venue} in Airflow: {len(kinds)} lines, {kinds.count('deferred')} deferrals, {attempt.name}")
        if venue == "bitopro" and "deferred" not in kinds:
            yield "bitopro in Airflow: the task was not deferred"


def main() -> int:
    """Play everything."""
    segments.FIRST = segments.EVERY = 0.2  # so that there are segments to be spoilt
    with (
        tempfile.TemporaryDirectory() as folder,
        running_store() as (endpoint, bucket),
        running_sandbox() as sandbox,
    ):
        spool = Path(folder) / "spool"
        changes: dict[str, Any] = {
            "AIRFLOW_HOME": folder,
            "AIRFLOW__EXCHANGE__EVIDENCE_SPOOL": str(spool),
            f"AIRFLOW_CONN_{CONN_ID.upper()}": connection(endpoint),
        }
        os.environ.update(changes)
        wrong = [
            *recorded(sandbox, bucket),
            *spoilt(bucket),
            *killed(sandbox, bucket, spool),
            *hanging(sandbox),
        ]
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = connection(endpoint)
        wrong += in_airflow(sandbox, bucket, endpoint, Path(folder) / "spool of Airflow")
    insist(wrong)
    say("What was recorded is whole, what was spoilt is told, and a store that hangs delays nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
