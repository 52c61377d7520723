"""A selection of orders, against the paper exchange: nothing that was not named, and flat when done."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    InvalidOrderRequest,
    OrdersStillOpenError,
)
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.models.reports import CancelReport, Outcome
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import IDS_SUFFICE, OTHER_SYMBOLS, SYMBOLS, UNKNOWN_IDS, Account
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def sweep(account: Account, timeout: float = 60, **kwargs: Any) -> CancelReport:
    how = {name: kwargs.pop(name) for name in ("max_orders", "wait", "dry_run", "options") if name in kwargs}
    selection = Selectors(**kwargs).check(account.exchange)
    options = account.exchange.check_options(how.pop("options", None))
    return account.run(cancel_orders(account.exchange, selection, options, poll_interval=2, **how), timeout)


def live(account: Account) -> set[str]:
    return {order.order_id for order in account.sandbox.live(account.venue)}


def test_everything_open_goes_conditional_orders_too(account: Account) -> None:
    ids = set(account.place(5) + account.place(2, stop_price="90") + account.place(filled="0.25"))
    report = sweep(account)
    assert {result.ref.order_id for result in report.results} == ids
    assert report.outcomes == {Outcome.CANCELLED: 8}
    assert all(result.confirmed for result in report.results)
    assert report.open_after == 0
    assert live(account) == set()


@pytest.mark.parametrize(
    ("venue", "orders", "requests"), [("bitopro", 150, 1), ("nami", 150, 2), ("loopring", 25, 3)]
)
def test_the_fewest_requests_are_sent(sandbox: RunningSandbox, venue: str, orders: int, requests: int) -> None:
    account = Account(sandbox, venue)
    account.place(orders)
    assert len(sweep(account).results) == orders
    assert len(account.mutations) == requests
    assert live(account) == set()
    account.close()


def test_with_nothing_open_nothing_is_sent(account: Account) -> None:
    account.place(3, state="cancelled")
    report = sweep(account)
    assert (report.results, report.open_after) == ((), 0)
    assert account.mutations == []
    # The lists of live orders are read twice, and both reads agree. Loopring's is asked for by type, and BitoPro's
    # spot orders are looked for before all others.
    times = {"nami": {2}, "loopring": {4}, "bitopro": {3, 2}}
    assert set(Counter(account.requests).values()) == times[account.venue]


def test_only_the_given_symbols_go(account: Account) -> None:
    keep = set(account.place(3, symbol=OTHER_SYMBOLS[account.venue]))
    account.place(3)
    report = sweep(account, symbols=SYMBOLS[account.venue])
    assert len(report.results) == 3
    assert live(account) == keep
    sweep(account, symbols=[SYMBOLS[account.venue], OTHER_SYMBOLS[account.venue]])
    assert live(account) == set()


def test_only_the_given_side_goes(account: Account) -> None:
    account.place(2, side="BUY")
    keep = set(account.place(2, side="SELL"))
    sweep(account, side="buy")
    assert live(account) == keep


def test_only_the_old_ones_go_by_the_venues_clock(account: Account) -> None:
    if not account.exchange.tells_age:
        pytest.skip(f"{account.exchange.title} tells no order's age")
    account.sandbox.exchange.apply_settings(skew=0.0)
    account.place(2, age=7200)
    keep = set(account.place(2, age=600))
    sweep(account, older_than=timedelta(hours=1))
    assert live(account) == keep
    sweep(account, older_than=300)
    assert live(account) == set()


@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_only_those_with_the_prefix_go(sandbox: RunningSandbox, venue: str) -> None:
    account = Account(sandbox, venue)
    account.place(1, client_order_id="711")
    account.place(1, client_order_id="712")
    keep = set(account.place(1, client_order_id="811") + account.place(1))
    sweep(account, client_order_id_prefix="71")
    assert live(account) == keep
    account.close()


def test_named_orders_go_and_no_other(account: Account) -> None:
    (first, second, third) = account.place(3)
    ended = account.place(state="filled")[0]
    symbol = SYMBOLS[account.venue]
    report = sweep(account, orders=[{"order_id": each, "symbol": symbol} for each in (first, ended, third)])
    assert report.outcomes == {Outcome.CANCELLED: 2, Outcome.FILLED: 1}
    assert live(account) == {second}


def test_bare_ids_stand_beside_one_symbol(account: Account) -> None:
    (first, second) = account.place(2)
    sweep(account, orders=[first], symbols=[SYMBOLS[account.venue]])
    assert live(account) == {second}


def test_one_tasks_result_feeds_the_next(account: Account) -> None:
    account.place(3)
    listed = sweep(account, dry_run=True).summary()["orders"]
    account.place(1)
    report = sweep(account, orders=listed)
    assert report.outcomes == {Outcome.CANCELLED: 3}
    assert len(live(account)) == 1


def test_named_orders_of_other_markets_are_told_apart(account: Account) -> None:
    """The same id under another symbol is not the order that was named."""
    (order_id,) = account.place()
    wrong = {"order_id": order_id, "symbol": OTHER_SYMBOLS[account.venue]}
    if account.venue in IDS_SUFFICE:
        with pytest.raises(InvalidOrderRequest):
            sweep(account, orders=[wrong])
    else:
        assert sweep(account, orders=[wrong]).outcomes == {Outcome.NOT_FOUND: 1}
    assert live(account) == {order_id}


def test_an_order_that_ends_a_sweep_does_not_hide_the_others(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "loopring")
    (order_id, other) = account.place(2)
    account.sandbox.faults.add(Fault("refuse_cancel"))
    wrong = {"order_id": order_id, "symbol": OTHER_SYMBOLS["loopring"]}
    with pytest.raises(ExchangeError, match="belongs to") as caught:
        sweep(account, orders=[{"order_id": other}, wrong])
    assert {ref.order_id for ref in caught.value.orders} == {order_id, other}
    account.close()


def test_orders_that_appear_meanwhile_are_taken_in_the_next_round(account: Account) -> None:
    account.place(3)
    added: list[str] = []

    def trade_on(request: Request) -> None:
        if request.method in ("DELETE", "PUT") and len(added) < 2:
            added.extend(account.place(1))

    account.transport.before_send = trade_on
    account.sandbox.faults.add(Fault("cancelling", reads=1, times=1))
    report = sweep(account)
    assert live(account) == set()
    assert set(added) <= {result.ref.order_id for result in report.results}


def test_a_member_that_batches_ignore_is_reached_singly(account: Account) -> None:
    account.place(5)
    account.sandbox.faults.add(Fault("ignore_batch_member", member=2))
    report = sweep(account)
    assert report.outcomes == {Outcome.CANCELLED: 5}
    assert live(account) == set()


def test_fills_on_the_way_are_counted_as_fills(account: Account) -> None:
    ids = account.place(4)
    account.sandbox.faults.add(Fault("fill_on_cancel", orders=(ids[1],)))
    assert sweep(account).outcomes == {Outcome.CANCELLED: 3, Outcome.FILLED: 1}


def test_survivors_are_named_and_only_they(account: Account) -> None:
    ids = account.place(4)
    account.sandbox.faults.add(Fault("refuse_cancel", orders=(ids[1], ids[3])))
    with pytest.raises(ExchangeError) as caught:
        sweep(account, timeout=20)
    assert {ref.order_id for ref in caught.value.orders} == {ids[1], ids[3]} == live(account)
    assert ids[1] in str(caught.value)
    assert ids[0] not in str(caught.value)


def test_more_than_max_orders_are_refused_before_any_cancel(account: Account) -> None:
    ids = account.place(4)
    with pytest.raises(InvalidOrderRequest, match="max_orders=3") as caught:
        sweep(account, max_orders=3)
    assert {ref.order_id for ref in caught.value.orders} == set(ids)
    assert account.mutations == []
    assert len(sweep(account, max_orders=4).results) == 4


def test_max_orders_counts_over_all_rounds(account: Account) -> None:
    account.place(2)
    added: list[str] = []

    def trade_on(request: Request) -> None:
        if account.changes(request) and not added:
            added.extend(account.place(2))

    account.transport.before_send = trade_on
    with pytest.raises(InvalidOrderRequest, match="max_orders=3") as caught:
        sweep(account, max_orders=3)
    assert {ref.order_id for ref in caught.value.orders} >= set(added)
    assert live(account) >= set(added)


def test_max_orders_holds_although_what_was_cancelled_cannot_be_read(sandbox: RunningSandbox) -> None:
    """The next list shows more orders than may be selected, and the reads behind it fail."""
    account = Account(sandbox, "nami")
    account.place(3)
    sandbox.faults.add(Fault("status", route="history", status=500))
    more: list[str] = []

    def trade_on() -> None:
        if not live(account) and not more:
            more.extend(account.place(2))

    account.transport.on_sleep = trade_on
    with pytest.raises(InvalidOrderRequest, match="max_orders=3") as caught:
        sweep(account, max_orders=3)
    assert {ref.order_id for ref in caught.value.orders} >= set(more)
    assert live(account) == set(more)
    account.close()


def test_a_dry_run_sends_nothing_but_reads(account: Account) -> None:
    ids = set(account.place(3))
    report = sweep(account, dry_run=True)
    assert report.outcomes == {Outcome.NOT_SENT: 3}
    assert {result.state for result in report.results} == {OrderState.OPEN}
    assert not any(result.confirmed for result in report.results)
    assert (report.open_after, report.dry_run) == (3, True)
    assert account.mutations == []
    assert live(account) == ids


def test_without_waiting_acknowledged_is_unknown(account: Account) -> None:
    account.place(3)
    report = sweep(account, wait=False)
    if account.exchange.list_first() is not None:  # the other lists are read after the cancels of the first one
        assert (report.outcomes, report.open_after) == ({Outcome.CANCELLED: 3}, 0)
    else:
        assert (report.outcomes, report.open_after) == ({Outcome.UNKNOWN: 3}, 3)
        assert account.requests[-1].startswith("cancel")


def test_without_waiting_an_ignored_member_is_sent_again(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "bitopro")
    account.place(3)
    sandbox.faults.add(Fault("ignore_batch_member", member=1))
    sweep(account, wait=False)
    assert live(account) == set()
    account.close()


def test_named_orders_that_never_were_are_not_found(account: Account) -> None:
    unknown = UNKNOWN_IDS[account.venue]
    (order_id,) = account.place()
    report = sweep(account, orders=[order_id, unknown], symbols=[SYMBOLS[account.venue]])
    assert report.outcomes == {Outcome.CANCELLED: 1, Outcome.NOT_FOUND: 1}
    assert report.open_after == 0


def test_nami_falls_back_to_single_cancels_where_batches_are_signed_otherwise(sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(nami_batch_signing="refuse")
    account = Account(sandbox, "nami")
    account.place(4)
    assert sweep(account).outcomes == {Outcome.CANCELLED: 4}
    assert [route for _, route in account.mutations] == ["cancel_orders"] + ["cancel_order"] * 4
    account.close()


def test_a_wrong_nami_secret_is_no_reason_to_fall_back(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami", password="another")
    account.place(2)
    with pytest.raises(AuthenticationError):
        sweep(account)
    account.close()


@pytest.mark.parametrize("signing", ["url_search_params", "json"])
def test_nami_batches_are_signed_as_the_connection_says(sandbox: RunningSandbox, signing: str) -> None:
    sandbox.exchange.apply_settings(nami_batch_signing=signing)
    extra = {"batch_signing": signing}
    account = Account(sandbox, "nami", extra=extra)
    account.place(3)
    sweep(account)
    assert [route for _, route in account.mutations] == ["cancel_orders"]
    account.close()


def test_nami_never_batches_when_told_so(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami", extra={"batch_signing": "off"})
    account.place(3)
    sweep(account)
    assert [route for _, route in account.mutations] == ["cancel_order"] * 3
    account.close()


def test_bitopro_options_reach_every_order(sandbox: RunningSandbox) -> None:
    """A batch has no options: where they are given, every order is cancelled singly with them."""
    account = Account(sandbox, "bitopro")
    account.place(3)
    sweep(account, options={"isAllStrategyCanceled": False})
    assert [logged.query for logged in sandbox.mutations()] == ["isAllStrategyCanceled=false"] * 3
    account.close()


def test_nami_options_reach_batches(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami")
    account.place(3)
    sweep(account, options={"allowNotification": True})
    assert [logged.body["allowNotification"] for logged in sandbox.mutations()] == [True]
    account.close()


def test_loopring_lists_whole_when_the_filter_is_refused(sandbox: RunningSandbox) -> None:
    """The list's page does not allow the state ``waiting`` in its filter; the venue may refuse it."""
    sandbox.exchange.apply_settings(loopring_waiting="refused")
    account = Account(sandbox, "loopring")
    ids = set(account.place(2, stop_price="90"))
    account.place(60, state="cancelled")
    account.place(60, state="cancelled", stop_price="90")
    report = sweep(account)
    assert {result.ref.order_id for result in report.results} == ids
    assert live(account) == set()
    account.close()


