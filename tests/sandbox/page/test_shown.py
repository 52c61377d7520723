"""What the page shows of the books, the requests and the faults; and that looking changes nothing."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.exchange import PaperExchange
from airflow_provider_exchange.sandbox.fault_rules import KINDS, Fault
from airflow_provider_exchange.sandbox.faults import Faults
from airflow_provider_exchange.sandbox.page import serving
from airflow_provider_exchange.sandbox.page.breaking import SENTENCES
from airflow_provider_exchange.sandbox.page.view import MOST_ENDED, MOST_OPEN, MOST_REQUESTS
from tests.sandbox.clients import BitoProClient, LoopringClient, NamiClient

from .reading import Page, look

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

BOOKS = list(PaperExchange().books)
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("book", BOOKS)
def test_the_orders_of_each_book(sandbox: RunningSandbox, book: str) -> None:
    symbol = (
        "BTC-USDT"
        if book.startswith(("okx", "kucoin"))
        else "btc_usdt"
        if book.startswith("bitopro")
        else "BTCUSDT"
    )
    stop = "0.0625" if book.endswith(("_algo", "_auto", "plan", "_stop", "_oco")) else None
    order = sandbox.place(book, symbol, quantity="12.5", price="0.0725", filled="2.25", stop_price=stop)
    page = look(sandbox)
    assert f"book-{book}" in page.ids
    shown = page.text.partition(f"Orders in the book {book}")[2]
    assert f" {order.order_id} " in shown
    kind = f"{order.side} {order.type}"
    price = "0.0725" if stop is None else f"0.0725 at {stop}"
    assert f"{order.symbol} {kind} {price} 12.5 2.25 {order.state}" in shown


def test_orders_that_ended_follow_those_that_are_open(sandbox: RunningSandbox) -> None:
    filled, live = (sandbox.place("nami", "BTCUSDT") for _ in range(2))
    sandbox.book("nami").fill(filled.order_id)
    shown = look(sandbox)
    assert "1 open, 1 ended · key pape…" in shown.text
    assert shown.text.index(live.order_id) < shown.text.index(filled.order_id)
    assert not [each for form in shown.forms for each in form.buttons if each.endswith(filled.order_id)]


def test_a_long_book_is_cut_and_counted(sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("nami", "BTCUSDT") for _ in range(MOST_OPEN + 3)]
    for order in [sandbox.place("nami", "BTCUSDT") for _ in range(MOST_ENDED + 4)]:
        sandbox.book("nami").finish(order.order_id, State.EXPIRED)
    text = look(sandbox).text
    assert f"{MOST_OPEN + 3} open orders" in text
    assert "and 3 more that are open" in text
    assert (placed[MOST_OPEN - 1].order_id in text, placed[MOST_OPEN].order_id in text) == (True, False)
    assert text.count(" expired") == MOST_ENDED


def test_a_request_with_the_verdict_on_its_signature(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    client.call("GET", "/orders/open")
    client.secret = "another"
    client.call("DELETE", "/orders/btc_usdt/7")
    requests.get(f"{sandbox.base_url}/v3/provisioning/trading-pairs", timeout=10)
    latest, wrong, valid = look(sandbox).text.partition("Last requests")[2].split(" BitoPro ")[1:4]
    assert latest.startswith("trading_pairs GET /v3/provisioning/trading-pairs \u2013 200")
    assert wrong.startswith("cancel_order DELETE /v3/orders/btc_usdt/7 wrong 401")
    assert valid.startswith("open_orders GET /v3/orders/open valid 200")


def test_a_signature_nobody_looked_at_has_no_verdict(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="drop_before", route="cancel_order")
    with pytest.raises(requests.ConnectionError):
        NamiClient(sandbox).cancel("7")
    assert 'allowNotification": false' in look(sandbox).text
    assert "\u2013 none drop_before" in look(sandbox).text
    assert sandbox.request_log[-1].signature is None


def test_the_signature_of_a_new_order_at_loopring_counts(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    order = client.order()
    client.submit(order)
    client.submit({**order, "eddsaSignature": order["eddsaSignature"][:-1] + "z"})
    assert [logged.signature for logged in sandbox.request_log] == [True, False]


def test_only_the_latest_requests_are_shown(sandbox: RunningSandbox) -> None:
    for number in range(MOST_REQUESTS + 2):
        requests.get(f"{sandbox.base_url}/v3/tickers/{number:03}", timeout=10)
    text = look(sandbox).text
    assert (f"/v3/tickers/{MOST_REQUESTS + 1:03}" in text, "/v3/tickers/001 " in text) == (True, False)
    assert f"{MOST_REQUESTS + 2} requests" in text


def test_a_fault_in_force_with_what_it_did(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="refuse_cancel", venue="nami", times=2, orders=["7", "8"])
    sandbox.faults.add(kind="html", venue="bitopro", route="open_orders", requests=[1])
    BitoProClient(sandbox).call("GET", "/orders/open")
    text = look(sandbox).text
    assert "refuse_cancel Refuses the cancel. venue nami times 2 orders 7, 8 fired on 0 of 0 requests" in text
    assert "route open_orders requests 1 fired on 1 of 1 requests, and never again" in text


def test_every_kind_of_fault_has_its_button_and_sentence(sandbox: RunningSandbox) -> None:
    page = look(sandbox)
    buttons = {value for form in page.forms for name, value in form.buttons.values() if name == "kind"}
    assert buttons == KINDS == SENTENCES.keys()
    assert all(sentence in page.text for sentence in SENTENCES.values())


def test_what_others_wrote_is_text(sandbox: RunningSandbox) -> None:
    sandbox.place("okx", "BTC-USDT", order_id="7", client_order_id="a")
    clean = look(sandbox)
    sandbox.reset()
    sandbox.place("loopring", HOSTILE, order_id="0x" + "7" * 64, client_order_id=HOSTILE)
    sandbox.faults.add(kind="odd_order", value=HOSTILE, symbol=HOSTILE)
    client = NamiClient(sandbox)
    client.get("/api/v4/spot/open", filterByPair=HOSTILE)
    body = json.dumps({"note": [{HOSTILE: HOSTILE}], "\ud800": "\ud800"}).encode()
    client.send("DELETE", "/api/v4/spot/<script>", {}, body)
    client.send("GET", "/api/v4/spot/%00\udcff<script>?x=<script>")
    hostile = look(sandbox)
    assert hostile.text.count(HOSTILE) >= 4
    assert hostile.tags.count("script") == clean.tags.count("script") == 1
    assert hostile.tags.count("img") == 0


def built(written: str) -> tuple[list[str], list[str]]:
    """The tags of a page that shows a text wherever others may have written it, and what its buttons do."""
    exchange = PaperExchange(faults=Faults([Fault("odd_order", symbol=written)]))
    order = exchange.place("loopring", "LRC-ETH", order_id="0x" + "7" * 64)
    exchange.books["loopring"].place(replace(order, order_id="8", symbol=written, client_order_id=written))
    exchange.arrive("GET", "/v3/orders", {}, json.dumps({"a": written}).encode(), "")
    exchange.arrive("POST", f"/v3/orders?a={written}", {}, written.encode("utf-8", "replace"), "")
    page = Page(serving.rendered(exchange, said=written).decode())
    return page.tags, sorted(value for form in page.forms for _, value in form.buttons.values())


PLAIN = built("plain")
MARKUP = [HOSTILE, "{{ books }}", "{% raw %}", "<!--", "]]>", "</select></form>"]


@settings(max_examples=40, deadline=None)
@given(written=st.text(max_size=60) | st.sampled_from(MARKUP))
def test_no_text_of_others_changes_how_the_page_is_built(written: str) -> None:
    assert built(f"x{written}") == PLAIN


def test_the_page_needs_nothing_of_others(sandbox: RunningSandbox) -> None:
    response = requests.get(f"{sandbox.base_url}/", timeout=10)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<style" not in response.text
    assert " style=" not in response.text
    assert " on" not in " ".join(part for part in response.text.split("<") if part.startswith("button"))
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        assert f'"/sandbox/{name}"' in response.text
        loaded = requests.get(f"{sandbox.base_url}/sandbox/{name}", timeout=10)
        assert loaded.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert "http" not in loaded.text


def test_to_look_changes_nothing(sandbox: RunningSandbox) -> None:
    order = sandbox.place("nami", "BTCUSDT")
    ticks = itertools.count(2_000_000_000)
    sandbox.exchange.clock = lambda: float(next(ticks))
    sandbox.book("nami").cancel(order.order_id, seconds=0.001)
    before = list(sandbox.book("nami"))
    look(sandbox)
    assert list(sandbox.book("nami")) == before  # the cancel is due, but a venue's own read has it take effect
    assert sandbox.request_log == []
