"""Names of markets: each spelling of a market means it, and no two markets become one."""

from __future__ import annotations

from string import ascii_uppercase, digits
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.arguments import EVERYTHING, RENDERED_NOTHING
from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from airflow_provider_exchange.exchanges.ccxt.profile import MarketType

ASSETS = st.builds(str.__add__, st.text(digits, max_size=4), st.text(ascii_uppercase, min_size=1, max_size=6))
DAYS = st.sampled_from(["251226", "260327", "310404"])
BYBITS_DAYS = st.sampled_from(["26DEC25", "27MAR26"])
PAIRS = st.tuples(ASSETS, st.sampled_from(["USDT", "USDC", "BTC"]))


def joined(pairs: SearchStrategy[tuple[str, str]]) -> SearchStrategy[str]:
    return pairs.map("".join)


IDS: dict[tuple[str, str], SearchStrategy[str]] = {
    ("binance", "spot"): joined(PAIRS),
    ("binance", "linear"): joined(PAIRS) | st.builds("{}_{}".format, joined(PAIRS), DAYS),
    ("bybit", "spot"): joined(PAIRS),
    ("bybit", "linear"): joined(PAIRS)
    | st.builds("{}PERP".format, ASSETS)
    | st.builds("{}-{}".format, ASSETS | joined(PAIRS), BYBITS_DAYS),
    ("okx", "all"): st.builds("{}-{}".format, ASSETS, ASSETS)
    | st.builds("{}-{}-SWAP".format, ASSETS, ASSETS)
    | st.builds("{}-USD_UM-{}".format, ASSETS, st.just("SWAP") | DAYS)
    | st.builds("{}-USD_UM_XPERP-{}".format, ASSETS, DAYS)
    | st.builds("{}-USD-{}-{}-{}".format, ASSETS, DAYS, st.integers(1, 99999), st.sampled_from("CP")),
    ("gate", "spot"): PAIRS.map("_".join),
    ("gate", "linear"): st.builds("{}_USDT".format, ASSETS),
    ("coinbase", "all"): st.builds("{}-{}".format, ASSETS, ASSETS)
    | st.builds("{}-PERP-INTX".format, ASSETS)
    | st.builds("{}-{}-CDE".format, ASSETS, BYBITS_DAYS),
    ("kucoin", "spot"): st.builds("{}-{}".format, ASSETS, ASSETS),
    ("bitopro", "spot"): st.builds("{}_{}".format, ASSETS, ASSETS).map(str.lower),
    ("kraken", "spot"): joined(st.tuples(ASSETS, st.sampled_from(["USDT", "EUR", "XBT"]))),
    ("deribit", "all"): st.builds("{}_{}".format, ASSETS, ASSETS)
    | st.builds("{}-PERPETUAL".format, ASSETS)
    | st.builds("{}_USDC-{}".format, ASSETS, BYBITS_DAYS)
    | st.builds("{}-{}-{}-{}".format, ASSETS, BYBITS_DAYS, st.integers(1, 99999), st.sampled_from("CP"))
    | st.builds("{}_USDC-{}-0d{}-{}".format, ASSETS, BYBITS_DAYS, st.integers(1, 999), st.sampled_from("CP")),
    ("hyperliquid", "all"): ASSETS
    | st.sampled_from(["kPEPE", "kBONK", "PURR/USDC"])
    | st.integers(0, 9999).map("@{}".format),
    ("bitget", "spot"): joined(PAIRS),
    ("bitget", "usdt-futures"): st.builds("{}USDT".format, ASSETS),
    ("bitget", "usdc-futures"): st.builds("{}PERP".format, ASSETS),
    ("bitget", "coin-futures"): st.builds("{}USD".format, ASSETS) | st.builds("{}USDH25".format, ASSETS),
}
"""How the exchanges write the ids of their markets, by exchange and kind."""
KINDS = sorted(IDS)
NO_NAME = sorted(word.upper() for word in RENDERED_NOTHING | EVERYTHING if word.isalpha())
"""Words that a currency may be called by, but that alone name no market."""


def that_name_one(ids: SearchStrategy[str]) -> SearchStrategy[str]:
    return ids.filter(lambda market_id: market_id.upper() not in NO_NAME)