def test_loopring_lists_whole_when_a_type_is_refused(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "loopring")
    ids = set(account.place(60))

    def no_such_type(request: Request) -> None:
        object.__setattr__(request, "url", request.url.replace("=STOP_LIMIT", "=NONSENSE"))

    account.transport.before_send = no_such_type
    report = sweep(account)
    assert {result.ref.order_id for result in report.results} == ids
    assert live(account) == set()
    account.close()


def test_an_order_that_loopring_hides_in_its_lists_by_state_is_cancelled(sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(loopring_waiting="unknown")
    account = Account(sandbox, "loopring")
    account.place(60, state="cancelled", stop_price="90")
    (hidden,) = account.place(stop_price="90")
    assert [result.ref.order_id for result in sweep(account).results] == [hidden]
    assert live(account) == set()
    account.close()


@pytest.mark.parametrize("order_list", ["newest_first", "oldest_first"])
@pytest.mark.parametrize("total", ["list", "page"])
def test_loopring_may_read_a_request_for_its_list_as_it_likes(
    sandbox: RunningSandbox, order_list: str, total: str
) -> None:
    sandbox.exchange.apply_settings(
        loopring_order_list=order_list,
        loopring_total=total,
        loopring_joined_values="literal",
        loopring_empty_list="left_out",
    )
    account = Account(sandbox, "loopring")
    ids = {*account.place(120), *account.place(60, stop_price="90")}
    account.place(60, state="cancelled")
    report = sweep(account)
    assert {result.ref.order_id for result in report.results} == ids
    assert live(account) == set()
    account.close()


def test_a_long_list_that_changes_between_pages_is_read_again(sandbox: RunningSandbox) -> None:
    """An order that leaves between two pages moves another one to a page already read."""
    account = Account(sandbox, "loopring")
    ids = account.place(120)
    listed = 0

    def fill_meanwhile(request: Request) -> None:
        nonlocal listed
        if "/orders?" in request.url:
            listed += 1
            if listed == 2:
                sandbox.book("loopring").fill(ids[-1])

    account.transport.before_send = fill_meanwhile
    report = sweep(account, dry_run=True)
    assert {result.ref.order_id for result in report.results} == set(ids[:-1])
    account.close()


def test_stale_lists_only_take_longer(account: Account) -> None:
    account.place(4)
    account.sandbox.faults.add(Fault("stale_reads", requests=(2, 3, 4, 5), reads=3))
    sweep(account)
    assert live(account) == set()


def test_survivors_of_a_deadline_are_named(account: Account) -> None:
    ids = set(account.place(3))
    account.sandbox.faults.add(Fault("cancelling", reads=10_000))
    with pytest.raises(OrdersStillOpenError, match="3 of 3") as caught:
        sweep(account, timeout=10)
    assert {ref.order_id for ref in caught.value.orders} == ids


@pytest.mark.parametrize(
    ("venue", "spelling"), [("bitopro", "BTC_USDT"), ("bitopro", "btc_usdt"), ("loopring", "lrc-eth")]
)
def test_a_symbol_in_another_case_is_the_same_market(sandbox: RunningSandbox, venue: str, spelling: str) -> None:
    """Taken to the letter it would match nothing, and nothing left open would look like success."""
    account = Account(sandbox, venue)
    account.place(2)
    assert len(sweep(account, symbols=spelling).results) == 2
    assert live(account) == set()
    account.close()
