"""Hyperliquid: whose account is read, and what its lists leave to be understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    RequestRefusedError,
    TransientError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profiles import hyperliquid, hyperliquid_answers
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sandbox.hyperliquid.account import HyperliquidAccount
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import Account
from tests.sweeps import cancel_order, sweep

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
OF_KEY = "0x14791697260e4c9a71f18484c9f997b308e59325"
"""The address of the key."""
OTHER = "0x" + "7" * 40


def checked(account: str, found: Any) -> None:
    made = Ccxt.from_settings(
        ConnectionSettings("any", "ccxt", login=account, password=KEY, extra={"exchange": "hyperliquid"})
    )
    hyperliquid.check_owner(made.client.ccxt, found)


@pytest.mark.parametrize(
    ("account", "found"),
    [
        (OF_KEY, {"role": "user"}),
        (OF_KEY.upper().replace("0X", "0x"), {"role": "user"}),
        (OTHER, {"role": "agent", "data": {"user": OTHER}}),
        ("0x" + "aB" * 20, {"role": "agent", "data": {"user": "0x" + "Ab" * 20}}),
    ],
)
def test_a_key_may_act_for_its_own_account_and_for_that_which_approved_it(account: str, found: Any) -> None:
    checked(account, found)


@pytest.mark.parametrize(
    ("account", "found", "words"),
    [
        (OTHER, {"role": "user"}, "that of another account than the wallet address names"),
        (OTHER, {"role": "agent", "data": {"user": OF_KEY}}, "an API wallet of another account"),
        # The address of the API wallet itself: it has no orders, and the account behind it may have some.
        (OF_KEY, {"role": "agent", "data": {"user": OTHER}}, "an API wallet of another account"),
        (OTHER, {"role": "missing"}, "its approval has expired"),
        (OF_KEY, {"role": "missing"}, "does not know the private key's address"),
    ],
)
def test_an_account_that_is_not_the_keys_is_refused(account: str, found: Any, words: str) -> None:
    with pytest.raises(AuthenticationError, match=words):
        checked(account, found)


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {"role": None},
        {"role": "vault"},
        {"role": "subAccount", "data": {"master": OF_KEY}},
        {"role": []},
        {"role": "agent"},
        {"role": "agent", "data": OTHER},
        {"role": "agent", "data": {"user": 7}},
    ],
)
def test_what_does_not_say_whose_it_is_proves_nothing(found: Any) -> None:
    with pytest.raises(UnreadableResponseError, match="whose the private key is"):
        checked(OTHER, found)


def test_the_empty_list_of_another_account_is_no_success(sandbox: RunningSandbox) -> None:
    """A wrong address, and the API wallet's own: the list is there, and it is empty."""
    order = sandbox.place("hyperliquid", "BTC")
    for wrong in (OTHER, OF_KEY):
        stranger = Account(sandbox, "hyperliquid", login=wrong)
        with pytest.raises(AuthenticationError):
            sweep(stranger)
        with pytest.raises(AuthenticationError):
            stranger.run(stranger.exchange.read_order(OrderRef(order.order_id, "BTC")))
        stranger.close()
    assert sandbox.mutations("hyperliquid") == []
    assert sandbox.live("hyperliquid") == [order]


@pytest.mark.parametrize("wrong", [OTHER, OF_KEY])
def test_no_cancel_leaves_once_the_account_is_known_to_be_another_ones(sandbox: RunningSandbox, wrong: str) -> None:
    """Neither of the named order, which the key could cancel, nor of what the other account shows."""
    order = sandbox.place("hyperliquid", "BTC")
    stranger = Account(sandbox, "hyperliquid", login=wrong)
    with pytest.raises(AuthenticationError, match="wallet address names"):
        stranger.run(
            cancel_order(stranger.exchange, OrderRef(order.order_id, "BTC"), {}, poll_interval=0.1), timeout=10
        )
    refs = [OrderRef(order.order_id, "BTC"), OrderRef("7", "BTC")]
    for cancellation in (stranger.exchange.cancel_one(refs[0], {}), *stranger.exchange.cancel_several(refs, {})):
        assert cancellation is not None
        with pytest.raises(AuthenticationError, match="wallet address names"):
            stranger.run(cancellation.operation)
    stranger.close()
    assert sandbox.mutations("hyperliquid") == []