each_kind = pytest.mark.parametrize(("exchange", "kind"), KINDS)
each_exchange = pytest.mark.parametrize("exchange", PROFILES)
a_few = settings(max_examples=40)
"""For each of the kinds of market, which are several."""


def names(exchange: str, kind: str | None = None) -> MarketNames:
    profile = profile_of(exchange)
    types: list[MarketType] = [each for each in profile.market_types if kind in (None, each.name)]
    return MarketNames(types, profile.title)


def test_these_are_all_kinds() -> None:
    assert {(name, each.name) for name in PROFILES for each in profile_of(name).market_types} == set(KINDS)


@each_kind
@a_few
@given(st.data())
def test_a_name_stays_what_it_is_and_says_which_market_it_is(exchange: str, kind: str, data: st.DataObject) -> None:
    market_id = data.draw(that_name_one(IDS[exchange, kind]))
    for known in (names(exchange), names(exchange, kind)):
        name = known.of(kind, market_id)
        assert known.check(name, "symbol") == name
        assert known.split(name) == (kind, market_id)


@each_exchange
@a_few
@given(st.data())
def test_no_two_markets_become_one(exchange: str, data: st.DataObject) -> None:
    markets = [(kind, data.draw(ids)) for (name, kind), ids in IDS.items() if name == exchange for _ in range(2)]
    known = names(exchange)
    assert len({known.of(*market) for market in markets}) == len(set(markets))


@each_kind
@a_few
@given(st.data())
def test_arguments_and_answers_agree(exchange: str, kind: str, data: st.DataObject) -> None:
    """A market that a user names is the one that the exchange shows, however it is spelt."""
    market_id = data.draw(that_name_one(IDS[exchange, kind]))
    alone, among_others = names(exchange, kind), names(exchange)
    for spelt in (market_id, market_id.lower(), f"{kind}:{market_id}", f"{kind.upper()}:{market_id.lower()}"):
        assert alone.check(spelt, "symbol") == alone.of(kind, market_id)
    assert among_others.check(f"{kind}:{market_id}", "symbol") == among_others.of(kind, market_id)


SPELT: dict[str, Callable[[str, str], list[str]]] = {
    "binance": lambda base, quote: [f"{base}-{quote}", f"{base}_{quote}", f"{base}/{quote}"],
    "bybit": lambda base, quote: [f"{base}-{quote}", f"{base}_{quote}", f"{base}/{quote}"],
    "okx": lambda base, quote: [f"{base}_{quote}", f"{base}/{quote}"],
    "bitopro": lambda base, quote: [f"{base}-{quote}", f"{base}/{quote}"],
    "kraken": lambda base, quote: [f"{base}-{quote}", f"{base}_{quote}"],
    "gate": lambda base, quote: [f"{base}-{quote}", f"{base}/{quote}"],
    "coinbase": lambda base, quote: [f"{base}_{quote}", f"{base}/{quote}"],
    "deribit": lambda base, quote: [f"{base}/{quote}"],
    "hyperliquid": lambda base, _quote: [base, f"{base}/USDC:USDC"],
    "bitget": lambda base, quote: [f"{base}-{quote}", f"{base}_{quote}", f"{base}/{quote}"],
    "kucoin": lambda base, quote: [f"{base}_{quote}", f"{base}/{quote}"],
}


BETWEEN = {"okx": "-", "coinbase": "-", "kucoin": "-", "bitopro": "_", "deribit": "_", "gate": "_"}
"""What stands between the two assets of a market's id, where anything does."""


@each_exchange
@a_few
@given(PAIRS)
def test_a_pair_is_understood_in_its_usual_spellings(exchange: str, pair: tuple[str, str]) -> None:
    kind = profile_of(exchange).market_types[0].name
    known = names(exchange, kind)
    market_id = pair[0] if exchange == "hyperliquid" else BETWEEN.get(exchange, "").join(pair)
    assume(market_id not in NO_NAME)
    expected = known.of(kind, market_id.lower() if exchange == "bitopro" else market_id)
    for spelt in SPELT[exchange](*pair):
        assert known.check(spelt, "symbol") == known.check(spelt.lower(), "symbol") == expected


