"""Connections of type ``ccxt``: what is wrong with one is said in plain words, before anything is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of
from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified
from tests.ccxt.classes import SECRETS, TIMESTAMP, connection

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request

CERTIFIED = ", ".join(sorted(PROFILES))


def made(exchange: Any, **changes: Any) -> Ccxt:
    extra = {"exchange": exchange, "uncertified": False, **changes.pop("extra", {})}
    account = Ccxt.from_settings(connection("", extra=extra, **changes))
    assert isinstance(account, Ccxt)
    return account


def refusal(exchange: Any, **changes: Any) -> str:
    with pytest.raises(ConnectionConfigError) as caught:
        made(exchange, **changes)
    text = str(caught.value)
    assert "connection 'any': " in text
    assert not [secret for secret in SECRETS if secret in text]
    return text.partition("connection 'any': ")[2]


# -- which exchange


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_exchange_is_named(nothing: Any) -> None:
    assert refusal(nothing) == f"extra 'exchange' is missing; enter ccxt's id of the exchange, such as {CERTIFIED}"


@pytest.mark.parametrize("odd", [7.5, True, ["okx"], {"okx": 1}])
def test_it_is_named_by_a_text(odd: Any) -> None:
    assert refusal(odd).startswith("extra 'exchange' is not a text; enter ccxt's id of the exchange")


@pytest.mark.parametrize(
    ("written", "meant"), [("binanc", "binance"), ("OKX", "okx"), ("krakn", "kraken"), ("by-bit", "bybit")]
)
@pytest.mark.parametrize("uncertified", [True, False])
def test_a_misspelt_exchange_is_suggested(written: str, meant: str, uncertified: bool) -> None:
    assert refusal(written, extra={"uncertified": uncertified}) == (
        f"extra 'exchange' is none that ccxt knows; enter one of {CERTIFIED}, or {meant} if that is meant"
    )


def test_one_that_resembles_none_is_refused_without() -> None:
    assert refusal("xyzzy!") == f"extra 'exchange' is none that ccxt knows; enter one of {CERTIFIED}"


@pytest.mark.parametrize("name", ["__init__", "base", "Exchange", "exchanges", "ccxt.okx", "../okx"])
def test_a_name_in_the_library_is_no_exchange(name: str) -> None:
    assert "is none that ccxt knows" in refusal(name, extra={"uncertified": True})


def test_one_that_is_not_certified_says_what_is_left() -> None:
    assert refusal("bitstamp") == (
        "extra 'exchange' is not certified: what its lists leave out is not known, so nothing could prove that "
        f"orders are gone; use one of {CERTIFIED}, or set the extra 'uncertified' to cancel orders by their names "
        "only"
    )
    assert isinstance(Ccxt.from_settings(connection("bitstamp")), Uncertified)


def test_one_that_is_certified_stays_so() -> None:
    assert type(made("okx", extra={"uncertified": True})) is Ccxt


def test_one_without_a_read_of_an_order_proves_nothing() -> None:
    assert refusal("bitflyer", extra={"uncertified": True}) == (
        "extra 'exchange' is one of which ccxt has no fetchOrder, so no cancel could be proved there; use another "
        "exchange"
    )


def test_one_that_wants_what_no_connection_has_is_not_asked_for_it() -> None:
    assert refusal("modetrade", extra={"uncertified": True}) == (
        "extra 'exchange' is one of which ccxt wants 'accountId' to sign, for which connections have no field; use "
        "another exchange"
    )


# -- credentials


@pytest.mark.parametrize(
    ("exchange", "field", "changes", "what"),
    [
        ("binance", "login", {"login": None}, "the API key, which Binance"),
        ("binance", "password", {"password": ""}, "the API secret, which Binance"),
        ("okx", "extra 'passphrase'", {"extra": {"passphrase": ""}}, "the key's passphrase, which OKX"),
        ("paradex", "extra 'wallet_address'", {"extra": {"wallet_address": None}}, "the address of the wallet"),
        ("paradex", "extra 'private_key'", {"extra": {"private_key": " "}}, "the private key"),
    ],
)
def test_a_credential_that_is_missing_is_named(
    exchange: str, field: str, changes: dict[str, Any], what: str
) -> None:
    extra = {**changes.get("extra", {}), "uncertified": True}
    assert refusal(exchange, **{**changes, "extra": extra}).startswith(f"{field} is missing; enter {what}")


ADDRESS, PRIVATE_KEY = "0x" + "Ab" * 20, "0x" + "Cd" * 32
IN_EXTRAS = {"wallet_address": ADDRESS, "private_key": PRIVATE_KEY}
NOT_IN_EXTRAS = {"wallet_address": None, "private_key": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": IN_EXTRAS},
        {"extra": NOT_IN_EXTRAS, "login": ADDRESS, "password": PRIVATE_KEY},
        {"extra": NOT_IN_EXTRAS, "login": ADDRESS.lower(), "password": PRIVATE_KEY.removeprefix("0x")},
    ],
)
def test_a_wallet_may_be_in_the_usual_fields_or_in_extras_of_its_own(changes: dict[str, Any]) -> None:
    account = made("hyperliquid", **changes)
    assert account.client.ccxt.walletAddress == ADDRESS.lower()
    assert account.client.ccxt.privateKey[-64:] == PRIVATE_KEY[2:].lower()
    digits = PRIVATE_KEY.removeprefix("0x")
    assert account.secrets >= {digits.lower(), digits.upper()}


@pytest.mark.parametrize("odd", ["0x12", "12" * 20, "0x" + "g" * 40, "0x" + "1" * 41, "vitalik.eth"])
@pytest.mark.parametrize("is_extra", [True, False])
def test_a_wallet_that_cannot_be_one_is_refused_without_its_key(odd: str, is_extra: bool) -> None:
    for name, field in (("wallet_address", "login"), ("private_key", "password")):
        usual = {"login": ADDRESS, "password": PRIVATE_KEY}
        wrong = {"extra": {**IN_EXTRAS, name: odd}} if is_extra else {"extra": NOT_IN_EXTRAS, **usual, field: odd}
        text = refusal("hyperliquid", **wrong)
        shown = f"extra {name!r}" if is_extra else field
        assert text.startswith(f"{shown} is not in the form that it has at this exchange; enter the ")
        assert odd not in text


@pytest.mark.parametrize("odd", ["two words", "line\nbreak", "\u043a\u043b\u044e\u0447"])
@pytest.mark.parametrize("field", ["login", "password"])
def test_a_credential_that_cannot_be_one_is_not_shown(field: str, odd: str) -> None:
    text = refusal("binance", **{field: odd})
    assert text.startswith(f"{field} holds blanks or characters outside ASCII; enter the API ")
    assert odd not in text


# -- kinds of market


@pytest.mark.parametrize(
    ("exchange", "kind", "known"),
    [
        ("binance", "future", "spot or linear"),
        ("bybit", "inverse", "spot or linear"),
        ("okx", "spot", "all"),
        ("bitopro", 7, "spot"),
    ],
)
def test_a_kind_of_market_that_is_not_covered_is_refused(exchange: str, kind: Any, known: str) -> None:
    text = refusal(exchange, extra={"default_type": kind})
    assert text.startswith("extra 'default_type' is none that ")
    assert text.endswith(f"; enter {known}, or leave it empty for all of them")


# -- testnet and demo trading


def test_only_one_of_testnet_and_demo_is_chosen() -> None:
    both = {"sandbox": True, "demo": "true"}
    assert refusal("bybit", extra=both) == "extra 'demo' is set together with 'sandbox'; set one of the two"


@pytest.mark.parametrize(
    ("exchange", "chosen", "lacks", "remedy"),
    [
        ("bitopro", "sandbox", "testnet of BitoPro", "'demo'"),
        ("bitopro", "demo", "demo trading of BitoPro", "'sandbox'"),
        ("coinbase", "sandbox", "testnet of Coinbase Advanced", "'demo'"),
        ("okx", "demo", "demo trading of OKX", "'sandbox'"),
        ("binance", "sandbox", "testnet of the linear markets of Binance", "'demo'"),
    ],
)
def test_where_there_is_none_nobody_is_sent_to_the_real_one(
    exchange: str, chosen: str, lacks: str, remedy: str
) -> None:
    text = refusal(exchange, extra={chosen: True})
    assert text.startswith(
        f"extra {chosen!r} is set, but ccxt knows no {lacks}; set the extra {remedy} instead if that is meant"
    )


@pytest.mark.parametrize("odd", ["yes", 1, [], "sandbox"])
@pytest.mark.parametrize("flag", ["sandbox", "demo", "uncertified"])
def test_a_flag_is_true_or_false(flag: str, odd: Any) -> None:
    assert refusal("bitstamp" if flag == "uncertified" else "bybit", extra={flag: odd}) == (
        f"extra {flag!r} is neither true nor false; enter one of the two"
    )


def requests_of(account: Ccxt) -> list[Request]:
    """Return every request of the profile that the account can make."""
    params = {"pair": "btc_twd", "id": "1", "orderId": "1", "settle": "usdt", "order_id": "1"}
    books = {each.market_type for each in account._books}
    profile = profile_of(account.name)
    endpoints = {
        endpoint
        for book in account._books
        for endpoint in (book.single.endpoint, book.cancel.endpoint, *(each.endpoint for each in book.lists))
    }
    batches = [
        (book.batch, ("1", "btc_twd" if book.numbers is None else "1"))
        for book in account._books
        if book.batch is not None
    ]
    endpoints |= {each.probe[0] for each in profile.market_types if each.name in books}
    client = account.client
    wanted = [client.wanted(each.name, params) for each in endpoints]
    wanted += [client.wanted(each.endpoint.name, each.by_ids([named])) for each, named in batches]
    return [client.sign(each, TIMESTAMP).request for each in wanted]


@pytest.mark.parametrize(
    ("exchange", "extra", "hosts"),
    [
        ("binance", {}, {"api.binance.com", "fapi.binance.com"}),
        ("binance", {"default_type": "spot", "sandbox": True}, {"testnet.binance.vision"}),
        ("binance", {"demo": True}, {"demo-api.binance.com", "demo-fapi.binance.com"}),
        ("okx", {}, {"www.okx.com"}),
        ("bybit", {}, {"api.bybit.com"}),
        ("bybit", {"sandbox": True}, {"api-testnet.bybit.com"}),
        ("bybit", {"demo": True}, {"api-demo.bybit.com"}),
        ("bitopro", {}, {"api.bitopro.com"}),
        ("gate", {}, {"api.gateio.ws"}),
        ("gate", {"sandbox": True}, {"api-testnet.gateapi.io"}),
        ("coinbase", {}, {"api.coinbase.com"}),
        ("hyperliquid", {}, {"api.hyperliquid.xyz"}),
        ("hyperliquid", {"sandbox": True}, {"api.hyperliquid-testnet.xyz"}),
    ],
)
def test_requests_go_to_the_hosts_that_were_chosen(exchange: str, extra: dict[str, Any], hosts: set[str]) -> None:
    found = {urlsplit(request.url) for request in requests_of(made(exchange, host=None, extra=extra))}
    assert {parts.hostname for parts in found} == hosts
    assert {parts.scheme for parts in found} == {"https"}


def test_okx_tells_its_testnet_by_a_header() -> None:
    for chosen, value in ((True, "1"), (False, None)):
        requests = requests_of(made("okx", host=None, extra={"sandbox": chosen}))
        assert {request.headers.get("x-simulated-trading") for request in requests} == {value}


# -- the connection's own host


@pytest.mark.parametrize("exchange", PROFILES)
@pytest.mark.parametrize(
    ("host", "changes"),
    [
        ("https://gateway.example:8443", {}),
        ("gateway.example", {"port": 8443}),
        ("http://127.0.0.1:8700", {}),
        ("http://[::1]:8700", {}),
    ],
)
def test_a_host_replaces_those_of_all_requests(exchange: str, host: str, changes: dict[str, Any]) -> None:
    expected = host if "://" in host else f"https://{host}:8443"
    real = {
        urlsplit(request.url)._replace(scheme="", netloc="").path
        for request in requests_of(made(exchange, host=None))
    }
    moved = [request.url for request in requests_of(made(exchange, host=host, **changes))]
    assert all(url.startswith(f"{expected}/") for url in moved)
    assert {urlsplit(url).path for url in moved} == real


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": "http://gateway.example"}, "host would send the key over plain http; enter https"),
        ({"host": "gateway.example", "schema": "http"}, "host would send the key over plain http; enter https"),
        ({"host": "http://127.0.0.1.example"}, "host would send the key over plain http; enter https"),
        ({"host": "https://gateway.example/v5"}, "host holds more than a host; enter the host alone"),
        ({"host": "https://me@gateway.example"}, "host holds more than a host; enter the host alone"),
        ({"host": "ftp://gateway.example"}, "schema is neither https nor http; enter https"),
        ({"host": "gate way.example"}, "host is not a host name; enter the host alone"),
        ({"host": "", "port": 8443}, "host is empty although port or schema is set; enter the host alone"),
        ({"port": 70000}, "port is out of range; enter one from 1"),
    ],
)
@pytest.mark.parametrize("exchange", ["binance", "bitstamp"])
def test_a_host_that_will_not_do_is_refused(exchange: str, changes: dict[str, Any], words: str) -> None:
    assert refusal(exchange, extra={"uncertified": True}, **changes).startswith(words)


# -- options of ccxt


@pytest.mark.parametrize("given", [{"recvWindow": 3000}, '{"recvWindow": 3000}'])
def test_a_known_option_reaches_ccxt(given: Any) -> None:
    requests = requests_of(made("binance", extra={"options": given, "default_type": "spot"}))
    assert any("recvWindow=3000" in request.url for request in requests)


@pytest.mark.parametrize("nothing", [None, "", {}, "{}"])
def test_there_need_be_none(nothing: Any) -> None:
    made("bitopro", extra={"options": nothing})


@pytest.mark.parametrize(
    ("exchange", "given", "words"),
    [
        (
            "binance",
            "{recvWindow: 1}",
            "extra 'options' is not JSON; write a JSON object; those of this exchange: ",
        ),
        ("binance", "[" * 100_000, "extra 'options' is not JSON"),
        ("binance", "[]", "extra 'options' is not an object of names and values"),
        ("binance", 7, "extra 'options' is not an object of names and values"),
        ("binance", {"defaultType": "future"}, "extra 'options' holds 'defaultType', which is not one of them"),
        ("binance", {"recvWindow": "3000"}, "option 'recvWindow' is not of type int; enter another value"),
        ("binance", {"recvWindow": True}, "option 'recvWindow' is not of type int"),
        ("binance", {"builderFee": True}, "extra 'options' holds 'builderFee', which is not one of them"),
        (
            "okx",
            {"brokerId": "x"},
            "extra 'options' holds 'brokerId', which is not one of them; write a JSON object",
        ),
        (
            "bitstamp",
            {"nonce": "x"},
            "extra 'options' holds 'nonce', which is not one of them; write a JSON object",
        ),
    ],
)
def test_any_other_option_is_refused(exchange: str, given: Any, words: str) -> None:
    assert refusal(exchange, extra={"options": given, "uncertified": True}).startswith(words)


def test_what_an_option_holds_is_not_shown() -> None:
    text = refusal("binance", extra={"options": json.dumps({"recvWindow": SECRETS[0]})})
    assert SECRETS[0] not in text
