"""
A paper exchange inside the test process::

    with running_sandbox() as sandbox:
        order = sandbox.place("bitopro", "btc_usdt", quantity="0.5")
        ...  # run the client under test against sandbox.base_url
        assert not sandbox.live("bitopro")
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.exchange import Logged, PaperExchange
from airflow_provider_exchange.sandbox.faults import Fault, Faults
from airflow_provider_exchange.sandbox.server import Server
from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_exchange.sandbox.accounts import Accounts
    from airflow_provider_exchange.sandbox.book import Book, PaperOrder
    from airflow_provider_exchange.sandbox.venue import AnyVenue


class RunningSandbox:
    """
    A running paper exchange, with access to its books, faults and log.

    :param base_url: where it listens.
    :param exchange: the exchange: ``books``, ``faults``, ``settings``, ``log``.
    """

    def __init__(self, exchange: PaperExchange, base_url: str) -> None:
        self.exchange = exchange
        self.base_url = base_url

    @property
    def place(self) -> Callable[..., PaperOrder]:
        """Add an order to a book; see :meth:`.PaperExchange.place`."""
        return self.exchange.place

    @property
    def faults(self) -> Faults:
        """The fault rules."""
        return self.exchange.faults

    @property
    def request_log(self) -> list[Logged]:
        """Every request to a venue so far, oldest first."""
        return list(self.exchange.log)

    def book(self, venue: str) -> Book:
        """Return a venue's book."""
        return self.exchange.books[venue]

    def live(self, venue: str) -> list[PaperOrder]:
        """Return the venue's orders that can still trade, regardless of faults in its answers."""
        return self.exchange.books[venue].live()

    def mutations(self, venue: str | None = None) -> list[Logged]:
        """Return the requests so far that could change a book."""
        return [each for each in self.request_log if each.mutating and venue in (None, each.venue)]

    def connection(self, venue: str) -> dict[str, Any]:
        """Return the fields of a connection to the venue's paper account; see :meth:`.Accounts.connection`."""
        return self.exchange.accounts.connection(venue, self.base_url)

    def reset(self) -> None:
        """Clear everything; see :meth:`.PaperExchange.reset`."""
        self.exchange.reset()


@contextmanager
def running_sandbox(
    accounts: Accounts | None = None,
    *,
    faults: Iterable[Fault] = (),
    seed: int = 0,
    host: str = "127.0.0.1",
    port: int = 0,
    venues: Iterable[type[AnyVenue]] = VENUES,
    **settings: Any,
) -> Iterator[RunningSandbox]:
    """
    Serve a paper exchange from a thread of this process.

    :param accounts: the accounts; the public paper accounts when ``None``.
    :param faults: the fault rules at the start.
    :param seed: random seed for rules with a probability.
    :param host: a loopback address.
    :param port: 0 for any free one.
    :param venues: the venues, such as ``[*VENUES, MyVenue]``.
    :param settings: such as ``rate_limits=True``: see :meth:`.PaperExchange.apply_settings`.
    """
    exchange = PaperExchange(accounts, Faults(faults, seed), venues, **settings)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="paper-exchange", daemon=True)
    thread.start()

    async def started() -> Server:
        server = Server(exchange, host, port)
        await server.start()
        return server

    try:
        server = asyncio.run_coroutine_threadsafe(started(), loop).result()
        try:
            yield RunningSandbox(exchange, server.base_url)
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
