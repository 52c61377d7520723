"""What names an order: the good spellings of each venue, and nothing that was never meant as a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.markets import market_spelling
from airflow_provider_exchange.models.orders import OrderRef
from tests.exchanges.evidence import EVIDENCE, Evidence, each_venue
from tests.exchanges.replay import names_in
from tests.nothing import NOT_A_NAME, is_a_name, label
from tests.turns import in_turn

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.arguments import Grammar

KINDS = ("order_id", "client_order_id", "symbol")
each_kind = pytest.mark.parametrize("kind", KINDS)


def spellings(venue: Evidence, kind: str, quality: str) -> list[Any]:
    facts = venue.facts[f"{kind}s"]
    return [] if facts is None else list(facts[quality])


def check(venue: Evidence, kind: str, value: Any) -> str:
    canonical: str = getattr(venue.exchange, f"check_{kind}")(value)
    return canonical


@each_venue
@each_kind
def test_good_names_are_taken_in_canonical_spelling(venue: Evidence, kind: str) -> None:
    for given_, canonical in spellings(venue, kind, "good"):
        assert check(venue, kind, given_) == canonical
        assert check(venue, kind, canonical) == canonical, "what was checked once can be checked again"


@each_venue
def test_answers_are_understood_in_every_spelling_of_a_market(venue: Evidence) -> None:
    answers = [answer for answer in venue.answers if answer.answers == "list_open" and answer.shows_orders]
    assert answers
    for answer in answers:
        if not answer.is_whole:
            continue
        symbols = venue.facts["symbols"]
        for shown, canonical in symbols.get("shown", symbols["good"]):
            order, *_ = answer.shown(answer.with_changed_order("symbol", shown))
            assert order.symbol == canonical


@pytest.mark.parametrize("letter", ["ß", "é", "\u0131", "\u017f", "\u212a"])
def test_only_ascii_letters_change_their_case(letter: str) -> None:
    for capitals in (False, True):
        assert letter.translate(market_spelling("-", capitals=capitals)) == letter


@each_venue
@each_kind
def test_names_of_another_shape_are_refused(venue: Evidence, kind: str) -> None:
    for value in spellings(venue, kind, "bad"):
        with pytest.raises(InvalidOrderRequest, match=kind):
            check(venue, kind, value)


@each_venue
@each_kind
@in_turn("value", NOT_A_NAME, ids=label)
def test_what_names_nothing_or_too_much_is_refused(venue: Evidence, kind: str, value: Any) -> None:
    if is_a_name(venue.exchange, kind, value):
        assert check(venue, kind, value) == value
        return
    with pytest.raises(InvalidOrderRequest):
        check(venue, kind, value)


@each_venue
@in_turn("value", NOT_A_NAME, ids=label)
def test_no_reference_is_made_of_it(venue: Evidence, value: Any) -> None:
    exchange, symbol = venue.exchange, venue.symbols[0]
    names_one = is_a_name(exchange, "client_order_id", value)
    for names in [(value, symbol)] if names_one else [(value, symbol), (None, symbol, value)]:
        with pytest.raises(InvalidOrderRequest):
            exchange.check_ref(*names)
    if value is not None:
        with pytest.raises(InvalidOrderRequest):
            exchange.check_ref(venue.ref.order_id, value)


@each_venue
def test_client_ids_are_refused_where_the_venue_has_none(venue: Evidence) -> None:
    assert (venue.exchange.client_order_ids is None) == (venue.facts["client_order_ids"] is None)
    if venue.exchange.client_order_ids is None:
        with pytest.raises(InvalidOrderRequest, match="no client order ids"):
            venue.exchange.check_ref(None, venue.symbols[0], "42")


@each_venue
def test_a_missing_symbol_is_refused_where_it_is_needed(venue: Evidence) -> None:
    order_id = venue.ref.order_id
    assert venue.exchange.needs_symbol == venue.facts["needs_symbol"]
    if venue.exchange.needs_symbol:
        with pytest.raises(InvalidOrderRequest, match="symbol is missing"):
            venue.exchange.check_ref(order_id)
    else:
        assert venue.exchange.check_ref(order_id) == OrderRef(order_id)


@each_venue
def test_two_names_are_one_too_many(venue: Evidence) -> None:
    with pytest.raises(InvalidOrderRequest, match="exactly one"):
        venue.exchange.check_ref(venue.ref.order_id, venue.symbols[0], "42")


@each_venue
def test_messages_give_an_example_that_is_one(venue: Evidence) -> None:
    exchange = venue.exchange
    for grammar in filter(None, (exchange.order_ids, exchange.client_order_ids, exchange.symbols)):
        assert str(grammar.malformed("?", "field")).endswith(grammar.example)


# -- on the wire


def assert_one_order(venue: Evidence, ref: OrderRef) -> None:
    """The cancel of an order differs from that of the sample in the names of the order, and in nothing else."""
    numbers = venue.facts.get("numbers")
    if numbers is not None and ref.symbol not in numbers:
        return  # nothing would be sent
    cancel = venue.single_cancel(ref)
    if (ref.order_id or "").startswith(tuple(venue.facts.get("marks", ()))):
        words = {name for _, name in names_in(cancel.request)}
        assert (ref.order_id or "").rpartition(":")[2] in words
        assert ref.order_id not in words, "the mark is ours"
        return
    sample = venue.single_cancel()
    before, after = (each.symbol if numbers is None else numbers[each.symbol] for each in (venue.ref, ref))
    renamed = {venue.ref.order_id: ref.order_id, before: after}
    seal = venue.facts.get("signature", ())
    seals = (seal,) if isinstance(seal, str) else seal
    unnamed = [(under, name) for under, name in names_in(sample.request) if under not in seals]
    named = [(under, name) for under, name in names_in(cancel.request) if under not in seals]
    assert named == [(under, renamed.get(name, name)) for under, name in unnamed]
    assert ref.order_id in [name for _, name in named]
    assert cancel.request.method == sample.request.method
    assert (cancel.call.endpoint, cancel.call.mutating) == (sample.call.endpoint, True)
    url = urlsplit(cancel.request.url)
    assert url.path.isascii()
    assert len(unquote(url.path).split("/")) == len(urlsplit(sample.request.url).path.split("/"))
    assert not {"", ".", ".."} & set(url.path.split("/")[1:])
    assert not url.fragment


@pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)
@given(data=st.data())
def test_whatever_passes_is_one_order_on_the_wire(venue: Evidence, data: st.DataObject) -> None:
    exchange = venue.exchange
    values = st.text() | st.sampled_from([value for value in NOT_A_NAME if isinstance(value, str)])
    try:
        ref = exchange.check_ref(
            data.draw(values | fitting(exchange.order_ids)), data.draw(values | fitting(exchange.symbols))
        )
    except InvalidOrderRequest:
        return
    assert_one_order(venue, ref)


@pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)
@given(data=st.data())
def test_every_name_of_the_venue_reaches_the_wire_unchanged(venue: Evidence, data: st.DataObject) -> None:
    """Whatever fits the grammar, but for the few that a check of the venue's refuses beyond it."""
    exchange = venue.exchange
    order_id, symbol = data.draw(fitting(exchange.order_ids)), data.draw(fitting(exchange.symbols))
    try:
        ref = exchange.check_ref(order_id, symbol)
    except InvalidOrderRequest as refusal:
        assert ascii(order_id) in str(refusal) or ascii(symbol) in str(refusal)  # noqa: PT017
        return
    assert ref.order_id is not None
    assert ref.symbol is not None
    assert (bare(ref.order_id), letters_and_digits(ref.symbol)) == (bare(order_id), letters_and_digits(symbol))
    assert_one_order(venue, ref)


def letters_and_digits(symbol: str) -> str:
    return "".join(filter(str.isalnum, symbol)).lower()


def bare(order_id: str) -> str:
    """An order id without what does not change a hash: capitals, and zeros in front."""
    return re.sub("^0x0*", "0x", order_id.lower())


def fitting(grammar: Grammar) -> st.SearchStrategy[str]:
    return st.from_regex(grammar.pattern, fullmatch=True)


@given(
    value=st.one_of(
        st.text(), st.none(), st.integers(), st.floats(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
    )
)
def test_any_value_is_taken_or_refused_but_never_crashes(value: Any) -> None:
    for venue in EVIDENCE.values():
        for kind in KINDS:
            try:
                assert check(venue, kind, value)
            except InvalidOrderRequest as refusal:
                assert len(str(refusal)) < 600  # noqa: PT017
