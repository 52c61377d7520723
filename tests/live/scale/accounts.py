"""Thirty accounts: three venues at each of ten paper exchanges, which run in this process."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, VENUES, connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

EXCHANGES = 10


class Account(NamedTuple):
    """
    An account of a venue at one of the exchanges.

    :param venue: its name.
    :param exchange: the number of the exchange.
    """

    venue: str
    exchange: int

    @property
    def conn_id(self) -> str:
        return f"{self.venue}_{self.exchange}"

    @property
    def symbol(self) -> str:
        """The market whose orders are swept."""
        return SYMBOLS[self.venue]

    @property
    def other_symbol(self) -> str:
        """A market whose orders have to stay."""
        return OTHER_SYMBOLS[self.venue]


ALL = tuple(Account(venue, number) for number in range(EXCHANGES) for venue in VENUES)
SWEPT: Mapping[str, tuple[Account, ...]] = {
    "sweep_all": ALL,
    "sweep_some": ALL[:15],  # more than there are slots on the workers: some tasks are queued while others run
    "sweep_deferred": ALL[:9],
}
"""The accounts that a DAG sweeps, each in a mapped task."""
WATCHED: Mapping[str, Account] = {
    str(7000 + number): account
    for number, account in enumerate(each for each in ALL[15:] if each.venue != "loopring")
}
"""By the id of an order: the account in which a sensor watches it."""

SHARED = tuple(Account(venue, 0) for venue in ("nami", "bitopro", "okx"))
"""Those of which many tasks share the key; the last is reached with ccxt."""
SHARES = tuple(tuple(str(8000 + 10 * task + number) for number in range(5)) for task in range(8))
"""The orders of each of the tasks that share a key."""


class Exchanges:
    """
    :param sandboxes: all exchanges, by number.
    """

    def __init__(self, sandboxes: list[RunningSandbox]) -> None:
        self.sandboxes = sandboxes

    def at(self, account: Account) -> RunningSandbox:
        return self.sandboxes[account.exchange]

    @property
    def ports(self) -> frozenset[int]:
        """Where they listen."""
        return frozenset(int(sandbox.base_url.rpartition(":")[2]) for sandbox in self.sandboxes)

    def set(self, **settings: Any) -> None:
        """Change a setting of every exchange, such as ``latency``."""
        for sandbox in self.sandboxes:
            sandbox.exchange.apply_settings(**settings)

    def connection(self, account: Account) -> dict[str, Any]:
        """Return the fields of the connection to an account."""
        return connection(self.at(account), account.venue)

    def live(self, account: Account) -> frozenset[str]:
        """Return the ids of the orders that can still trade."""
        return frozenset(order.order_id for order in self.at(account).live(account.venue))

    def log(self, account: Account) -> list[Logged]:
        """Return the requests so far."""
        return [each for each in self.at(account).request_log if each.venue == account.venue]

    def add_fault(self, **rule: Any) -> None:
        """Let every exchange misbehave from now on."""
        for sandbox in self.sandboxes:
            sandbox.faults.add(**rule)

    def clear_faults(self) -> None:
        for sandbox in self.sandboxes:
            sandbox.faults.clear()

    def reset(self) -> None:
        """Empty all books and logs, and let every exchange behave."""
        for sandbox in self.sandboxes:
            sandbox.reset()
        self.set(latency=0.0)


@contextmanager
def running_exchanges() -> Iterator[Exchanges]:
    """Serve them all from threads of this process, with their limits."""
    with ExitStack() as stack:
        yield Exchanges([stack.enter_context(running_sandbox(rate_limits=True)) for _ in range(EXCHANGES)])