@each_exchange
@pytest.mark.parametrize("word", NO_NAME)
def test_a_word_that_names_nothing_or_everything_names_no_market(exchange: str, word: str) -> None:
    """Neither from a user nor from the exchange, which would be sent it back. As one currency of a pair it may."""
    kind = profile_of(exchange).market_types[0].name
    known = names(exchange, kind)
    for alone in (word, word.lower(), f"{kind}:{word}"):
        with pytest.raises(InvalidOrderRequest):
            known.check(alone, "symbol")
    with pytest.raises(InvalidOrderRequest):
        known.of(kind, word)
    if exchange != "hyperliquid":  # whose id of a market is the name of a currency
        market_id = BETWEEN.get(exchange, "").join([word, "USDT"])
        expected = market_id.lower() if exchange == "bitopro" else market_id
        assert known.check(SPELT[exchange](word, "USDT")[-1], "symbol") == known.of(kind, market_id) == expected


UNIFIED = [
    ("binance", "BTC/USDT", "spot:BTCUSDT"),
    ("binance", "BTC/USDT:USDT", "linear:BTCUSDT"),
    ("binance", "btc/usdc:usdc", "linear:BTCUSDC"),
    ("binance", "BTC/USDT:USDT-251226", "linear:BTCUSDT_251226"),
    ("bybit", "BTC/USDT", "spot:BTCUSDT"),
    ("bybit", "BTC/USDT:USDT", "linear:BTCUSDT"),
    ("bybit", "BTC/USDC:USDC", "linear:BTCPERP"),
    ("kraken", "BTC/USD", "XBTUSD"),
    ("kraken", "ETH/BTC", "ETHXBT"),
    ("kraken", "LUNC/USD", "LUNAUSD"),
    ("kraken", "LUNA2/USD", "LUNA2USD"),
    ("kucoin", "btc/usdt", "BTC-USDT"),
    ("okx", "BTC/USDT", "BTC-USDT"),
    ("okx", "BTC/USDT:USDT", "BTC-USDT-SWAP"),
    ("okx", "BTC/USD:BTC", "BTC-USD-SWAP"),
    ("okx", "BTC/USD:BTC-251226", "BTC-USD-251226"),
    ("okx", "BTC/USD:BTC-251226-50000-C", "BTC-USD-251226-50000-C"),
    ("okx", "BTC/USD:USDⓈ", "BTC-USD_UM-SWAP"),
    ("bitopro", "BTC/TWD", "btc_twd"),
    ("gate", "BTC/USDT", "spot:BTC_USDT"),
    ("gate", "BTC/USDT:USDT", "linear:BTC_USDT"),
    ("deribit", "BTC/USD:BTC", "BTC-PERPETUAL"),
    ("deribit", "BTC/USDC", "BTC_USDC"),
    ("deribit", "BTC/USDC:USDC", "BTC_USDC-PERPETUAL"),
    ("deribit", "BTC/USD:BTC-251205", "BTC-5DEC25"),
    ("deribit", "BTC/USD:BTC-251226-50000-C", "BTC-26DEC25-50000-C"),
    ("deribit", "xrp/usdc:usdc-251226-0.625-p", "XRP_USDC-26DEC25-0d625-P"),
    ("hyperliquid", "BTC/USDC:USDC", "BTC"),
    ("hyperliquid", "kpepe/usdc:usdc", "kPEPE"),
    ("hyperliquid", "KAS/USDC:USDC", "KAS"),
    ("hyperliquid", "PURR/USDC", "PURR/USDC"),
    ("bitget", "BTC/USDT", "spot:BTCUSDT"),
    ("bitget", "BTC/USDT:USDT", "usdt-futures:BTCUSDT"),
    ("bitget", "BTC/USDC:USDC", "usdc-futures:BTCPERP"),
    ("bitget", "BTC/USD:BTC", "coin-futures:BTCUSD"),
]


@pytest.mark.parametrize(("exchange", "unified", "name"), UNIFIED)
def test_ccxts_names_are_understood(exchange: str, unified: str, name: str) -> None:
    assert names(exchange).check(unified, "symbol") == name


