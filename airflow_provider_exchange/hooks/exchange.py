"""The hook that all exchanges share."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import cached_property
from importlib import import_module
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from airflow.providers.common.compat.connection import get_async_connection
from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.driver.route import find_route
from airflow_provider_exchange.errors import ConnectionConfigError, ExchangeError, InvalidOrderRequest
from airflow_provider_exchange.evidence.recorder import Recorder, record
from airflow_provider_exchange.exchanges.arguments import check_countdown, check_scope, check_seconds
from airflow_provider_exchange.get_provider_info import VENUES
from airflow_provider_exchange.hooks.connections import (
    check_conn_id,
    mask_secrets,
    open_account,
    read_settings,
    supported_type,
)
from airflow_provider_exchange.omitted import OMITTED, Omitted
from airflow_provider_exchange.operations.cancel import FLAT_FOR, Cancelling
from airflow_provider_exchange.operations.dead_mans_switch import (
    failed_to_set,
    set_switch,
    switch_of,
    time_to_set,
)
from airflow_provider_exchange.operations.selection import Selection, Selectors, order_refs
from airflow_provider_exchange.operations.watch import watched_orders
from airflow_provider_exchange.side_work import SESSION, SideWork

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    import requests
    from airflow.providers.common.compat.sdk import Connection

    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.check.witness import Witness
    from airflow_provider_exchange.driver.asynchronous import AsyncTransport
    from airflow_provider_exchange.driver.blocking import Transport
    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.driver.route import Route
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.hooks.pace import Pace
    from airflow_provider_exchange.models.orders import Order, OrderRef
    from airflow_provider_exchange.models.reports import CancelReport, CancelResult
    from airflow_provider_exchange.operations.switch_state import SwitchState
    from airflow_provider_exchange.protocol.observing import Observer
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["ExchangeHook"]

T = TypeVar("T")

READ_TIMEOUT = 30.0
"""Seconds within which a read is repeated."""


class ExchangeHook(BaseHook):
    """
    Reads and cancels the orders of one account at an exchange.

    The type of the connection says which exchange it is, for type ``ccxt`` the extra ``exchange``. The ``cancel_*``
    methods also confirm: they read the orders after the cancel and return what the exchange shows then. An error
    that ends them has what is known of each order in its attribute ``report``.

    :param exchange_conn_id: The Airflow connection, looked up on first use.
    """

    conn_name_attr = "exchange_conn_id"
    conn_type: ClassVar[str] = ""
    hook_name: ClassVar[str] = "Exchange"
    default_conn_name: ClassVar[str] = ""

    def __init__(self, exchange_conn_id: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exchange_conn_id = exchange_conn_id or self.default_conn_name
        self._stopped = False
        self._witness: Witness | None = None
        self._switch: SwitchState | None = None
        """What the exchange has confirmed last of its dead man's switch."""
        self._recorders: list[Recorder] = []
        self.evidence_told: list[str] = []
        """What there is to say of the evidence of its cancels, once it is closed: names, hashes, troubles."""

    @classmethod
    def for_connection(cls, conn_id: str) -> ExchangeHook:
        """
        Return the hook for a connection's type.

        :raises ConnectionConfigError: when its type is not one of this package's.
        """
        return cls._of(conn_id, cls.get_connection(check_conn_id(conn_id)))

    @classmethod
    async def afor_connection(cls, conn_id: str) -> ExchangeHook:
        """
        Return the hook for a connection's type, without blocking the event loop now or at first use.

        :raises ConnectionConfigError: when the connection cannot be used.
        """
        hook = await asyncio.to_thread(cls._ready, conn_id, await get_async_connection(check_conn_id(conn_id)))
        if (pace_conn_id := hook.settings.pace_conn_id) is not None:
            hook.pace = await (await asyncio.to_thread(_pace)).alooked_up(pace_conn_id)
        _ = hook.planner
        return hook

    @classmethod
    def _ready(cls, conn_id: str, connection: Connection) -> ExchangeHook:
        """Do what would block an event loop: import aiohttp, and send secrets to Airflow's masking supervisor."""
        import_module("airflow_provider_exchange.driver.asynchronous")
        hook = cls._of(conn_id, connection)
        _ = hook.exchange
        return hook

    @classmethod
    def _of(cls, conn_id: str, connection: Connection) -> ExchangeHook:
        hook: ExchangeHook = resolve_name(VENUES[supported_type(conn_id, connection)].hook)(conn_id)
        hook._connection = connection
        return hook

    def again(self) -> ExchangeHook:
        """Return a hook that is not stopped for the very connection that this one looked up."""
        hook = self._of(self.exchange_conn_id, self._connection)
        hook.pace = self.pace
        _ = hook.planner
        return hook

    @cached_property
    def _connection(self) -> Connection:
        return self.get_connection(self.exchange_conn_id)

    @cached_property
    def settings(self) -> ConnectionSettings:
        """The connection's fields."""
        connection = self._connection
        conn_type = supported_type(self.exchange_conn_id, connection)
        if self.conn_type and conn_type != self.conn_type:
            raise ConnectionConfigError(
                f"connection {self.exchange_conn_id!r} is of type {conn_type!r}; "
                f"{type(self).__name__} needs one of type {self.conn_type!r}"
            )
        return read_settings(self.exchange_conn_id, conn_type, connection)

    @cached_property
    def route(self) -> Route:
        """The way to the venue, to each of its hosts, for both drivers."""
        settings = self.settings
        url = settings.base_url(VENUES[settings.conn_type].host)
        return find_route(url, settings.verify, settings.proxy, settings.refuse, conn_id=settings.conn_id)

    @cached_property
    def exchange(self) -> Exchange:
        """The account. Its secrets, and those of the route, are registered with Airflow's secrets masker."""
        exchange = open_account(self.settings)
        exchange.secrets |= self.route.secrets
        mask_secrets(exchange)
        return exchange

    @cached_property
    def planner(self) -> Planner:
        """The planner of all requests over this connection, with its rate limits and clock."""
        exchange, settings = self.exchange, self.settings
        shared = None if self.pace is None else self.pace.of(exchange, settings)
        return Planner(exchange.name, exchange.limits, settings.request_timeout, settings.rate_limit, shared=shared)

    @cached_property
    def pace(self) -> Pace | None:
        """The pace of all workers, if the connection names where it is kept."""
        conn_id = self.settings.pace_conn_id
        return None if conn_id is None else _pace().looked_up(conn_id)

    @cached_property
    def _transport(self) -> Transport:
        from airflow_provider_exchange.driver.blocking import Transport, new_session

        return Transport(new_session(self.route))

    def _drive(self, plan: Plan[T]) -> T:
        transport = self._transport
        if self._stopped:  # before the transport was there to be told
            transport.stop()
        return transport.run(plan)

    @asynccontextmanager
    async def async_transport(self) -> AsyncIterator[AsyncTransport]:
        """Open an HTTP session for use on an event loop, and close it at the end."""
        from airflow_provider_exchange.driver.asynchronous import AsyncTransport, new_async_session

        route = await asyncio.to_thread(lambda: self.route)
        session = new_async_session(route)
        try:
            yield AsyncTransport(session, route)
        finally:
            await SideWork().attempt_async("close the HTTP session", session.close())

    def get_conn(self) -> requests.Session:
        """Return the HTTP session. Requests made with it directly are not signed."""
        return self._transport.session

    def run(
        self,
        operation: Operation[T],
        timeout: float,
        *,
        repeat_reads: bool = True,
        observer: Observer | None = None,
    ) -> T:
        """
        Run an operation, blocking.

        :param timeout: Seconds for the whole operation.
        :param repeat_reads: Whether reads that fail with a transient error are repeated within the timeout.
        :param observer: Is told of each request and its answer.
        :raises ExchangeError: what the operation raises.
        """
        return self._drive(self.planner.plan(operation, timeout, repeat_reads=repeat_reads, observer=observer))

    def stop(self) -> None:
        """Stop a running operation at once; nothing more is sent with this hook, whenever the stop comes."""
        self._stopped = True
        if "_transport" in self.__dict__:
            self._transport.stop()

    def close(self) -> None:
        """
        Close the HTTP session, if one was opened. The hook may be used again, unless it was stopped.

        Evidence that is on its way is waited for, two seconds at most for what hangs.
        """
        transport = self.__dict__.pop("_transport", None)
        if transport is not None:
            SideWork().attempt("close the HTTP session", transport.session.close, uses=SESSION)
        patient = True
        while self._recorders:
            recorder = self._recorders.pop(0)
            patient = recorder.close(patient=patient) and patient
            self.evidence_told += recorder.told

    def get_order(self, order_id: Any = None, symbol: Any = None, client_order_id: Any = None) -> Order:
        """
        Read one order, live or ended.

        :param order_id: The venue's id; exactly one of this and ``client_order_id``.
        :param symbol: The market, where the venue needs it beside the id.
        :param client_order_id: The id that the client gave the order.
        :raises OrderNotFoundError: when the venue does not know it.
        """
        ref = self.exchange.check_ref(order_id, symbol, client_order_id)
        return self.run(self.exchange.read_order(ref), READ_TIMEOUT)

    def list_open_orders(self, symbol: Any = None) -> list[Order]:
        """
        List every live order, conditional orders too.

        :param symbol: Only orders of this market, in any spelling that the venue uses; None for all. A market that
            the venue does not have looks like one without orders.
        """
        only = None if symbol is None else self.exchange.check_symbol(symbol)
        listed = self.run(self.exchange.list_open(None if only is None else {only}), READ_TIMEOUT)
        return [order for order in listed if only in (None, order.symbol)]

    def read_orders(
        self, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
    ) -> list[Order | None]:
        """
        Read several orders once, in few requests. A transient error is raised at once.

        :param refs: From :meth:`check_orders`.
        :param seen: Results of earlier reads; orders that had ended are not read again.
        :return: One for each reference; None where the venue does not show the order.
        """
        return self._drive(self.plan_reading(refs, seen))

    def plan_reading(
        self, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
    ) -> Plan[list[Order | None]]:
        """Return the plan behind :meth:`read_orders`, for either driver; same arguments."""
        return self.planner.plan(watched_orders(self.exchange, refs, seen), READ_TIMEOUT, repeat_reads=False)

    def check_orders(self, orders: Any, symbols: Any = OMITTED, field: str = "orders") -> tuple[OrderRef, ...]:
        """
        Check a list of orders without sending anything.

        :param orders: Dicts with ``order_id`` and ``symbol``, or ids if ``symbols`` names exactly one.
        :param symbols: A symbol or a list of them.
        :param field: The argument's name, for messages.
        :raises InvalidOrderRequest: when an item does not name an order.
        """
        checked = Selectors(symbols=symbols).check(self.exchange).symbols
        return order_refs(self.exchange, orders, checked, field)

    def cancel_order(
        self,
        order_id: Any = None,
        symbol: Any = None,
        client_order_id: Any = None,
        *,
        wait_for_completion: bool = True,
        timeout: float = 60,
        poll_interval: float = 2,
        options: Mapping[str, Any] | None = None,
        evidence: Any = None,
    ) -> CancelResult:
        """
        Cancel one order and return what became of it, including ``filled`` and ``rejected``.

        :param order_id: The venue's id; exactly one of this and ``client_order_id``.
        :param symbol: The market, where the venue needs it beside the id.
        :param client_order_id: The id that the client gave the order.
        :param wait_for_completion: Whether to continue until the venue shows the outcome.
        :param timeout: Seconds for the whole call.
        :param poll_interval: Seconds between two reads.
        :param options: Parameters of the cancel that only this venue has.
        :param evidence: Where to record every request and answer: a folder, or a URL as of ``ObjectStoragePath``.
            None for what ``[exchange] evidence`` of Airflow's configuration says, "" for nowhere.
        :raises ExchangeError: naming the order, when its outcome was not confirmed.
        """
        check_seconds(timeout, "timeout")
        check_seconds(poll_interval, "poll_interval")
        work = Cancelling(
            self.exchange,
            Selection(orders=(self.exchange.check_ref(order_id, symbol, client_order_id),)),
            self.exchange.check_options(options),
            wait=wait_for_completion,
            lists=False,
        )
        self._run_recorded(work, poll_interval, timeout, evidence)
        return work.result()

    def cancel_orders(self, orders: Any, symbols: Any = OMITTED, **kwargs: Any) -> CancelReport:
        """
        Cancel the named orders and no other.

        :param orders: Dicts with ``order_id`` and ``symbol``, or ids if ``symbols`` names exactly one.
        :param symbols: A symbol or a list of them.
        :param kwargs: As of :meth:`cancel_all_orders`.
        """
        if isinstance(orders, Omitted):
            raise InvalidOrderRequest("orders is left out; name the orders, or call cancel_all_orders")
        return self.cancel_all_orders(symbols=symbols, orders=orders, **kwargs)

    def cancel_all_orders(
        self,
        symbols: Any = OMITTED,
        orders: Any = OMITTED,
        side: Any = OMITTED,
        older_than: Any = None,
        client_order_id_prefix: Any = OMITTED,
        except_symbols: Any = OMITTED,
        except_client_order_id_prefix: Any = OMITTED,
        *,
        max_orders: int | None = None,
        flat_for: float = FLAT_FOR,
        dry_run: bool = False,
        wait_for_completion: bool = True,
        timeout: float = 300,
        poll_interval: float = 2,
        options: Mapping[str, Any] | None = None,
        evidence: Any = None,
    ) -> CancelReport:
        """
        Cancel all open orders, or a selection, until none of them is open.

        An argument left out does not restrict the selection. None or an empty value is an error.

        :param symbols: A symbol or a list of them, in any spelling that the venue uses. One that names no market of
            the venue is an error, which is raised after the cancels.
        :param orders: Exactly these: dicts with ``order_id`` and ``symbol``, or ids if ``symbols`` names just one.
        :param side: ``"buy"`` or ``"sell"``.
        :param older_than: Minimum age by the venue's clock, as a ``timedelta`` or in seconds. It is an error at a
            venue that tells no order's age.
        :param client_order_id_prefix: What the client order id starts with.
        :param except_symbols: A symbol or a list of them, whose orders stay open. One that names no market of the
            venue is an error, which is raised before any cancel. So is a list of markets that cannot be read,
            unless each of these has an open order.
        :param except_client_order_id_prefix: What the client order id does not start with. An order without one is
            cancelled.
        :param max_orders: Raise an error before cancelling when more orders than this are selected in total.
        :param flat_for: Seconds between the two reads of the open orders that prove that nothing selected is open.
            What appears between them is cancelled, too, and the proof begins anew. With 0 the second read follows
            at once.
        :param dry_run: Only read. An order of which it cannot be told whether it is selected is reported as
            ``undecided``.
        :param wait_for_completion: Whether to continue until the venue shows every outcome.
        :param timeout: Seconds for the whole call.
        :param poll_interval: Seconds between two rounds.
        :param options: Parameters of a cancel that only this venue has.
        :raises ExchangeError: naming every order whose outcome was not confirmed.
        """
        check_seconds(timeout, "timeout")
        check_seconds(poll_interval, "poll_interval")
        work = Cancelling(
            self.exchange,
            Selectors(
                symbols,
                orders,
                side,
                older_than,
                client_order_id_prefix,
                except_symbols,
                except_client_order_id_prefix,
            ).check(self.exchange),
            self.exchange.check_options(options),
            max_orders=max_orders,
            flat_for=flat_for,
            wait=wait_for_completion,
            dry_run=dry_run,
        )
        return self._run_recorded(work, poll_interval, timeout, evidence)

    def _run_recorded(self, work: Cancelling, poll_interval: float, timeout: float, evidence: Any) -> CancelReport:
        recorder = record(evidence, self.exchange, work.asked)
        if recorder.is_recording or recorder.told:
            self._recorders.append(recorder)
        with recorder.ending_with_errors():
            report = self.run(work.run(poll_interval), timeout, observer=recorder)
        return recorder.end(report)

    def arm_dead_mans_switch(self, countdown: Any, *, scope: Any = OMITTED) -> SwitchState:
        """
        Start the countdown anew at whose end the exchange itself cancels the orders of the account.

        Nothing here calls it again in time; that is up to the caller.

        :param countdown: As a ``timedelta`` or in whole seconds, within the exchange's bounds.
        :param scope: Has to be ``"account"``: the switch cancels what nobody named.
        :return: When the exchange acts, as it has confirmed itself.
        :raises InvalidOrderRequest: when the exchange has no such switch; nothing was sent.
        :raises ExchangeError: when it has confirmed nothing that fits; it says until when the account is covered.
        """
        check_scope(scope)
        return self._set_switch(check_countdown(countdown))

    def disarm_dead_mans_switch(self, *, scope: Any = OMITTED) -> SwitchState:
        """
        End the countdown, and return once the exchange confirms that none runs.

        :param scope: Has to be ``"account"``.
        :raises ExchangeError: when that is not confirmed: the orders may still go when the countdown ends.
        """
        check_scope(scope)
        return self._set_switch(0)

    def _set_switch(self, countdown: int) -> SwitchState:
        exchange = self.exchange
        switch_of(exchange, countdown)
        try:
            self._switch = self.run(set_switch(exchange, countdown), time_to_set(countdown))
        except ExchangeError as error:
            raise failed_to_set(error, self._switch, exchange.conn_id, countdown) from error
        return self._switch

    def check(self, symbol: Any = None, *, cancel_right: bool = False, timeout: float = 30) -> CheckReport:
        """
        Look at everything that this package reads of the account, and hold it against what the adapter assumes.

        It only reads, a few requests for each thing, and takes a second or two. What cannot be read is a finding
        and no error.

        :param symbol: A market in which the account has traded; None for one in which it has an open order.
        :param cancel_right: Whether to cancel an order that cannot exist, which is the only proof that the key may
            cancel. Nothing else is sent that could change anything.
        :param timeout: Seconds for all of it.
        :raises ConnectionConfigError: when the connection cannot be used.
        """
        from airflow_provider_exchange.check.run import planned_check
        from airflow_provider_exchange.check.witness import Witness

        only = None if symbol is None else self.exchange.check_symbol(symbol)
        check_seconds(timeout, "timeout")
        self._witness = Witness(self.planner.clock)
        return self._drive(
            planned_check(
                self.exchange,
                self.planner,
                self._witness,
                symbol=only,
                cancel_right=cancel_right,
                timeout=timeout,
            )
        )

    def transcript(self) -> str:
        """
        Return what the venue answered during the latest :meth:`check`, as a JSON document for a bug report.

        It holds no secret and nothing of the account: names are replaced, amounts multiplied by random factors.

        :raises ValueError: when nothing was checked with this hook.
        """
        from airflow_provider_exchange.check.transcript import transcript

        if self._witness is None:
            raise ValueError("nothing was checked with this hook yet")
        settings = self.settings
        return transcript(self.exchange, settings.conn_type, self._witness, settings.login)

    def test_connection(self) -> tuple[bool, str]:
        """Make one read-only call with the key, and report the venue's clock offset to this machine."""
        try:
            self.run(self.exchange.probe(), READ_TIMEOUT, repeat_reads=False)
            server_time = self.exchange.server_time()
            if server_time is not None:
                shown = self.run(server_time, READ_TIMEOUT, repeat_reads=False)
                self.planner.venue_clock.observe_server_time(shown)
        except (ExchangeError, AirflowNotFoundException) as error:
            return False, str(error)
        offset = self.planner.venue_clock.measured_offset
        clocks = "" if offset is None else f" Its clock is {offset / 1000:+.1f} s from this machine's."
        return True, f"{self.exchange.title} accepts the key for reading.{clocks}"


def _pace() -> type[Pace]:
    """Return what only connections need that name a pace."""
    from airflow_provider_exchange.hooks.pace import Pace

    return Pace
