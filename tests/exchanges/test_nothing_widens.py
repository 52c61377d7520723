"""No text, however it came about, turns "this order" into "another order" or "every order"."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.base import Option
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.operations.selection import Selectors
from tests.exchanges.test_answers import EXCHANGES
from tests.nothing import NOT_A_NAME, NOT_A_SELECTION, label
from tests.stepping import first_call

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

GOOD_ID = {"nami": "435372", "bitopro": "2959906694", "loopring": "0x5"}
GOOD_SYMBOL = {"nami": "BTCUSDT", "bitopro": "bito_eth", "loopring": "LRC-ETH"}

exchanges = pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES)


@exchanges
@pytest.mark.parametrize("value", NOT_A_NAME, ids=label)
def test_no_order_id(exchange: Exchange, value: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        exchange.check_ref(value, GOOD_SYMBOL[exchange.name])


@exchanges
@pytest.mark.parametrize("value", NOT_A_NAME, ids=label)
def test_no_client_order_id(exchange: Exchange, value: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        exchange.check_ref(None, GOOD_SYMBOL[exchange.name], value)


@exchanges
@pytest.mark.parametrize("value", [each for each in NOT_A_NAME if each is not None], ids=label)
def test_no_symbol(exchange: Exchange, value: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        exchange.check_ref(GOOD_ID[exchange.name], value)


@pytest.mark.parametrize("venue", ["nami", "bitopro"])
def test_a_missing_symbol_is_refused_where_it_is_needed(venue: str) -> None:
    with pytest.raises(InvalidOrderRequest, match="symbol is missing"):
        EXCHANGES[venue].check_ref(GOOD_ID[venue])


@exchanges
def test_two_names_are_one_too_many(exchange: Exchange) -> None:
    with pytest.raises(InvalidOrderRequest, match="exactly one"):
        exchange.check_ref(GOOD_ID[exchange.name], GOOD_SYMBOL[exchange.name], "42")


@exchanges
@pytest.mark.parametrize("field", ["symbols", "orders", "side", "client_order_id_prefix"])
@pytest.mark.parametrize("value", NOT_A_SELECTION, ids=label)
def test_no_selection(exchange: Exchange, field: str, value: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        Selectors(**{field: value}).check(exchange)


@exchanges
@pytest.mark.parametrize(
    "orders",
    [
        [{"symbol": "BTCUSDT"}],
        [{"order_id": None, "symbol": "BTCUSDT"}],
        [{"order_id": "", "symbol": "BTCUSDT"}],
        [{"order_id": "all", "symbol": "BTCUSDT"}],
        [{"order_id": "1", "symbol": "None"}],
        [{"order_id": "1", "symbol": ""}],
        [{"order_id": "1", "symbol": "../all"}],
        [{"order_id": "1", "symbol": "BTCUSDT", "exchange": "elsewhere"}],
        "1",
        {"order_id": "1"},
        ["1", "all"],
        5,
    ],
    ids=label,
)
def test_no_list_of_orders(exchange: Exchange, orders: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        Selectors(orders=orders, symbols=GOOD_SYMBOL[exchange.name]).check(exchange)


@exchanges
@pytest.mark.parametrize("other", ["side", "client_order_id_prefix"])
def test_named_orders_admit_no_filter(exchange: Exchange, other: str) -> None:
    """Whether an order named must also match would be anybody's guess."""
    orders = [{"order_id": GOOD_ID[exchange.name], "symbol": GOOD_SYMBOL[exchange.name]}]
    with pytest.raises(InvalidOrderRequest, match=other):
        Selectors(orders=orders, **{other: "buy"}).check(exchange)
    with pytest.raises(InvalidOrderRequest, match="older_than"):
        Selectors(orders=orders, older_than=1).check(exchange)


@exchanges
@pytest.mark.parametrize("age", ["3600", -1, float("nan"), float("inf"), True, 10**30, []])
def test_no_age(exchange: Exchange, age: Any) -> None:
    with pytest.raises(InvalidOrderRequest, match="older_than"):
        Selectors(older_than=age).check(exchange)


@exchanges
@pytest.mark.parametrize("options", [{"unknown": True}, {1: True}, [], "x", {"": True}])
def test_no_options(exchange: Exchange, options: Any) -> None:
    with pytest.raises(InvalidOrderRequest, match="options"):
        exchange.check_options(options)