@pytest.mark.parametrize(
    ("exchange", "unified"),
    [
        ("binance", "BTC/USD:BTC"),
        ("binance", "BTC/USDT:BTC"),
        ("binance", "BTC/USDT:"),
        ("binance", "/USDT"),
        ("binance", "BTC/"),
        ("binance", "BTC/USDT/EUR"),
        ("binance", "BTC/US DT"),
        ("binance", "BTC/USDT:USDT:USDT"),
        ("bybit", "BTC/USD:BTC"),
        ("bybit", "BTC/USD:USD"),
        ("bybit", "BTC/USDT:USDT-251226"),
        ("kraken", "BTC/USD:USD"),
        ("kraken", "LUNA/USD"),
        ("kraken", "REP/BTC"),
        ("coinbase", "CELO/USD"),
        ("kucoin", "BTC/USDT:USDT"),
        ("kucoin", "ALT/USDT"),
        ("okx", "BTC/USDT:BTC"),
        ("okx", "BTC/USDT:ETH"),
        ("okx", "BTC/USD:USDC"),
        ("okx", "BTC/USD:USD"),
        ("okx", "BTC/USD:USDⓈ-310404"),
        ("bitopro", "BTC/TWD:TWD"),
        ("gate", "BTC/USD:BTC"),
        ("gate", "BTC/USDC:USDC"),
        ("gate", "BTC/USDT:USDT-261225"),
        ("deribit", "BTC/USD:ETH"),
        ("deribit", "BTC/USDC:BTC"),
        ("deribit", "BTC/USD:BTC-251326"),
        ("deribit", "BTC/USD:BTC-251226-50000"),
        ("hyperliquid", "HYPE/USDC"),
        ("hyperliquid", "BTC/USDT:USDT"),
        ("hyperliquid", "BTC/USDC:USDC-251226"),
        ("hyperliquid", "XYZ-TSLA/USDC:USDC"),
        ("bitget", "BTC/USD:USD"),
        ("bitget", "BTC/USDT:USDT-251226"),
    ],
)
def test_a_name_of_no_market_that_is_covered_is_refused(exchange: str, unified: str) -> None:
    with pytest.raises(InvalidOrderRequest, match=r"is no market that this connection to \w+.* covers|symbol"):
        names(exchange).check(unified, "symbol")


@given(st.lists(st.tuples(ASSETS, ASSETS, ASSETS | st.none(), DAYS | st.none()), min_size=2, max_size=2))
def test_two_of_ccxts_names_are_never_one_market_of_okx(
    parts: list[tuple[str, str, str | None, str | None]],
) -> None:
    """Nothing runs its currencies together, so there is no excuse."""
    found = set()
    written = set()
    for base, quote, settle, day in parts:
        unified = f"{base}/{quote}" + (f":{settle}" + (f"-{day}" if day else "") if settle else "")
        try:
            found.add(names("okx").check(unified, "symbol"))
        except InvalidOrderRequest:
            continue
        written.add(unified)
    assert len(found) == len(written)


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
def test_a_name_that_may_be_two_markets_is_refused_with_both(exchange: str) -> None:
    with pytest.raises(InvalidOrderRequest, match="write spot:BTCUSDT or linear:BTCUSDT") as caught:
        names(exchange).check("btc-usdt", "symbol")
    assert "'default_type'" in str(caught.value)
    for kind in ("spot", "linear"):
        assert names(exchange, kind).check("btc-usdt", "symbol") == "BTCUSDT"


@each_exchange
@pytest.mark.parametrize(
    "nothing", [None, "", " ", "None", "all", "*", [], 7, "spot:", "spot:*", "linear:..", "{{ x }}"]
)
def test_what_names_no_market_is_refused(exchange: str, nothing: object) -> None:
    with pytest.raises(InvalidOrderRequest):
        names(exchange).check(nothing, "symbol")


@each_kind
@a_few
@given(st.text("BTCUSDtwd/:-_ 126.Ⓢ龙", min_size=2, max_size=16) | st.text(max_size=20))
def test_any_text_is_refused_or_has_one_spelling(exchange: str, kind: str, text: str) -> None:
    for known in (names(exchange), names(exchange, kind)):
        try:
            name = known.check(text, "symbol")
        except InvalidOrderRequest:
            continue
        assert known.check(name, "symbol") == name
        assert known.of(*known.split(name)) == name
