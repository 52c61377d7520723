"""
What venues really show, in every way in which a selection is cancelled.

Each row of the table is one kind of answer that a clean-up must not take for something else. The paper exchange's
own book says what is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.errors import ExchangeError, InvalidOrderRequest, UndecidedOrdersError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.cli.test_commands import CONN, exchange, no_audit_log
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

__all__ = ["no_audit_log"]

QUICK: dict[str, Any] = {"timeout": 20, "poll_interval": 0.05, "flat_for": 0.05}


def by_task(conn_id: str, **selectors: Any) -> None:
    Task(CancelAllOrdersOperator(task_id="clean", exchange_conn_id=conn_id, **QUICK, **selectors)).run()


def by_triggerer(conn_id: str, **selectors: Any) -> None:
    operator = CancelAllOrdersOperator(
        task_id="clean", exchange_conn_id=conn_id, deferrable=True, **QUICK, **selectors
    )
    Task(operator).run()


def by_hook(conn_id: str, **selectors: Any) -> None:
    ExchangeHook.for_connection(conn_id).cancel_all_orders(**QUICK, **selectors)


def by_notifier(conn_id: str, **selectors: Any) -> None:
    CancelAllOrdersNotifier(conn_id, **QUICK, **selectors).notify({})


def by_awaited_notifier(conn_id: str, **selectors: Any) -> None:
    asyncio.run(CancelAllOrdersNotifier(conn_id, **QUICK, **selectors).async_notify({}))


def by_command(_conn_id: str, **selectors: Any) -> None:
    lists = {"--symbol": selectors.pop("symbols", ()), "--except-symbol": selectors.pop("except_symbols", ())}
    options = {f"--{name.replace('_', '-')}": value for name, value in selectors.items()}
    exchange(
        "cancel-all",
        *(*CONN, "--yes", "--timeout", str(QUICK["timeout"]), "--flat-for", str(QUICK["flat_for"])),
        *(
            word
            for flag, listed in lists.items()
            for symbol in ([listed] if isinstance(listed, str) else listed)
            for word in (flag, symbol)
        ),
        *(str(word) for option in options.items() for word in option),
    )


WAYS: tuple[Callable[..., None], ...] = (
    by_task,
    by_triggerer,
    by_hook,
    by_notifier,
    by_awaited_notifier,
    by_command,
)


@dataclass(frozen=True)
class Kind:
    """
    One kind of answer.

    :param faults: What the venue does.
    :param selectors: What is asked for, by the venue.
    :param raises: The error, if it is right to fail.
    :param says: What its text contains.
    :param left: How many of three orders of the market, and of one of another market, stay.
    :param venues: Where the kind can occur.
    """

    faults: tuple[Fault, ...] = ()
    selectors: Callable[[str], dict[str, Any]] = field(default=lambda _venue: {})
    raises: type[ExchangeError] | None = None
    says: str = ""
    left: tuple[int, int] = (0, 0)
    venues: tuple[str, ...] = ("nami", "bitopro", "loopring")


def odd(name: str, value: Any = None, *, real: bool = False) -> Fault:
    """An order among the others with one odd field: of the book, or beside it."""
    return Fault("odd_order", field=name, value=value, real=real)


def of_market(venue: str) -> dict[str, Any]:
    return {"symbols": [SYMBOLS[venue]]}


CLOSED = {"nami": "NAMIUSDT", "bitopro": "xrp_twd", "loopring": "LRC-DAI"}
WITH_CLIENT_IDS = ("bitopro", "loopring")
KINDS = {
    "one order of a market that no request can carry": Kind((odd("symbol"),), raises=UndecidedOrdersError),
    "such an order beside a selected market": Kind((odd("symbol"),), of_market, left=(0, 1)),
    "one order without a market": Kind((odd("symbol", ["?"]),), raises=UndecidedOrdersError),
    "one order without a market, beside a selected one": Kind(
        (odd("symbol", ["?"]),), of_market, raises=UndecidedOrdersError, left=(0, 1)
    ),
    "one order with an id that no request can carry": Kind((odd("order_id"),), raises=UndecidedOrdersError),
    "an odd price": Kind((odd("price", real=True),)),
    "a price with a comma": Kind((odd("price", "1,000.5", real=True),)),
    "an odd quantity": Kind((odd("quantity", {"amount": 1}, real=True),)),
    "an odd time that no filter asks for": Kind((odd("created_at", real=True),)),
    "an odd side that no filter asks for": Kind((odd("side", real=True),)),
    "an odd client order id that no filter asks for": Kind(
        (odd("client_order_id", real=True),), venues=WITH_CLIENT_IDS
    ),
    "an odd side with a filter on sides": Kind(
        (odd("side", real=True),), lambda _venue: {"side": "sell"}, UndecidedOrdersError, "side", (0, 1)
    ),
    "an odd time with a filter on age": Kind(
        (odd("created_at", real=True),),
        lambda _venue: {"older_than": 0},
        UndecidedOrdersError,
        "created_at",
        (0, 1),
        ("nami", "bitopro"),
    ),
    "an empty list, once": Kind((Fault("phantom_empty", requests=(1,)),)),
    "an empty list in its shortest form, once": Kind((Fault("null", requests=(1,)),)),
    "an answer from a cache": Kind((Fault("cached", requests=(2, 3)),)),
    "an answer from a cache that does not say so": Kind((Fault("cached", requests=(2, 3), tells_age=False),)),
    "times in seconds": Kind(
        (Fault("seconds"),), lambda _venue: {"older_than": 3600}, left=(3, 1), venues=("nami", "bitopro")
    ),
    "an age that the venue never tells": Kind(
        (), lambda _venue: {"older_than": 3600}, InvalidOrderRequest, "older_than", (3, 1), ("loopring",)
    ),
    "a market that the venue does not know": Kind(
        (),
        lambda venue: {"symbols": [SYMBOLS[venue], SYMBOLS[venue].replace("T", "TT").replace("t", "tt")]},
        InvalidOrderRequest,
        "did you mean",
        (0, 1),
    ),
    "a market that is closed": Kind((), lambda venue: {"symbols": [SYMBOLS[venue], CLOSED[venue]]}, left=(0, 1)),
    "a list of markets that cannot be read": Kind(
        (
            Fault("status", route="spot_config"),
            Fault("status", route="trading_pairs"),
            Fault("status", route="markets"),
        ),
        lambda venue: {"symbols": [SYMBOLS[venue], OTHER_SYMBOLS[venue].lower().replace("e", "ee")]},
        left=(0, 1),
    ),
    "a market that is to stay": Kind((), lambda venue: {"except_symbols": [OTHER_SYMBOLS[venue]]}, left=(0, 1)),
    "a market that is to stay, misspelt": Kind(
        (),
        lambda venue: {"except_symbols": [SYMBOLS[venue].replace("T", "TT").replace("t", "tt")]},
        InvalidOrderRequest,
        "did you mean",
        (3, 1),
    ),
    "a market that may be one that is to stay": Kind(
        (odd("symbol"),),
        lambda venue: {"except_symbols": [OTHER_SYMBOLS[venue]]},
        UndecidedOrdersError,
        "symbol",
        (0, 1),
    ),
    "orders that are to stay": Kind(
        (), lambda _venue: {"except_client_order_id_prefix": "71"}, left=(1, 0), venues=WITH_CLIENT_IDS
    ),
    "an odd client order id where some are to stay": Kind(
        (odd("client_order_id", real=True),),
        lambda _venue: {"except_client_order_id_prefix": "71"},
        UndecidedOrdersError,
        "client_order_id",
        (1, 1),
        WITH_CLIENT_IDS,
    ),
}
SPELLINGS = {
    "nami": ("BTC/USDT", "BTC-USDT", "btc_usdt", "btcusdt"),
    "bitopro": ("BTC/USDT", "BTC-USDT", "BTC_USDT"),
    "loopring": ("LRC/ETH", "lrc-eth", "LRC_ETH"),
}
CASES = [
    pytest.param(name, kind.venues[(turn + number) % len(kind.venues)], way, id=f"{name}-{way.__name__}")
    for number, (name, kind) in enumerate(KINDS.items())
    for turn, way in enumerate(WAYS)
]
"""Each kind goes every way, and occurs at every venue; the same code decides about it in all of them."""


@pytest.mark.parametrize(("name", "venue", "way"), CASES)
def test_a_kind_of_answer(
    connect: Connect, sandbox: RunningSandbox, name: str, venue: str, way: Callable[..., None]
) -> None:
    kind = KINDS[name]
    names = [{"client_order_id": each} for each in ("711", "811")] if venue in WITH_CLIENT_IDS else [{}, {}]
    selected = {sandbox.place(venue, SYMBOLS[venue], side="SELL", **name).order_id for name in (*names, {})}
    elsewhere = {sandbox.place(venue, OTHER_SYMBOLS[venue], side="SELL").order_id}
    if way is by_triggerer:
        sandbox.faults.add(Fault("cancelling", reads=3))  # or nothing would be left to wait for
    for fault in kind.faults:
        sandbox.faults.add(replace(fault, orders=tuple(elsewhere)) if fault.real else fault)
    error = failure_of(way, connect(venue), **kind.selectors(venue))
    assert type(error) in ({type(None)} if kind.raises is None else {kind.raises, SystemExit})
    assert kind.says in str(error)
    live = {order.order_id for order in sandbox.live(venue)}
    assert (len(live & selected), len(live & elsewhere)) == kind.left


def failure_of(way: Callable[..., None], conn_id: str, **selectors: Any) -> BaseException | None:
    """Return how it ended: with an error, which the command tells as it exits, or without one."""
    try:
        way(conn_id, **selectors)
    except AirflowFailException as failure:
        return failure.__cause__
    except (ExchangeError, SystemExit) as failure:
        return failure
    return None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("venue", "spelling"), [(venue, each) for venue in SPELLINGS for each in SPELLINGS[venue]])
def test_a_market_is_the_same_in_every_spelling(
    connect: Connect, sandbox: RunningSandbox, venue: str, spelling: str, way: Callable[..., None]
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    other = sandbox.place(venue, OTHER_SYMBOLS[venue]).order_id
    assert failure_of(way, connect(venue), symbols=spelling) is None
    assert [order.order_id for order in sandbox.live(venue)] == [other]


@pytest.mark.parametrize("way", WAYS)
def test_all_orders_are_those_of_both_books(
    connect: Connect, sandbox: RunningSandbox, way: Callable[..., None]
) -> None:
    sandbox.exchange.apply_settings(bitopro_margin="on")
    for book in ("bitopro", "bitopro_margin"):
        sandbox.place(book, SYMBOLS["bitopro"])
    assert failure_of(way, connect("bitopro")) is None
    assert [*sandbox.live("bitopro"), *sandbox.live("bitopro_margin")] == []


@pytest.mark.parametrize("way", WAYS[:-1])
@pytest.mark.parametrize("venue", WITH_CLIENT_IDS)
def test_a_number_that_native_rendering_made_of_a_text_names_nothing(
    connect: Connect, sandbox: RunningSandbox, venue: str, way: Callable[..., None]
) -> None:
    sandbox.place(venue, SYMBOLS[venue], client_order_id="202611")
    error = failure_of(way, connect(venue), client_order_id_prefix=202611)
    assert isinstance(error, InvalidOrderRequest)
    assert "render_template_as_native_obj" in str(error)
    assert len(sandbox.live(venue)) == 1


@pytest.mark.parametrize("way", WAYS[:-1])
@pytest.mark.parametrize("venue", WITH_CLIENT_IDS)
def test_a_client_order_id_of_two_live_orders_names_neither(
    connect: Connect, sandbox: RunningSandbox, venue: str, way: Callable[..., None]
) -> None:
    shared = {"symbol": SYMBOLS[venue], "client_order_id": "2147483647"}
    ids = [sandbox.place(venue, **shared).order_id for _ in range(2)]
    error = failure_of(way, connect(venue), orders=[shared])
    assert isinstance(error, InvalidOrderRequest)
    assert all(order_id in str(error) for order_id in ids)
    assert len(sandbox.live(venue)) == 2


@pytest.mark.parametrize("way", WAYS[:-1])
@pytest.mark.parametrize("venue", WITH_CLIENT_IDS)
def test_an_ended_namesake_hides_no_live_order(
    connect: Connect, sandbox: RunningSandbox, venue: str, way: Callable[..., None]
) -> None:
    shared = {"symbol": SYMBOLS[venue], "client_order_id": "2147483647"}
    for state in ("cancelled", "open", "filled"):
        sandbox.place(venue, **shared, state=state)
    assert failure_of(way, connect(venue), orders=[shared]) is None
    assert sandbox.live(venue) == []