def test_options_are_booleans() -> None:
    with pytest.raises(InvalidOrderRequest, match="neither"):
        EXCHANGES["bitopro"].check_options({"isAllStrategyCanceled": "False"})


def test_options_may_be_of_other_types() -> None:
    """Exactly of the type that is documented: in Python, True is a number too."""

    class WithMode(Nami):
        options = MappingProxyType({"mode": Option("what is done", str), "level": Option("how far", int)})

    exchange = WithMode("https://nami.exchange", "key", "secret")
    assert exchange.check_options({"mode": "soft", "level": 2}) == {"mode": "soft", "level": 2}
    for options in ({"mode": True}, {"level": True}, {"level": "2"}, {"mode": None}):
        with pytest.raises(InvalidOrderRequest, match="not of type"):
            exchange.check_options(options)


def test_one_hash_in_two_markets_is_refused() -> None:
    orders = [{"order_id": "0x5", "symbol": "LRC-ETH"}, {"order_id": "0X5", "symbol": "ETH-USDT"}]
    with pytest.raises(InvalidOrderRequest, match="in two markets"):
        Selectors(orders=orders).check(EXCHANGES["loopring"])
    alike = [{"order_id": "0x5"}, orders[0], {"order_id": "0x5"}]
    (ref,) = Selectors(orders=alike).check(EXCHANGES["loopring"]).orders or ()
    assert ref.symbol == "LRC-ETH"


def test_nami_ids_stay_below_what_javascript_can_count() -> None:
    """A batch carries ids as numbers; 2**53 + 1 would arrive as 2**53: the order of somebody else."""
    assert EXCHANGES["nami"].check_order_id(str(2**53 - 1)) == str(2**53 - 1)
    with pytest.raises(InvalidOrderRequest):
        EXCHANGES["nami"].check_order_id(str(2**53 + 1))


def test_ids_in_canonical_spelling() -> None:
    assert EXCHANGES["nami"].check_order_id(435372) == "435372"
    assert EXCHANGES["bitopro"].check_symbol("BTC_USDT") == "btc_usdt"
    assert EXCHANGES["loopring"].check_order_id("0XAB") == "0xab"
    assert EXCHANGES["loopring"].check_symbol("lrc-eth") == "LRC-ETH"


@given(value=st.text())
def test_whatever_passes_is_one_plain_path_segment_at_bitopro(value: str) -> None:
    """The path is not signed there: what leaves the segment would reach another call."""
    exchange = EXCHANGES["bitopro"]
    try:
        ref = exchange.check_ref(value, value)
    except InvalidOrderRequest:
        return
    single = exchange.cancel_one(ref, {})
    assert single is not None
    assert re.fullmatch(r"/orders/[a-z0-9]+_[a-z0-9]+/(SL-)?[0-9]+", first_call(single.operation).path)


@given(order_id=st.from_regex(r"\A(SL-)?[0-9]{1,20}\Z"), base=st.from_regex(r"\A[A-Za-z0-9]{1,9}\Z"))
def test_good_names_reach_the_url_unchanged_at_bitopro(order_id: str, base: str) -> None:
    exchange = EXCHANGES["bitopro"]
    try:
        ref = exchange.check_ref(order_id, f"{base}_usdt")
    except InvalidOrderRequest:
        assert not order_id.isascii() or not base.isascii()
        return
    single = exchange.cancel_one(ref, {})
    assert single is not None
    path = urlsplit(first_call(single.operation).begin(1).url).path
    assert unquote(path) == path == f"/v3/orders/{base.lower()}_usdt/{order_id}"


@given(
    value=st.one_of(
        st.text(), st.none(), st.integers(), st.floats(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
    )
)
def test_any_value_is_taken_or_refused_but_never_crashes(value: Any) -> None:
    for exchange in EXCHANGES.values():
        for check in (exchange.check_order_id, exchange.check_symbol, exchange.check_client_order_id):
            try:
                assert check(value)
            except InvalidOrderRequest as refusal:
                assert len(str(refusal)) < 600  # noqa: PT017
        for field in ("symbols", "orders", "side", "client_order_id_prefix"):
            try:
                Selectors(**{field: value}).check(exchange)
            except InvalidOrderRequest as refusal:
                assert len(str(refusal)) < 600  # noqa: PT017