def test_cancels_do_not_wait_for_an_answer_about_the_key(sandbox: RunningSandbox) -> None:
    sandbox.place("hyperliquid", "BTC")
    sandbox.faults.add(Fault("status", "hyperliquid", "role", status=500))
    account = Account(sandbox, "hyperliquid")
    with pytest.raises(TransientError):
        sweep(account, timeout=30)
    account.close()
    assert sandbox.live("hyperliquid") == []


def test_an_account_that_signs_for_itself_needs_no_api_wallet() -> None:
    with running_sandbox(Accounts(hyperliquid=HyperliquidAccount(OF_KEY, OF_KEY, KEY))) as sandbox:
        sandbox.place("hyperliquid", "BTC")
        account = Account(sandbox, "hyperliquid")
        sweep(account)
        assert sandbox.live("hyperliquid") == []
        account.close()


def test_a_market_that_the_list_has_not_is_never_guessed(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "hyperliquid")
    cancel = account.exchange.cancel_one(OrderRef("7", "NOSUCH"), {})
    assert cancel is not None
    with pytest.raises(RequestRefusedError, match="has no 'NOSUCH'"):
        account.run(cancel.operation)
    assert sandbox.mutations("hyperliquid") == []
    account.close()


def test_a_number_that_cannot_be_read_keeps_no_other_order_open(sandbox: RunningSandbox) -> None:
    """The number of a spot market follows from its name; that of a perpetual is in a list, which fails here."""
    perpetual = sandbox.place("hyperliquid", "BTC")
    sandbox.place("hyperliquid", "@107")
    sandbox.faults.add(Fault("status", "hyperliquid", "markets", status=500))
    account = Account(sandbox, "hyperliquid")
    with pytest.raises(TransientError):
        sweep(account, timeout=30)
    account.close()
    assert sandbox.live("hyperliquid") == [perpetual]


# -- what answers leave to be understood

ROW = {"coin": "BTC", "oid": 7, "origSz": "2.0", "sz": "1.5", "children": []}


def test_orders_of_the_list_are_open_unless_it_says_otherwise() -> None:
    assert [row["status"] for row in hyperliquid_answers.data([ROW, {**ROW, "status": "odd"}])] == ["open", "odd"]


def test_a_child_that_is_shown_alone_is_an_order_too() -> None:
    child = {**ROW, "oid": 8, "children": [{**ROW, "oid": 9}]}
    parent = {**ROW, "children": [child, {**ROW, "oid": 10}]}
    found = hyperliquid_answers.data([{**ROW, "oid": 10}, parent])
    assert sorted(row["oid"] for row in found) == [7, 8, 10]


@pytest.mark.parametrize("places", [(0, 1), (1, 0)], ids=["earliest first", "latest first"])
def test_of_two_states_in_one_millisecond_the_end_counts(places: tuple[int, int]) -> None:
    states = [{"order": ROW, "status": status, "statusTimestamp": 1} for status in ("open", "filled")]
    (row,) = hyperliquid_answers.data([states[place] for place in places])
    assert row["status"] == "filled"


def test_of_several_states_the_latest_counts_whatever_their_order() -> None:
    told = [
        {"order": ROW, "status": status, "statusTimestamp": at} for at, status in enumerate(("open", "canceled"))
    ]
    for rows in (told, told[::-1]):
        (row,) = hyperliquid_answers.data(rows)
        assert (row["status"], row["sz"]) == ("canceled", "1.5")


@pytest.mark.parametrize(
    ("status", "left"), [("open", None), ("triggered", None), ("filled", "0"), ("canceled", "1.5")]
)
def test_what_is_left_is_told_where_it_is_known(status: str, left: str | None) -> None:
    assert (
        hyperliquid_answers.data({"status": "order", "order": {"order": ROW, "status": status}}).get("sz") == left
    )


def test_no_word_for_an_end_is_one_for_a_live_order() -> None:
    live = {word for word, state in hyperliquid_answers.STATES.items() if not state.is_terminal}
    assert live == {"open", "triggered"}
    assert hyperliquid_answers.STATES["filled"] is OrderState.FILLED


def test_only_cancels_that_name_their_orders_are_signed() -> None:
    changing = {endpoint for endpoint in hyperliquid.PROFILE.endpoints() if endpoint.changes}
    assert changing == {hyperliquid.EXCHANGE}
    book = hyperliquid.PROFILE.books[0]
    assert book.batch is not None
    for action in (book.cancel.by_id("7", "0"), book.batch.by_ids([("7", "0")])):
        assert json.loads(json.dumps(action)) == {"type": "cancel", "cancels": [{"a": 0, "o": 7}]}
