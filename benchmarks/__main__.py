"""
Measures everything, prints the table, and writes it into ``docs/benchmarks.md``.

With ``--once`` every measurement runs once and at a hundredth of its size, and nothing is written or held against a
target: that shows only that all of them can still be made.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path

from benchmarks.effort import Effort
from benchmarks.processes import ROOT
from benchmarks.table import Row, markdown

PAGE = """# Benchmarks

`make bench` prints this table and writes this page. It was measured on {machine},
in {minutes:.0f} minutes on {day}.

Candidates take turns, round by round in one run, so that whatever else the machine does meets all alike. Shown is
the best round and, in brackets, the decile: what one round in ten undercuts. The ratio is theirs over ours: how
many times cheaper ours is. Rows beside a target say whether a promise is kept.

The venues are paper exchanges on the same machine. At Loopring itself [nothing can be traded any
more](venues.md#loopring).

{table}

## What is compared

- **EdDSA signature**: CPU of one warm signature of Loopring's scheme, in Python alone and with `gmpy2`, beside the
  textbook version that the tests hold it to, and beside {ethsnarks}
- **EdDSA tables**: CPU by which the first signature of a process takes longer than that of a second key.
- **HMAC headers**: CPU of signing one read.
- **Import**: CPU on top of `import airflow.sdk`, a process each, all in one environment.
- **Orders until none is open**: from the first request to the last cancel, at 20 ms an answer. The loops neither
  pace themselves nor look whether anything is left; ours does both. The paper exchange holds no limits here, as
  the loops would break them. A loop over 2,000 orders at Loopring's 5 requests a second would take 400 s and was
  not run. ccxt's batch is faster: it lists and cancels, and does not look again. More than 400 orders it would
  put into one header, which servers refuse; here it was given 400 at a time.
- **200 orders at 50 ms, limits held**: the promise is that none is open after 0.5 s at BitoPro and Nami, and that
  this is proved `flat_for`, 1 s by default, and one answer later. Loopring takes at most 5 requests a second of a
  kind, and 10 orders a batch: 9 requests to list the orders by type and state, 20 batches, 5 requests to see the
  list empty and 5 pages of ended orders take {bound:.2f} s at the least. The promise is 10 % more.
- **Open orders watched**: requests of one interval; CPU of one interval, in the sensor's process. An `HttpSensor`
  asks for an answer of 60 bytes, without a signature.
- **Triggers of one order each**: a thousand of them on one event loop, as in one triggerer.
- **CPU of one read through the hook**: signing, pacing, deadline and typed parsing, over a bare session's
  `get().json()` of a request that was signed before. Each side lists the open orders, which takes two requests at
  BitoPro (spot and margin) and at Loopring (two types of orders); shown is one of them.
- **Exchanges reached with ccxt**: a process for each import and each account. The loop's longest standstill is
  by how much a sleep of 2 ms was late while the account was made in a thread, in a process that has loaded what a
  triggerer has. A cancel and its proof are a read, the cancel and a read on both sides, on ccxt's with its classes
  for blocking code, whose markets were loaded before; at Bybit ccxt makes two requests more. OKX and Bybit show
  conditional orders in lists of their own, which count among the fewest.
- **200 orders until proved flat**: nothing is promised here. ccxt's cancel-all is a single request at Binance and
  Bybit, and reaches whatever is open in the market when it arrives. Ours never sends it: every cancel names its
  orders. Binance's spot has no call that names several, so ours sends 200 cancels, 20 at the same time. ccxt reads
  one list of the market, which at OKX shows a page and has to be read again; ours reads every list of the account.
- **Recorded**: seconds until the report is there, with [evidence](evidence.md) and without. The promise is that a
  store that hangs changes nothing, but for 10 % that sweeps differ by.
- **Sweeps**: CPU an order, and the growth of the process's peak memory; waiting is skipped.
"""

ETHSNARKS = """`ethsnarks-loopring` 0.1.5. Two of its requirements, `pyblake2` and
  `pysha3`, no longer build; it was installed with `pip install --no-deps`, and given both as a few lines over
  `hashlib` and `pycryptodome`."""
NO_ETHSNARKS = "`ethsnarks-loopring`, which did not install here."


def main() -> int:
    """Measure. Returns 1 when a promise is missed, unless everything ran but once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "--once", action="store_true", help="run everything once and small; write and judge nothing"
    )
    parser.add_argument(
        "--against", type=Path, metavar="WHEEL", help="hold this checkout against an earlier release instead"
    )
    asked = parser.parse_args()
    effort = Effort(once=asked.once)
    # Connections come from the environment; no Airflow of the user's is read.
    os.environ["AIRFLOW_HOME"] = str(ROOT / "build" / "benchmarks" / "airflow")
    logging.disable(logging.WARNING)
    if asked.against is not None:
        from benchmarks.against import compare

        return compare(asked.against, effort)
    from benchmarks.flat import SWEEP, SWEEP_LATENCY, loopring_bound, sweeps, time_to_flat
    from benchmarks.growth import growth
    from benchmarks.importing import imports
    from benchmarks.paper import Paper
    from benchmarks.recording import recording
    from benchmarks.signing import eddsa, hmac
    from benchmarks.through_ccxt import through_ccxt
    from benchmarks.watching import hook_overhead, watching

    began = time.monotonic()
    rows: list[Row] = []
    parts = (
        eddsa(effort),
        hmac(Paper("http://127.0.0.1:1"), effort),
        imports(effort),
        hook_overhead(effort),
        sweeps(effort),
        time_to_flat(effort),
        watching(effort),
        through_ccxt(effort),
        recording(effort),
        growth(effort),
    )
    for measured in chain(*parts):
        row = replace(measured, most=None) if effort.once else measured
        rows.append(row)
        print("  ".join(row.cells()), file=sys.stderr, flush=True)
    table = markdown(rows)
    print(table)
    if effort.once:
        print(
            f"{len(rows)} comparisons ran once and small, in {time.monotonic() - began:.0f} s; no time was judged."
        )
        return 0
    built = any(row.beside.startswith("ethsnarks") for row in rows)
    page = PAGE.format(
        machine=machine(),
        minutes=max(1, (time.monotonic() - began) / 60),
        day=time.strftime("%d %B %Y"),
        table=table,
        ethsnarks=ETHSNARKS if built else NO_ETHSNARKS,
        bound=loopring_bound(SWEEP, SWEEP_LATENCY),
    )
    (ROOT / "docs" / "benchmarks.md").write_text(page)
    return int(not all(row.kept for row in rows))


def machine() -> str:
    """Say what this ran on, in general terms."""
    cores = os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kind = next(
        (line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")),
        platform.machine(),
    )
    return (
        f"a virtual machine with {cores} cores ({kind}) and {memory:.0f} GiB,\nshared with other work, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


if __name__ == "__main__":
    sys.exit(main())
