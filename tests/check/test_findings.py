"""The first contact says in words what it found, and what that means for a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.check.findings import Mark
from airflow_provider_exchange.sandbox.fault_rules import KINDS, SPOILING_KINDS
from tests.accounts import SYMBOLS, VENUES
from tests.check.checking import matter

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.conftest import Open


def test_a_venue_that_is_as_assumed(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account = checked(venue)
    account.account.place(2)
    account.account.place(stop_price="90")
    sandbox.place(venue, SYMBOLS[venue], state="filled")
    report = account.check()
    assert matter(report) == {}
    assert report.wrong == ()
    assert report["open orders"].shown.startswith("3 orders, twice alike")
    assert report["one order"].shown.endswith("alike in list and read")
    assert report["cancel right"].shown.startswith("not tried")
    assert "does not tell" in report["withdrawals"].shown
    assert account.account.mutations == []
    assert len(account.account.requests) == len(account.exchanged) < 16


def test_an_account_without_orders_teaches_little(checked: Open, venue: str) -> None:
    report = checked(venue).check()
    assert report.wrong == ()
    assert "no order was shown" in matter(report)["fields of an order"]
    assert "no order is known" in matter(report)["one order"]


def test_a_market_that_is_named_shows_what_was_traded_there(
    sandbox: RunningSandbox, checked: Open, venue: str
) -> None:
    sandbox.place(venue, SYMBOLS[venue], state="cancelled")
    report = checked(venue).check(symbol=SYMBOLS[venue])
    assert "1 order of" in report["history"].shown
    assert "fields of an order" not in matter(report)


ODD = {
    "symbol": ("orders: market", Mark.WRONG, "(BTC.D/../USDT): no cancel can name such an order, so a sweep would"),
    "order_id": (
        "orders: id",
        Mark.WRONG,
        "an id that cannot be read (7/../all): no cancel can name such an order",
    ),
    "side": ("orders: side", Mark.UNSURE, "(NEITHER): a sweep of one side would leave such an order, and fail"),
    "state": ("orders: state", Mark.UNSURE, "such an order is taken for live, so a sweep would cancel it"),
    "price": ("orders: price", Mark.UNSURE, "a price that cannot be read (-1): a result shows none then"),
    "quantity": ("orders: quantity", Mark.UNSURE, "a quantity that cannot be read (1,000.5)"),
    "client_order_id": ("orders: client order id", Mark.UNSURE, "a list): a sweep by client_order_id_prefix"),
    "created_at": ("orders: creation time", Mark.UNSURE, "(yesterday): a sweep with older_than would leave such"),
}


@pytest.mark.parametrize("field", ODD)
def test_an_odd_order_is_told_with_what_a_sweep_would_do(
    sandbox: RunningSandbox, checked: Open, venue: str, field: str
) -> None:
    account = checked(venue)
    account.account.place()
    sandbox.faults.add(kind="odd_order", field=field)
    report = account.check()
    check, mark, words = ODD[field]
    if field not in sandbox.exchange.venues[venue].order_places:
        assert matter(report) == {}
        return
    assert matter(report).keys() == {check}
    assert (report[check].mark, words in report[check].shown) == (mark, True), report[check].shown


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ("LIMBO", "states that are not known here: LIMBO: such an order is taken for live"),
        (["NEW"], "1 order has a state that cannot be read (a list): such an order is taken for live"),
    ],
)
def test_an_unknown_word_for_a_state(sandbox: RunningSandbox, checked: Open, seen: Any, words: str) -> None:
    account = checked("nami")
    account.account.place(2)
    sandbox.faults.add(kind="odd_order", field="state", value=seen, real=True)
    assert matter(account.check())["orders: state"] == (
        f"{words}, so a sweep would cancel it, and fail unless it sees it end"
    )


@pytest.mark.parametrize(("value", "name"), [(1000, "1000"), (99_999_999_999_999, "99999999999999")])
def test_a_time_out_of_range(sandbox: RunningSandbox, checked: Open, value: int, name: str) -> None:
    account = checked("bitopro")
    account.account.place()
    sandbox.faults.add(kind="odd_order", field="created_at", value=value, real=True)
    shown = matter(account.check())["orders: creation time"]
    assert shown == (
        f"1 time before 2015 or after tomorrow ({name}), at which no order was created: a sweep with older_than "
        "would leave such an order, and fail naming it"
    )


def test_times_in_another_unit_than_documented(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("bitopro")
    account.account.place()
    sandbox.faults.add(kind="seconds")
    finding = account.check()["orders: creation time"]
    assert finding.mark is Mark.UNSURE
    assert "told in seconds, where the venue's pages say milliseconds" in finding.shown


def test_margin_orders_may_be_told_in_seconds(sandbox: RunningSandbox, checked: Open) -> None:
    sandbox.place("bitopro_margin", "btc_usdt")
    assert matter(checked("bitopro").check()) == {}


def test_a_missing_field(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("nami")
    account.account.place(2)
    account.account.transport.on_answer = lambda _request, answer: type(answer)(
        answer.status, answer.headers, answer.body.replace(b'"createdAt"', b'"createdOn"')
    )
    assert matter(account.check()) == {
        "orders: creation time": "2 of 2 orders without a creation time: a sweep with older_than would leave such "
        "an order, and fail naming it"
    }


SPOILT = {
    "drop_before": "it was closed before the answer",
    "drop_after": "it was closed before the answer",
    "truncate": "the response is not JSON",
    "html": "HTTP 502 without a JSON body",
    "status": "HTTP 500 without a JSON body",
    "rate_limit": "oo many requests",
    "empty_200": "the response is empty",
    "null_data": "the response's ",
    "hang": "no response within 0.1 s",
    "drip": "no response within 0.1 s",
    "huge": "no response within 0.1 s",
    "cached": "the response is older than the request, as one from a cache",
}


SLOW = ("hang", "drip", "huge")


def test_each_way_to_spoil_an_answer_has_its_words() -> None:
    assert SPOILT.keys() == SPOILING_KINDS


@pytest.mark.parametrize(
    ("venue", "kind"),
    # What the driver meets differs from kind to kind, but not from venue to venue.
    [(venue, kind) for venue in VENUES for kind in SPOILT if kind not in SLOW or venue == "nami"],
)
def test_answers_that_are_always_spoilt(sandbox: RunningSandbox, checked: Open, venue: str, kind: str) -> None:
    account = checked(venue, request_timeout=0.1 if kind in SLOW else 5)
    account.account.place()
    sandbox.faults.add(kind=kind)
    report = account.check()
    if (kind, venue) == ("null_data", "bitopro"):  # where null is the documented form of an empty list
        assert "of a list" not in matter(report)["history"]
        assert report["history"].mark is Mark.WRONG
        return
    assert report["key"].mark is report["open orders"].mark is Mark.WRONG
    for check in ("key", "open orders"):
        assert SPOILT[kind] in report[check].shown or "no response" in SPOILT[kind], report[check].shown
    assert "A sweep would fail" in report["open orders"].shown
    assert "A misspelt symbol" in report["markets"].shown
    assert report["one order"].shown.startswith("not tried")


@pytest.mark.parametrize("kind", ["drop_after", "html", "status", "empty_200", "rate_limit"])
def test_what_passes_is_told_and_does_no_harm(
    sandbox: RunningSandbox, checked: Open, venue: str, kind: str
) -> None:
    account = checked(venue)
    account.account.place()
    sandbox.faults.add(kind=kind, route="reads", requests=[1])
    report = account.check()
    assert report.wrong == ()
    told = matter(report)
    assert told["key"].startswith(f"answered at the second try only; at first: {venue}: ")
    assert SPOILT[kind] in told["key"]
    assert ("rate limits" in told) == (kind == "rate_limit")


HARMLESS = ("stale_reads", "fill_on_cancel", "refuse_cancel", "ignore_cancel", "ignore_batch_member", "cancelling")
"""Faults that need an order that is cancelled, or a book that changes."""


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_only_real_cancels_meet_is_not_seen(
    sandbox: RunningSandbox, checked: Open, venue: str, kind: str
) -> None:
    account = checked(venue)
    account.account.place(2)
    account.check()
    sandbox.faults.add(kind=kind)
    report = account.check(cancel_right=True)
    assert (matter(report), report["cancel right"].mark) == ({}, Mark.OK)
    assert len(sandbox.live(venue)) == 2


def test_every_fault_has_its_test() -> None:
    lists = {"odd_order", "seconds", "phantom_empty", "null"}
    assert {*SPOILT, *HARMLESS, *lists, "skew", "delay"} == KINDS


@pytest.mark.parametrize("field", ODD)
def test_a_secret_in_the_place_of_a_name_is_not_told(
    sandbox: RunningSandbox, checked: Open, venue: str, field: str
) -> None:
    account = checked(venue)
    account.account.place()
    fields = sandbox.connection(venue)
    for secret in (fields["login"], fields["password"]):
        sandbox.faults.add(kind="odd_order", field=field, value=secret, real=True)
        report = account.check()
        said = repr([finding.summary() for finding in report.findings]) + account.transcript()
        assert secret not in said
        assert secret.removeprefix("0x") not in said


def test_a_list_that_is_empty_for_once(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account = checked(venue)
    account.account.place(3)
    sandbox.faults.add(kind="phantom_empty")
    shown = matter(account.check())["open orders"]
    assert shown.startswith("one read shows 0 orders and the next one 3, 3 of them in one list only")
    assert "single answers of this venue prove nothing" in shown


def test_a_list_that_is_empty_although_the_history_shows_live_orders(
    sandbox: RunningSandbox, checked: Open
) -> None:
    account = checked("bitopro")
    (order_id,) = account.account.place()
    sandbox.faults.add(kind="phantom_empty", route="open_orders", times=5)
    finding = account.check(symbol="btc_usdt")["history"]
    assert finding.mark is Mark.WRONG
    assert f"1 live order that no list of open orders shows: {order_id}" in finding.shown


def test_a_list_in_the_shortest_form_of_none_is_no_fault(
    sandbox: RunningSandbox, checked: Open, venue: str
) -> None:
    sandbox.faults.add(kind="null")
    assert checked(venue).check().wrong == ()


@pytest.mark.parametrize("is_fault", [True, False])
def test_a_clock_that_is_off(sandbox: RunningSandbox, checked: Open, venue: str, is_fault: bool) -> None:
    if is_fault:
        sandbox.faults.add(kind="skew", seconds=60)
    else:
        sandbox.exchange.apply_settings(skew=60.0)
    finding = checked(venue).check()["clock"]
    assert finding.mark is Mark.UNSURE
    offset = float(finding.shown.partition(" s from")[0])
    assert abs(offset - 60) < 1.5
    assert "set this machine's clock right" in finding.shown


def test_a_slow_venue(checked: Open, venue: str) -> None:
    account = checked(venue)
    clock = account.account.transport.clock

    def delay(_request: Request) -> None:
        clock.skipped += 2.5

    account.account.transport.before_send = delay
    assert "Give sweeps more time than usual" in account.check()["latency"].shown


def test_a_list_of_many_pages(checked: Open) -> None:
    account = checked("loopring")
    account.account.place(300)
    report = account.check()
    assert matter(report) == {}
    assert report["open orders"].shown.startswith("300 orders, twice alike")
    assert sum(account.account.transport.slept) > 1


def test_a_list_that_can_be_read_only_once(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("nami")
    account.account.place(2)
    sandbox.faults.add(kind="html", route="open_orders", requests=[2, 3])
    shown = matter(account.check())["open orders"]
    assert shown.startswith("2 orders, but a second read failed: nami: HTTP 502")


def test_a_venue_that_never_answers_is_given_up_in_time(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account = checked(venue, request_timeout=0.1)
    sandbox.faults.add(kind="hang")
    report = account.check(timeout=0.5)
    assert {finding.check for finding in report.findings} >= {"key", "open orders", "history", "markets", "latency"}
    assert report["latency"].shown == "no answer came"


def test_a_key_that_is_not_known_is_not_tried_again(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    report = checked(venue, login="stranger").check()
    assert report["key"].mark is Mark.WRONG
    assert report["key"].shown.endswith("Nothing else was asked with this key")
    assert {finding.check for finding in report.findings} == {
        "key", "markets", "clock", "rate limits", "latency"
    }  # fmt: skip


@pytest.mark.parametrize("status", [403, 404, 400])
def test_a_part_that_is_refused_is_told(sandbox: RunningSandbox, checked: Open, status: int) -> None:
    sandbox.exchange.apply_settings(bitopro_margin="off", bitopro_margin_refusal=status)
    account = checked("bitopro")
    account.account.place()
    told = matter(account.check())
    assert told["part of a list"].startswith(f"refused with HTTP {status}, and the package goes on without it")


def test_an_order_that_one_of_two_books_does_not_have_is_no_part_that_is_refused(
    sandbox: RunningSandbox, checked: Open
) -> None:
    """An ended order may be in either book of BitoPro's, and is asked for in both."""
    account = checked("bitopro")
    order = sandbox.place("bitopro", "btc_usdt", state="cancelled")
    report = account.check(symbol="btc_usdt")
    assert order.order_id in report["one order"].shown
    assert "part of a list" not in matter(report)


