"""A symbol of which no order was open: a market without orders, one that is no longer traded, or a typing error."""

from __future__ import annotations

import logging
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.operations.markets import LONGEST_CHECK, check_markets
from airflow_provider_exchange.protocol.steps import Pause
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sandbox.protocol import Answer
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, VENUES, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.protocol import Handler, ReceivedRequest
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

MISSPELT = {"nami": "BTCUDST", "bitopro": "btc_ustd", "loopring": "LCR-ETH"}
UNLIKE_ANY = {"nami": "XQZWKJ", "bitopro": "xqz_wkj", "loopring": "XQZ-WKJ"}
CLOSED = {"nami": "NAMIUSDT", "bitopro": "xrp_twd", "loopring": "LRC-DAI"}
DELISTED = {"nami": "LUNAUSDT", "bitopro": "luna_twd", "loopring": "LUNA-ETH"}
"""Markets that the list does not have."""
LISTS = {"nami": "spot_config", "bitopro": "trading_pairs", "loopring": "markets"}
HISTORIES = {"nami": "history", "bitopro": "orders_of_pair", "loopring": "orders"}
OTHERS = "All other selected orders are gone."


def check(account: Account, *symbols: str, timeout: float = 60) -> None:
    account.run(check_markets(account.exchange, symbols, others=OTHERS), timeout)


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_nothing_is_read_for_no_symbol(account: Account) -> None:
    check(account)
    assert account.requests == []


def test_a_market_without_orders_takes_one_read(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        check(account, SYMBOLS[account.venue], OTHER_SYMBOLS[account.venue])
    assert account.requests == [LISTS[account.venue]]
    assert not [record for record in caplog.records if record.name.endswith("operations.markets")]


def test_a_misspelt_market_is_an_error_that_names_the_market_that_was_meant(account: Account) -> None:
    wrong, meant = MISSPELT[account.venue], SYMBOLS[account.venue]
    with pytest.raises(InvalidOrderRequest) as caught:
        check(account, OTHER_SYMBOLS[account.venue], wrong)
    title = account.exchange.title
    assert f"{account.venue}: {wrong} is no market of {title}; did you mean {meant}" in str(caught.value)
    assert OTHER_SYMBOLS[account.venue] not in str(caught.value).partition(";")[0]


def test_every_unknown_market_is_named(account: Account) -> None:
    with pytest.raises(InvalidOrderRequest) as caught:
        check(account, UNLIKE_ANY[account.venue], MISSPELT[account.venue])
    title = account.exchange.title
    assert f"{UNLIKE_ANY[account.venue]} is no market of {title}." in str(caught.value)
    assert f"{MISSPELT[account.venue]} is no market of {title}; did you mean" in str(caught.value)


def test_a_market_that_takes_no_orders_is_told_about(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        check(account, CLOSED[account.venue])
    assert f"{CLOSED[account.venue]} is not traded at present" in caplog.text
    assert account.requests == [LISTS[account.venue]]


def test_a_delisted_market_is_known_by_the_account_s_history(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    delisted = DELISTED[account.venue]
    with pytest.raises(InvalidOrderRequest, match=delisted):
        check(account, delisted)
    account.place(symbol=SYMBOLS[account.venue], state="filled")
    account.place(symbol=delisted, state="cancelled")
    with caplog.at_level(logging.INFO):
        check(account, delisted)
    assert f"{delisted} is not traded at present" in caplog.text
    assert account.requests[-1] == HISTORIES[account.venue]


@pytest.mark.parametrize("spelling", ["slash", "hyphen"])
def test_the_history_may_spell_the_market_otherwise(sandbox: RunningSandbox, spelling: str) -> None:
    sandbox.exchange.apply_settings(nami_spelling=spelling)
    with closing(Account(sandbox, "nami")) as nami:
        nami.place(symbol=DELISTED["nami"], state="cancelled")
        check(nami, DELISTED["nami"])


@contextmanager
def answering(
    account: Account, route: str, handler: Callable[[Handler, ReceivedRequest], Answer]
) -> Iterator[None]:
    """Let a function answer one route of the account's venue; it gets the real handler, too."""
    venue = account.sandbox.exchange.venues[account.venue]
    known = venue.routes
    venue.routes = [
        replace(each, handler=partial(handler, each.handler)) if each.name == route else each for each in known
    ]
    try:
        yield
    finally:
        venue.routes = known


def test_orders_of_another_market_do_not_make_a_market_known(account: Account) -> None:
    """A venue may ignore a filter that it does not understand."""
    account.place(symbol=SYMBOLS[account.venue], state="filled")
    kept: list[Answer] = []

    def ignoring_the_filter(handler: Handler, request: ReceivedRequest) -> Answer:
        if not kept:
            kept.append(handler(request))
        return kept[0]

    with answering(account, HISTORIES[account.venue], ignoring_the_filter):
        assert account.run(account.exchange.has_orders(SYMBOLS[account.venue]))
        with pytest.raises(InvalidOrderRequest, match="is no market"):
            check(account, MISSPELT[account.venue])


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 404},
        {"kind": "html"},
        {"kind": "rate_limit", "retry_after": "30"},
        {"kind": "drop_before"},
        {"kind": "truncate"},
        {"kind": "empty_200"},
        {"kind": "hang"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
@pytest.mark.parametrize("route", [LISTS, HISTORIES], ids=["list", "history"])
@pytest.mark.parametrize("venue", VENUES)
def test_what_cannot_be_read_is_a_warning_and_no_more(
    sandbox: RunningSandbox,
    venue: str,
    route: Mapping[str, str],
    fault: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = Account(sandbox, venue, request_timeout=0.3 if fault["kind"] == "hang" else 5)
    sandbox.faults.add(Fault(route=route[venue], **fault))
    began = account.transport.clock.skipped
    check(account, MISSPELT[venue])
    (warning,) = warnings_in(caplog)
    assert MISSPELT[venue] in warning
    assert account.requests.count(route[venue]) == 1, "it is not repeated"
    assert account.transport.clock.skipped - began <= LONGEST_CHECK
    account.close()


@pytest.mark.parametrize("members", [[], None], ids=["empty", "null"])
def test_an_empty_list_proves_nothing(
    account: Account, members: list[Any] | None, caplog: pytest.LogCaptureFixture
) -> None:
    bodies: dict[str, Any] = {
        "nami": {"status": "ok", "data": members},
        "bitopro": {"data": members},
        "loopring": {"markets": members},
    }
    with answering(account, LISTS[account.venue], lambda _handler, _request: Answer(bodies[account.venue])):
        check(account, MISSPELT[account.venue])
    (warning,) = warnings_in(caplog)
    assert "could not be checked" in warning


def test_the_check_does_not_take_longer_than_the_operation_around_it(account: Account) -> None:
    account.stop_the_clock()
    account.planner.hold(3600)

    def operation() -> Operation[str]:
        yield Pause(1)
        yield from check_markets(account.exchange, [MISSPELT[account.venue]], others=OTHERS)
        return "done"

    assert account.run(operation(), timeout=3) == "done"
    assert account.transport.clock.skipped == 3
    assert account.requests == []
