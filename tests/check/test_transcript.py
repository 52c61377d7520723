"""A transcript tells what the venue is like and nothing of the account, and a replay finds the same."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_exchange.check.orders import field_findings, shown_in
from airflow_provider_exchange.check.transcript import LOGIN, transcript
from airflow_provider_exchange.check.witness import Exchanged, Witness
from airflow_provider_exchange.driver.clock import SystemClock
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.exchanges.loopring import spellings
from airflow_provider_exchange.exchanges.orders import OrderReader
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.protocol.messages import Request, Response
from airflow_provider_exchange.sandbox import replay
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.replay import Recording
from airflow_provider_exchange.sandbox.testing import check_transcript, replayed
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.check.checking import matter
from tests.exchanges.evidence import Answer, each_answer

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.check.findings import CheckReport
    from airflow_provider_exchange.models import Order
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.checking import Checked
    from tests.check.conftest import Open

QUANTITY, FILLED, PRICE, STOP = "123.4567", "45.67891", "98765.43", "87654.32"
CLIENT_IDS = {"nami": "", "bitopro": "1234567891", "loopring": "desk-nightowl-77"}


def filled_account(sandbox: RunningSandbox, checked: Open, venue: str) -> tuple[Checked, set[str]]:
    """An account with orders, and the texts that a transcript of it must not hold."""
    account = checked(venue)
    amounts = {"quantity": QUANTITY, "filled": FILLED, "price": PRICE}
    orders = [
        sandbox.place(venue, SYMBOLS[venue], client_order_id=CLIENT_IDS[venue], age=3600, **amounts),
        sandbox.place(venue, OTHER_SYMBOLS[venue], stop_price=STOP, quantity=QUANTITY, side="BUY"),
        sandbox.place(venue, SYMBOLS[venue], state="cancelled", **amounts),
    ]
    ids = {order.order_id.removeprefix("SL-") for order in orders}
    return account, {each for each in {*ids, CLIENT_IDS[venue], QUANTITY, FILLED, PRICE, STOP} if each}


def secrets_of(account: Checked) -> set[str]:
    fields = account.account.sandbox.connection(account.account.venue)
    found = {fields["login"], fields["password"]}
    if account.account.venue == "loopring":
        found |= {*spellings(int(fields["password"], 16)), str(fields["extra"]["account_id"])}
    if account.account.venue == "bitopro":
        found.add(fields["extra"]["identity"])
    for each in account.exchanged:
        found |= {value for name, value in each.request.headers.items() if name.lower().startswith("x-")}
        found |= set(re.findall(r"signature=([0-9a-f]+)", each.request.url))
        if each.request.body:
            found.add(json.loads(each.request.body).get("signature", fields["login"]))
    return found


def digits(text: str) -> str:
    return text.replace(".", "")


def test_nothing_of_the_account_is_told(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account, hidden = filled_account(sandbox, checked, venue)
    account.check(cancel_right=True, symbol=SYMBOLS[venue])
    written = account.transcript()
    seen = "".join(each.response.body.decode() for each in account.exchanged if each.response)
    was_shown = {text for text in hidden if text in seen or digits(text) in seen}
    assert len(was_shown) >= 5, "the venue showed too little to hide"
    secrets = secrets_of(account)
    assert len(secrets) > 3
    for text in hidden | secrets | {digits(text) for text in hidden}:
        assert text not in written


def test_it_is_as_random_as_it_should_be(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    account.check()
    assert account.transcript() != account.transcript()
    assert account.transcript(seed=7) == account.transcript(seed=7)


def test_prices_do_not_tell_quantities(sandbox: RunningSandbox, checked: Open) -> None:
    account, _ = filled_account(sandbox, checked, "bitopro")
    account.check()
    document = json.loads(account.transcript(seed=1))
    rows = [
        row
        for each in document["exchanges"]
        if each["path"].endswith("/orders/open")
        for row in each["body"]["data"] or ()
    ]
    row = next(row for row in rows if row["executedAmount"] != "0")
    factors = [
        Decimal(row[name]) / Decimal(value)
        for name, value in {"originalAmount": QUANTITY, "executedAmount": FILLED, "price": PRICE}.items()
    ]
    assert all(abs(one / other - 1) > Decimal("0.001") for one, other in combinations(factors, 2))


def replay_of(account: Checked, folder: Path) -> CheckReport:
    file = folder / "transcript.json"
    file.write_text(account.transcript())
    return check_transcript(file)


def alike(report: CheckReport) -> list[tuple[str, str]]:
    return [(each.check, each.mark) for each in report.findings if each.check not in ("clock", "latency")]


def test_a_replay_finds_the_same(sandbox: RunningSandbox, checked: Open, venue: str, tmp_path: Path) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    report = account.check(cancel_right=True)
    sandbox.reset()
    assert alike(replay_of(account, tmp_path)) == alike(report)


@pytest.mark.parametrize("rule", [
    {"kind": "odd_order", "field": "symbol"},
    {"kind": "odd_order", "field": "order_id"},
    {"kind": "odd_order", "field": "side"},
    {"kind": "odd_order", "field": "state"},
    {"kind": "odd_order", "field": "price"},
    {"kind": "odd_order", "field": "quantity"},
    {"kind": "odd_order", "field": "created_at"},
    {"kind": "odd_order", "field": "created_at", "value": 1000},
    {"kind": "seconds"},
    {"kind": "phantom_empty"},
    {"kind": "html", "route": "reads", "requests": [2]},
    {"kind": "truncate", "route": "reads", "requests": [2]},
    {"kind": "drop_after", "route": "reads", "requests": [1]},
    {"kind": "rate_limit", "route": "reads", "requests": [3]},
    {"kind": "cached"},
    {"kind": "null_data"},
], ids=lambda rule: "-".join(map(str, rule.values())))  # fmt: skip
def test_a_replay_finds_what_was_odd(
    sandbox: RunningSandbox, checked: Open, venue: str, rule: dict[str, Any], tmp_path: Path
) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    sandbox.faults.add(**rule)
    report = account.check()
    again = replay_of(account, tmp_path)
    assert matter(again).keys() == matter(report).keys()
    assert alike(again) == alike(report)


def test_a_replay_goes_by_the_clock_of_the_venue(
    sandbox: RunningSandbox, checked: Open, venue: str, tmp_path: Path
) -> None:
    sandbox.exchange.apply_settings(skew=90.0)
    account = checked(venue)
    account.account.place()
    account.check()
    file = tmp_path / "an_hour_ago.json"
    file.write_text(json.dumps(an_hour_ago(json.loads(account.transcript()))))
    offset = float(check_transcript(file)["clock"].shown.partition(" s from")[0])
    assert abs(offset - 90) < 2


def an_hour_ago(document: dict[str, Any]) -> dict[str, Any]:
    """What the same check would have written an hour earlier."""
    for each in document["exchanges"]:
        each["sent_at"] -= 3600
        date = parsedate_to_datetime(each["headers"]["date"]) - timedelta(hours=1)
        each["headers"]["date"] = format_datetime(date, usegmt=True)
        if each["purpose"] == "clock":
            each["body"]["timestamp"] -= 3_600_000
    return document


def test_a_replay_is_a_venue_to_connect_to(
    sandbox: RunningSandbox, checked: Open, venue: str, tmp_path: Path
) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    account.check()
    file = tmp_path / "transcript.json"
    file.write_text(account.transcript())
    with replayed(file) as fields:
        assert fields["conn_type"] == venue
        assert fields["login"] == sandbox.connection(venue)["login"]
        assert fields["host"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("document", [[], {}, {"format": 2}, {"format": 1, "venue": "atlantis", "exchanges": []}])
def test_what_is_no_transcript_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"no transcript|atlantis"):
        Recording(document)


def test_both_sides_mean_the_same_by_it() -> None:
    from airflow_provider_exchange.check import transcript as written

    assert (written.FORMAT, written.LOGIN) == (replay.FORMAT, replay.LOGIN)


def one_answer(body: Any, url: str = "https://venue.example/v3/orders/open") -> str:
    settings = ConnectionSettings(conn_id="c", **Accounts().connection("bitopro", ""))
    exchange = load_exchange("bitopro").from_settings(settings)
    response = Response(200, {"set-cookie": "session", "x-ratelimit-left": "5"}, json.dumps(body).encode())
    exchanged = Exchanged("open orders", Request("GET", url, {}), 1.0, 1.0, 0.1, response)
    return transcript(exchange, "bitopro", witness_of(exchanged), settings.login)


def witness_of(exchanged: Exchanged) -> Witness:
    witness = Witness(SystemClock())
    witness.exchanged.append(exchanged)
    return witness


@given(
    st.integers(10**6, 2**63),
    st.decimals("1.00001", 10**9, places=5).filter(lambda size: size % 1),
    st.text("abcdefgh", min_size=12, max_size=30),
)
@example(10**6, Decimal("1.00001"), "aaaaaaaaaaaa")
@example(2**63, Decimal("999999999.99999"), "hhhhhhhhhhhhh")
def test_ids_amounts_and_names_are_replaced_wherever_they_are(number: int, size: Decimal, name: str) -> None:
    row = {"id": str(number), "pair": "btc_usdt", "status": 0, "originalAmount": str(size), "total": str(size)}
    body = {"data": [row], "owner": name, "balance": float(size), "error": f"order {number} of {name}@x.example"}
    written = one_answer(body, f"https://venue.example/v3/orders/open?orderId={number}&signature=abc")
    assert str(number) not in written
    assert f"{size:f}".rstrip("0") not in written
    assert name not in written
    told = json.loads(written)["exchanges"][0]
    assert told["headers"] == {"x-ratelimit-left": "5"}
    alias = told["body"]["data"][0]["id"]
    assert (len(alias), alias.isdecimal()) == (len(str(number)), True)
    assert told["query"] == {"orderId": alias}
    assert f"order {alias} of ***" == told["body"]["error"]


@pytest.mark.parametrize("name", ["desk-nightowl-77", "my bot", "SL-9014867155", "BTC"])
def test_a_name_is_replaced_in_sentences_and_not_in_words(name: str) -> None:
    row = {"id": "6135165736", "pair": "btc_usdt", "status": 0, "clientId": name, "type": "LIMIT"}
    body = {"data": [row], "error": f"order {name} of 6135165736 is unknown, 2.5 are missing", "quote": "BTC_USDT"}
    told = json.loads(one_answer(body))["exchanges"][0]["body"]
    alias = told["data"][0]
    assert told["quote"] == "BTC_USDT"
    assert (alias["pair"], alias["type"], alias.keys()) == ("btc_usdt", "LIMIT", row.keys())
    assert told["error"].startswith(f"order {alias['clientId']} of {alias['id']} is unknown, ")
    assert name not in told["error"]
    assert "2.5" not in told["error"]


def test_the_key_that_an_answer_repeats_is_not_told() -> None:
    login = Accounts().connection("bitopro", "")["login"]
    written = one_answer({"apiKey": login, "note": f"key {login} in use"})
    assert json.loads(written)["exchanges"][0]["body"] == {"apiKey": LOGIN, "note": "***"}


@each_answer("list_open", "read_order", "read_ended", is_error=False)
def test_an_order_reads_the_same_but_for_what_is_replaced(answer: Answer) -> None:
    """Of every recorded answer, what is odd in it stays odd."""
    exchange = answer.venue.exchange
    path = answer.venue.facts["requests"][answer.answers][0].partition(" ")[2].partition("?")[0]
    path = path.format(order_id="7", symbol="x")
    form = exchange.assumes.order
    assert form is not None
    exchanged = Exchanged("open orders", Request("GET", f"https://x.example{path}", {}), 1, 1, 0.1, answer.response)
    written = json.loads(transcript(exchange, answer.venue.name, witness_of(exchanged), None))["exchanges"][0]
    reader = OrderReader(exchange, form)
    bodies = (exchanged.body(), decode_json(json.dumps(written["body"]).encode()))
    before, after = ([reader.parse(row) for row in exchange.assumes.orders_in(path, body)] for body in bodies)
    assert len(before) == len(after) == len(answer.orders)
    assert [what_stays(order) for order in before] == [what_stays(order) for order in after]
    assert not {order.order_id for order in before if order.order_id} & {order.order_id for order in after}


def what_stays(order: Order) -> tuple[object, ...]:
    told = {name: getattr(order, name) is not None for name in ("client_order_id", "price", "quantity")}
    filled = None if order.filled_quantity is None else bool(order.filled_quantity)
    return order.symbol, order.state, order.side, order.created_at, order.unreadable, filled, *told.items()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["id", "pair", "status", "action", "price", "originalAmount", "clientId", "createdTimestamp"]
)


@given(st.lists(st.dictionaries(FIELDS, JSON) | JSON, max_size=4), JSON)
@example([{"id": 7, "status": 0, "originalAmount": "1" + "0" * 60, "price": "1e-60"}], {"": "", "-": "--"})
@example([], {"¹00000000": "¹", "٣٣٣٣": "٣٣٣٣"})
def test_whatever_the_venue_answers_can_be_written_and_looked_at(rows: list[Any], beside: Any) -> None:
    written = one_answer({"data": rows, "beside": beside})
    told = json.loads(written)["exchanges"][0]["body"]
    assert len(told["data"]) == len(rows)
    settings = ConnectionSettings(conn_id="c", **Accounts().connection("bitopro", ""))
    exchange = load_exchange("bitopro").from_settings(settings)
    response = Response(200, {}, json.dumps({"data": rows}).encode())
    exchanged = Exchanged(
        "open orders", Request("GET", "https://x.example/v3/orders/open", {}), 1, 1, 0.1, response
    )
    found = list(field_findings(exchange, shown_in(exchange, [exchanged])))
    assert len(found) == (9 if rows else 1)
    assert all(finding.shown for finding in found)
