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
from airflow_provider_exchange.sandbox.faults import Faults
from airflow_provider_exchange.sandbox.replay import Recording, ReplayServer
from airflow_provider_exchange.sandbox.server import Server
from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.sandbox.accounts import Accounts
    from airflow_provider_exchange.sandbox.book import Book, PaperOrder
    from airflow_provider_exchange.sandbox.fault_rules import Fault
    from airflow_provider_exchange.sandbox.server import Listener
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
    with _served(lambda: Server(exchange, host, port)) as base_url:
        yield RunningSandbox(exchange, base_url)


@contextmanager
def replayed(transcript: str | Path, *, venues: Iterable[type[AnyVenue]] = VENUES) -> Iterator[dict[str, Any]]:
    """
    Serve what a venue answered during a check, and yield the fields of a connection to it.

    :param transcript: the file that ``airflow exchange check --transcript`` wrote.
    :param venues: the paper venues, of which one is the transcript's.
    :raises ValueError: the file is no transcript, or one of another venue.
    """
    recording = Recording.of(transcript, venues)
    with _served(lambda: ReplayServer(recording)) as base_url:
        yield recording.connection(base_url)


def check_transcript(transcript: str | Path, *, venues: Iterable[type[AnyVenue]] = VENUES) -> CheckReport:
    """
    Check the venue of a transcript once more, as it was then.

    A regression test is one line: ``assert not check_transcript("nami.json").wrong``.

    :param transcript: as for :func:`replayed`.
    :param venues: the paper venues, of which one is the transcript's.
    """
    # The server loads nothing of the client, unless somebody asks for both.
    from airflow_provider_exchange.check.run import planned_check
    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.driver.blocking import Transport, new_session
    from airflow_provider_exchange.driver.plan import Planner
    from airflow_provider_exchange.exchanges import load_exchange
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

    options = Recording.of(transcript, venues).options
    with replayed(transcript, venues=venues) as fields:
        settings = ConnectionSettings(conn_id="replayed", **fields)
        exchange = load_exchange(settings.conn_type).from_settings(settings)
        planner = Planner(exchange.name, {}, settings.request_timeout)  # a recording has no limits
        transport = Transport(new_session())
        try:
            return transport.run(
                planned_check(
                    exchange,
                    planner,
                    Witness(planner.clock),
                    symbol=options.get("symbol"),
                    cancel_right=options.get("cancel_right", False),
                )
            )
        finally:
            transport.session.close()


@contextmanager
def _served(make: Callable[[], Listener]) -> Iterator[str]:
    """Run a server in a thread of its own, and yield its base URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="paper-exchange", daemon=True)
    thread.start()

    async def started() -> Listener:
        server = make()
        await server.start()
        return server

    try:
        server = asyncio.run_coroutine_threadsafe(started(), loop).result()
        try:
            yield server.base_url
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
