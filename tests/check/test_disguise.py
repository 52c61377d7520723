"""What stands for ids, amounts and names, in one answer at a time."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_exchange.check.disguise import LOGIN
from airflow_provider_exchange.check.orders import field_findings, shown_in
from airflow_provider_exchange.check.transcript import transcript
from airflow_provider_exchange.check.witness import Exchanged, Witness
from airflow_provider_exchange.driver.clock import SystemClock
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.protocol.messages import Request, Response
from airflow_provider_exchange.sandbox.accounts import Accounts
from tests.exchanges.evidence import each_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.models.orders import Order
    from tests.exchanges.answer import Answer

OPEN = "https://venue.example/v3/orders/open"


def one_answer(body: Any, url: str = OPEN, venue: str = "bitopro", **headers: str) -> str:
    settings = ConnectionSettings(conn_id="c", **Accounts().connection(venue, ""))
    exchange = load_exchange(venue).from_settings(settings)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    response = Response(
        200, {"set-cookie": "session", "x-ratelimit-left": "5", **headers}, json.dumps(body).encode()
    )
    exchanged = Exchanged("open orders", Request("GET", url, {}), 1.0, 1.0, 0.1, response)
    return transcript(exchange, venue, witness_of(exchanged), settings.login)


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


NAME = st.text("kqxzjwvKQXZJWV", min_size=12, max_size=20)
"""No word of any language, and too long to be drawn by chance."""
TELLING = st.one_of(
    NAME,
    st.integers(10**7, 10**20).map(str),
    st.binary(min_size=8, max_size=32).map(bytes.hex),
    st.binary(min_size=20, max_size=20).map(lambda content: f"0x{content.hex()}"),
    st.ip_addresses(v=4).map(str).filter(lambda text: len(text) > 10),
    NAME.map(lambda name: f"{name}@mail.example"),
    st.binary(min_size=16, max_size=40).map(lambda content: urlsafe_b64encode(content).decode().strip("=")),
    st.text("餘額不足陳志明", min_size=6, max_size=9),
    st.decimals("1.0000001", 10**6, places=7).map(str),
).filter(lambda text: text.strip("0x"))
SENTENCES = (
    "{}",
    "IP_NOT_ALLOWED:{}",
    "order {} is unknown",
    "x={};",
    "可用餘額{}元",
    '{{"user":"{}"}}',
    "a/{}/b",
    "{}_9",
    "-{}.",
)
SPELLINGS = (str, str.lower, str.upper, str.title, str.swapcase)


@given(TELLING, st.sampled_from(SENTENCES), st.sampled_from(SPELLINGS))
@example("203.0.113.7", "IP_NOT_ALLOWED:{}", str)
@example("0e12345678", "{}", str)
@example("123.45670001", "餘額不足\uff0c可用餘額{}元", str)
@example("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.abcdefgh", "token {}", str)
@example("0xAbCdEf0123Fe9876dcBA4567Beef00Cafe89aBcD", "no account of {}", str)
def test_what_tells_of_somebody_is_nowhere(told: str, sentence: str, spelling: Callable[[str], str]) -> None:
    said = sentence.format(spelling(told))
    row = {
        "id": "6135165736",
        "pair": said,
        "status": 2,
        "action": said,
        "type": said,
        told: said,
        "feeSymbol": told,
    }
    row |= {"originalAmount": told, "createdTimestamp": f"{said}!", "stopPrice": [told]}
    body = {"data": [row], "error": said, said: {"note": said}, "owner": {told: 1}, "code": told}
    for venue in ("bitopro", "nami", "loopring"):
        written = one_answer(
            body, f"{OPEN}?clientId={quote(told)}&pair={quote(said)}", venue, x_quota_user=f"user {said}"
        )
        for text in (written, json.dumps(json.loads(written), ensure_ascii=False)):
            assert told.lower() not in text.lower()


@given(NAME | st.integers(10**7, 2**31).map(str), st.sampled_from(SENTENCES), st.sampled_from(SPELLINGS))
@example("AliceBot", "clientOrderId {} duplicates", str.upper)
@example("my bot", "no {} here", str.title)
@example("alice@mail.example", "no {} here", str.upper)
def test_a_client_order_id_is_nowhere_in_any_letter_case(
    name: str, sentence: str, spelling: Callable[[str], str]
) -> None:
    said = sentence.format(spelling(name))
    row = {
        "id": "6135165736",
        "pair": "btc_usdt",
        "status": spelling(name),
        "action": spelling(name),
        "clientId": name,
    }
    written = one_answer({"data": [row], "error": said, spelling(name): said}, f"{OPEN}?clientId={spelling(name)}")
    assert name.lower() not in written.lower()


@pytest.mark.parametrize(
    "key", ["alice_smith", "AliceSmith", "alice.smith", "user7", "陳志明", "paper@example.com"]
)
def test_names_of_fields_that_are_names_of_people_are_replaced(key: str) -> None:
    body = json.loads(one_answer({"data": [], "owner": {key: {"avgExecutionPrice": None, "7": None}}, key: True}))
    told = body["exchanges"][0]["body"]
    alias = (told.keys() - {"data", "owner"}).pop()
    assert alias != key
    assert told == {"data": [], "owner": {alias: {"avgExecutionPrice": None, "7": None}}, alias: True}


@pytest.mark.parametrize(("name", "value", "is_told"), [
    ("x-ratelimit-remaining", "59", True),
    ("x-ratelimit-limit", "100, 100;w=60", True),
    ("x-ratelimit-reset", "1764542774", True),
    ("x-used-weight-1m", "12", True),
    ("retry-after", "Mon, 30 Nov 2026 22:46:14 GMT", True),
    ("cache-control", "private, max-age=0, must-revalidate", True),
    ("content-type", "application/json; charset=utf-8", True),
    ("x-ratelimit-account", "user 7654321", False),
    ("x-ratelimit-account", "7654321", False),
    ("x-ratelimit-alice", "5", False),
    ("x-quota-user", "alice.smith", False),
    ("retry-after", "Mon, 30 Nov 2026 22:46:14 GMT (alice)", False),
    ("cache-control", "private=alice", False),
    ("date", "alice", False),
])  # fmt: skip
def test_headers_are_told_for_their_numbers_and_words(name: str, value: str, is_told: bool) -> None:
    headers = json.loads(one_answer([], **{name: value}))["exchanges"][0]["headers"]
    assert headers.get(name) == (value if is_told else None)


@pytest.mark.parametrize(
    "error", ["IP_NOT_ALLOWED", "Invalid signature", "NOT_ENOUGH_QUOTE_ASSET", "102117", "code 7: order not found"]
)
def test_what_the_venue_says_in_words_stays(error: str) -> None:
    row = {"id": "6135165736", "pair": "btc_usdt", "status": "HALF_BAKED", "action": "SELL"}
    told = json.loads(one_answer({"data": [row], "error": error, "code": 102117}))["exchanges"][0]["body"]
    assert re.sub("[0-9](?=:)", "7", told["error"]) == error
    assert told["code"] == 102117
    assert (told["data"][0]["status"], told["data"][0]["action"]) == ("HALF_BAKED", "SELL")


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
    (replay,) = answer.replays()
    asked = replay.own_call()
    request = Request("GET", f"https://x.example{urlsplit(asked.request.url).path}", {})
    exchanged = Exchanged("open orders", request, 1, 1, 0.1, answer.response, asked.call)
    witness = witness_of(exchanged)
    listed = Response(200, {}, json.dumps([order.symbol for order in answer.orders]).encode())
    witness.exchanged.append(Exchanged("markets", Request("GET", "https://x.example", {}), 1, 1, 0.1, listed))
    written = json.loads(transcript(exchange, answer.venue.name, witness, None))["exchanges"][0]
    bodies = (exchanged.body(), decode_json(json.dumps(written["body"]).encode()))
    before, after = (
        [reader.parse(row) for row, reader in exchange.orders_shown(asked.call, exchanged.path, body)]
        for body in bodies
    )
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