@pytest.mark.parametrize(("counts", "is_odd"), [("list", False), ("page", True)])
def test_a_total_that_counts_a_page_only(sandbox: RunningSandbox, checked: Open, counts: str, is_odd: bool) -> None:
    sandbox.exchange.apply_settings(loopring_total=counts)
    account = checked("loopring")
    account.account.place(60)
    report = account.check()
    assert ("totals" in matter(report)) == is_odd
    assert "60 orders" in report["open orders"].shown
    if is_odd:
        assert "a list of 60 orders says that it has 50" in report["totals"].shown


def test_limits_are_told_beside_those_that_are_kept(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("bitopro")
    account.account.transport.on_answer = lambda _request, answer: type(answer)(
        answer.status, {**answer.headers, "x-ratelimit-remaining": "57"}, answer.body
    )
    finding = account.check()["rate limits"]
    assert "total 600 in 60 s" in finding.assumed
    assert finding.shown.endswith("none refused; x-ratelimit-remaining: 57")


def test_list_and_read_that_differ(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("bitopro")
    account.account.place(age=7200)
    sandbox.faults.add(kind="odd_order", field="created_at", value=1_600_000_000_000, real=True)
    shown = matter(account.check())["one order"]
    assert shown.startswith("list and read tell created_at of the order")


def test_an_order_that_cannot_be_read_by_its_id(sandbox: RunningSandbox, checked: Open) -> None:
    sandbox.exchange.apply_settings(bitopro_margin="off")
    account = checked("bitopro")
    (order_id,) = account.account.place()
    account.account.transport.on_answer = lambda request, answer: (
        type(answer)(404, answer.headers, b'{"error": "Resource Not Found"}')
        if request.url.endswith(order_id)
        else answer
    )
    finding = account.check()["one order"]
    assert finding.mark is Mark.WRONG
    assert "A sweep could not prove what became of it" in finding.shown
