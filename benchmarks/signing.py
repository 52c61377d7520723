"""What a signature costs."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import interleaved
from benchmarks.processes import ROOT, NotInstalledError, Worker, environment, run
from benchmarks.table import Row
from tests.stepping import first_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.effort import Effort
    from benchmarks.paper import Paper

__all__ = ["eddsa", "hmac"]

ROUNDS = 15
PURE_TARGET, FAST_TARGET, TABLES_TARGET = 0.45e-3, 0.2e-3, 5e-3
COUNTS = {"ethsnarks-loopring": 1, "textbook": 4, "pure": 150, "gmpy2": 400}


def eddsa(effort: Effort) -> Iterator[Row]:
    """
    Loopring's EdDSA, in processes of their own that take turns.

    :param effort: How much is measured.
    """
    script = "eddsa.py"
    with ExitStack() as stack:
        workers = {
            "pure": Worker(sys.executable, script, "pure"),
            "gmpy2": Worker(sys.executable, script, "gmpy2"),
            "textbook": Worker(sys.executable, script, "textbook"),
        }
        rival = _ethsnarks()
        if rival is not None:
            site = next((ROOT / "build" / "benchmarks" / "ethsnarks" / "lib").glob("python*/site-packages"))
            own = {"PYTHONPATH": str(site)}
            workers["ethsnarks-loopring"] = Worker(rival, "ethsnarks.py", env=own)
        for worker in workers.values():
            stack.callback(worker.close)
            worker(1)
        took = interleaved(
            {name: partial(worker, effort.size(COUNTS[name])) for name, worker in workers.items()},
            effort.rounds(ROUNDS),
        )
    firsts: dict[str, Callable[[], float]] = {
        name: lambda name=name: float(run(sys.executable, "benchmarks/workers/first_signature.py", name))  # type: ignore[misc]
        for name in ("pure", "gmpy2")
    }
    tables = interleaved(firsts, effort.rounds(ROUNDS))
    for other in ("textbook", "ethsnarks-loopring"):
        for ours in ("pure", "gmpy2"):
            if other in took:
                yield Row(f"EdDSA signature, {ours}", other, took[ours], took[other])
    yield Row.target("EdDSA signature, pure", took["pure"], PURE_TARGET)
    yield Row.target("EdDSA signature, gmpy2", took["gmpy2"], FAST_TARGET)
    yield Row.target("EdDSA tables at first use, pure", tables["pure"], TABLES_TARGET)
    yield Row.target("EdDSA tables at first use, gmpy2", tables["gmpy2"], TABLES_TARGET)


def _ethsnarks() -> Path | None:
    """Return a Python with what the library needs; None where that or the library cannot be installed."""
    try:
        # Its declared requirements pysha3 and pyblake2 do not build: it is installed without them.
        environment("ethsnarks", "ethsnarks-loopring", options=("--no-deps",))
        return environment("ethsnarks-needs", "bitstring", "pycryptodome")
    except NotInstalledError:
        return None


def hmac(paper: Paper, effort: Effort) -> Iterator[Row]:
    """
    The headers of one read at BitoPro.

    :param paper: A paper exchange, which is not asked.
    :param effort: How much is measured.
    """
    exchange, client = paper.exchange("bitopro"), paper.ccxt()
    call = first_call(exchange.read_order(exchange.check_ref("1", "btc_usdt")))
    count = effort.size(500)

    def ours() -> float:
        began = time.thread_time()
        for nonce in range(count):
            call.begin(nonce)
        return (time.thread_time() - began) / count

    def theirs() -> float:
        params = {"pair": "btc_usdt", "orderId": "1"}
        began = time.thread_time()
        for _ in range(count):
            client.sign("orders/{pair}/{orderId}", ["private"], "GET", params)
        return (time.thread_time() - began) / count

    took = interleaved({"ours": ours, "theirs": theirs}, effort.rounds(30))
    yield Row("HMAC headers of a read, BitoPro", "ccxt bitopro.sign", took["ours"], took["theirs"])
