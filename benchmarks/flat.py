"""How long it takes until a book is empty, and until that is proved."""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests

from airflow_provider_exchange.operations.cancel import FLAT_FOR
from airflow_provider_exchange.sandbox.accounts import Accounts
from benchmarks.measure import Timing, interleaved
from benchmarks.paper import SYMBOLS, VENUES, Paper
from benchmarks.processes import paper_exchange
from benchmarks.table import Row
from tests.stepping import first_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.effort import Effort

__all__ = ["sweeps", "time_to_flat"]

LATENCY = 0.02
ROUNDS = {10: 3, 200: 1, 2000: 1}
CCXT_BATCH = 400
"""Orders for which ccxt's header still fits what servers take; it does not see to that itself."""
SWEEP_LATENCY = 0.05
SWEEP_ROUNDS = 5
SWEEP = 200


def time_to_flat(effort: Effort) -> Iterator[Row]:
    """
    Cancel everything, beside loops that neither pace themselves nor prove anything: how long orders stay open.

    The paper exchange takes 20 ms for an answer and holds no limits, which the loops would break.

    :param effort: How much is measured.
    """
    with paper_exchange(latency=LATENCY) as url, Paper(url) as paper:
        for full, rounds in ROUNDS.items():
            for venue in VENUES:
                if venue == "loopring" and full > SWEEP:
                    continue  # minutes of waiting for its 5 requests a second
                count = effort.size(full)
                rivals = _rivals(paper, venue)
                ways: dict[str, Callable[[list[str]], None]] = {"ours": partial(_ours, paper, venue), **rivals}
                runs = {name: partial(_emptied, paper, venue, count, way) for name, way in ways.items()}
                took = interleaved(runs, effort.rounds(rounds))
                for name in rivals:
                    yield Row(f"{count:,} orders until none is open, {venue}", name, took["ours"], took[name])


def sweeps(effort: Effort) -> Iterator[Row]:
    """
    Cancel 200 orders at 50 ms, with the venues' limits held.

    :param effort: How much is measured.
    """
    count = effort.size(SWEEP)
    targets = {"bitopro": 0.5, "nami": 0.5, "loopring": 1.1 * loopring_bound(count, SWEEP_LATENCY)}
    with paper_exchange(latency=SWEEP_LATENCY, rate_limits="on") as url, Paper(url) as paper:
        for venue, target in targets.items():
            emptied, proved = [], []
            for _ in range(effort.rounds(SWEEP_ROUNDS)):
                proved.append(_timed(paper, venue, count, partial(_ours, paper, venue)))
                emptied.append(paper.emptied_after())
                time.sleep(1)  # or the next round would wait for the windows of this one
            what = f"{count} orders at 50 ms, limits held, {venue}"
            yield Row.target(f"{what}, until none is open", Timing(tuple(sorted(emptied))), target)
            proof = f"{what}, until that is proved"
            yield Row.target(proof, Timing(tuple(sorted(proved))), target + FLAT_FOR + SWEEP_LATENCY)


def loopring_bound(count: int, latency: float) -> float:
    """
    Return the least seconds that Loopring's limits allow for a sweep, one request after the other.

    The orders are listed, batches of 10 cancelled, the list is seen empty, and the ended orders are read. A listing
    takes pages of 50 that overlap by one order, two requests for the other live states, and one each for all states
    and for stop orders. Without more than a page of orders in the account, it takes the last two only. Of each
    endpoint any second takes 5 requests.
    """
    pages = max(1, -(-(count - 1) // 49))
    is_short = count < 50
    batches = -(-count // 10)
    before = 2 if is_short else 4 + pages
    after = 2 + pages if is_short else 5 + pages
    return sum(_paced(requests, latency) for requests in (before, batches, after))


def _paced(requests: int, latency: float) -> float:
    """Return the least seconds for so many requests, of which any second takes 5."""
    windows = (requests - 1) // 5
    return windows + (requests - 5 * windows) * latency


def _timed(paper: Paper, venue: str, count: int, way: Callable[[list[str]], None]) -> float:
    ids = paper.fill(venue, count)
    began = time.perf_counter()
    way(ids)
    took = time.perf_counter() - began
    if left := paper.live(venue):
        raise RuntimeError(f"{left} orders are left at {venue}")
    return took


def _emptied(paper: Paper, venue: str, count: int, way: Callable[[list[str]], None]) -> float:
    _timed(paper, venue, count, way)
    return paper.emptied_after()


def _ours(paper: Paper, venue: str, _ids: list[str]) -> None:
    hook = paper.hook(venue)
    try:
        hook.cancel_all_orders()
    finally:
        hook.close()


def _rivals(paper: Paper, venue: str) -> dict[str, Callable[[list[str]], None]]:
    if venue == "bitopro":
        client = paper.ccxt()

        def one_by_one(_ids: list[str]) -> None:
            for order in client.fetch_open_orders("BTC/USDT"):
                client.cancel_order(order["id"], "BTC/USDT")

        def batch(_ids: list[str]) -> None:
            ids = [order["id"] for order in client.fetch_open_orders("BTC/USDT")]
            for start in range(0, len(ids), CCXT_BATCH):
                client.cancel_orders(ids[start : start + CCXT_BATCH], "BTC/USDT")

        return {"ccxt one by one": one_by_one, "ccxt batch": batch}
    if venue == "nami":
        return {"vendor-style loop": lambda ids: _nami_loop(paper.base_url, ids)}
    return {"vendor-style loop, 5 a second": lambda ids: _loopring_loop(paper, ids)}


def _nami_loop(base_url: str, ids: list[str]) -> None:
    """Cancel as the vendor's page shows it: one order a request, a connection each."""
    account = Accounts()["nami"]
    for order_id in ids:
        params = {
            "symbol": SYMBOLS["nami"],
            "displayingId": order_id,
            "allowNotification": "false",
            "timestamp": int(time.time() * 1000),
        }
        signature = hmac.new(account.secret.encode(), urlencode(params).encode(), hashlib.sha256).hexdigest()
        body = {**params, "allowNotification": False, "signature": signature}
        url = f"{base_url}/api/v4/spot/order"
        requests.delete(url, json=body, headers={"x-api-key": account.key}, timeout=30).raise_for_status()


def _loopring_loop(paper: Paper, ids: list[str]) -> None:
    """Cancel one order a request, at the venue's pace. Signed by us: the vendor's client takes 0.2 s for that."""
    exchange = paper.exchange("loopring")
    for order_id in ids:
        began = time.monotonic()
        cancellation = exchange.cancel_one(exchange.check_ref(order_id), {})
        assert cancellation is not None  # noqa: S101
        request = first_call(cancellation.operation).begin(0)
        requests.delete(request.url, headers=dict(request.headers), timeout=30).raise_for_status()
        time.sleep(max(0.0, 0.2 - (time.monotonic() - began)))
