"""Play thousands of runs, print what came of them, and exit with 1 if a law was broken."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from functools import partial
from itertools import count, islice
from pprint import pformat
from typing import TYPE_CHECKING

from airflow_provider_exchange.operations.table import aligned
from tests.chaos.adapters import ADAPTERS
from tests.chaos.verdict import AS_BUILT, VARIANTS, Verdict, play_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RUNS = 3000
WORKERS = 10
"""More than a small machine has cores: a server that does not answer costs time, not work."""


def play_many(seed: int, numbers: Sequence[int], adapter: str, variant: str = AS_BUILT) -> list[Verdict]:
    """Play runs in several processes; tell which laws they break, unless a variant is to break them."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(WORKERS) as pool:
        verdicts = []
        playing = partial(play_one, seed, adapter=adapter, variant=variant)
        for verdict in pool.imap_unordered(playing, numbers, chunksize=4):
            verdicts.append(verdict)
            for law, what in verdict.violations if variant == AS_BUILT else ():
                print(f"run {verdict.number}: {law}: {what}", flush=True)
        return verdicts


def table(verdicts: Sequence[Verdict]) -> str:
    """Say what came of the runs."""
    from tests.chaos.judge import LAWS

    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.group].append(verdict)
    head = ["", "runs", "deferrable", "deferrals", "successes", "honest failures", *LAWS, "worst s over deadline"]
    rows = [_row(name, groups[name]) for name in sorted(groups)] + [_row("all", verdicts)]
    failures = Counter(verdict.ending for verdict in verdicts if verdict.ending != "success")
    kinds = ", ".join(f"{count} {kind}" for kind, count in failures.most_common())
    return "\n".join([*aligned(head, rows, right=head, ruled=False), f"failures: {kinds}"])


def _row(name: str, verdicts: Iterable[Verdict]) -> list[str]:
    from tests.chaos.judge import LAWS

    listed = list(verdicts)
    honest = sum(verdict.ending != "success" and not verdict.violations for verdict in listed)
    return [
        name,
        str(len(listed)),
        str(sum(verdict.deferrable for verdict in listed)),
        str(sum(verdict.deferrals for verdict in listed)),
        str(sum(verdict.ending == "success" for verdict in listed)),
        str(honest),
        *(str(sum(verdict.broke(law) for verdict in listed)) for law in LAWS),
        f"{max(0.0, *(verdict.late for verdict in listed)):.2f}",
    ]


def figure(verdicts: Sequence[Verdict], seed: int, adapter: str) -> str:
    """
    Say what the second read of a list is good for.

    Only the runs in which a list might lie are played again without it, as in no other it could make a difference.
    """
    liars = [verdict.number for verdict in verdicts if verdict.lies]
    counts = [
        sum(verdict.broke("false success") for verdict in played)
        for played in (verdicts, *(play_many(seed, liars, adapter, variant) for variant in VARIANTS[1:]))
    ]
    told = ", ".join(f"{count} {variant}" for count, variant in zip(counts, VARIANTS, strict=True))
    return (
        f"false successes: {told}; for the last two, only the {len(liars)} runs in which a list might lie were "
        "played again"
    )


def replay(seed: int, number: int, adapter: str) -> int:
    """Play one run again and show everything about it."""
    from tests.chaos.judge import violations
    from tests.chaos.play import play
    from tests.chaos.scenario import draw

    scenario = draw(seed, number, adapter)
    evidence = play(scenario)
    found = violations(evidence)
    for part in (
        pformat(scenario),
        "\n".join(
            f"{order.order_id} {order.symbol} {order.state} filled {order.filled}" for order in evidence.book
        ),
        "\n".join(evidence.records),
        f"returned {pformat(evidence.xcom)}" if evidence.error is None else f"raised {evidence.error!r}",
        f"{evidence.late:.2f} s over the deadline, after {evidence.requests} requests",
        f"{evidence.deferrals} deferrals, {evidence.restarts} restarts of the triggerer",
        pformat(found) if found else "no law broken",
    ):
        print(part, end="\n\n")
    return bool(found)


def exchange_of(number: int, adapter: str) -> str:
    """Return where a run is played, without which of the exchange's books."""
    venues = ADAPTERS[adapter].venues
    return venues[number % len(venues)].partition("_")[0]


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="drawn anew unless given")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--run", type=int, help="play this one alone, and show everything about it")
    parser.add_argument("--exchange", help="play only the runs at this one")
    parser.add_argument("--adapter", choices=sorted(ADAPTERS), default="native", help="what they are played over")
    asked = parser.parse_args()
    known = {exchange_of(number, asked.adapter) for number in range(len(ADAPTERS[asked.adapter].venues))}
    if asked.exchange not in {None, *known}:
        parser.error(f"no run is played at {asked.exchange!r}, but at one of {', '.join(sorted(known))}")
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    with tempfile.TemporaryDirectory(prefix="exchange-chaos-") as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        print(f"seed {seed}", flush=True)
        if asked.run is not None:
            return replay(seed, asked.run, asked.adapter)
        started = time.monotonic()
        numbers = (number for number in count() if asked.exchange in (None, exchange_of(number, asked.adapter)))
        verdicts = play_many(seed, [*islice(numbers, asked.runs)], asked.adapter)
        print(table(verdicts))
        print(figure(verdicts, seed, asked.adapter))
        broken = sum(bool(verdict.violations) for verdict in verdicts)
        took = time.monotonic() - started
        print(f"{broken} of {len(verdicts)} runs broke a law; all took {took:.0f} s; seed {seed}")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
