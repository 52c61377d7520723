"""Whatever a venue writes into its answers: nobody reads a secret in it, and it is one line wherever shown."""

from __future__ import annotations

import base64
import html
import json
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.texts import holds_secret, shown_name, shown_text, without_secrets
from airflow_provider_exchange.models.orders import Order, OrderRef, OrderState
from airflow_provider_exchange.models.reports import CancelReport, CancelResult, Outcome
from airflow_provider_exchange.one_line import json_line
from airflow_provider_exchange.operations.earlier import Told
from airflow_provider_exchange.operations.table import headline, table
from tests.exchanges.evidence import ANSWERS, OPERATIONS, operation_of
from tests.exchanges.test_redaction import texts
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from tests.exchanges.answer import Answer

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "swapped": str.swapcase,
    "percent": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "percent twice": lambda secret: "".join(f"%25{byte:02X}" for byte in secret.encode()),
    "partly percent": lambda secret: f"%{ord(secret[0]):x}{secret[1:-1]}%{ord(secret[-1]):X}",
    "JSON": lambda secret: "".join(f"\\u{ord(character):04x}" for character in secret),
    "HTML": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "in base64": lambda secret: base64.urlsafe_b64encode(f"user:{secret}?".encode()).decode(),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "HEXADECIMAL": lambda secret: secret.encode().hex().upper(),
    "on two lines": lambda secret: f"{secret[:5]}\n{secret[5:]}",
    "with what cannot be seen": "\u200b".join,
}
each_spelling = pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)

ODD = [
    "\n",
    "\r\n",
    "\x00",
    "\x1b[2J",
    "\u2028",
    "\u202e",
    "\u200b",
    "\ud800",
    "::endgroup::",
    "##[group]",
    "[/a]",
    " ",
]


@cache
def spelt(secret: str) -> frozenset[str]:
    return frozenset(spell(secret) for spell in SPELLINGS.values())


def assert_clean(told: Iterable[str], secrets: Collection[str]) -> None:
    """No secret in any spelling, and nothing that breaks a line, hides a part of it or folds the log."""
    forbidden = frozenset[str]().union(*map(spelt, secrets))
    bare_secrets = [secret.casefold() for secret in secrets]
    for text in told:
        assert text.isprintable()
        assert [spelling for spelling in forbidden if spelling in text] == []
        bare = html.unescape(text).casefold()
        assert [secret for secret in bare_secrets if secret in bare] == []


def in_the_log(orders: Iterable[Order]) -> list[str]:
    """Return what a task logs of some orders."""
    results = [
        CancelResult(order.exchange, order.ref, Outcome.UNKNOWN, order.state, None, confirmed=False, order=order)
        for order in orders
    ]
    report = CancelReport("venue", tuple(results), len(results))
    return [headline(report), *table(report), json_line(report.dump()), *(str(order.ref) for order in orders)]


def strings(value: Any) -> Iterator[str]:
    """Yield every text in what is stored as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def told_by(result: Any) -> tuple[list[str], list[str]]:
    """Return what the result of an operation tells in logs, and what in records."""
    if isinstance(result, ExchangeError):
        logged = [str(result), result.message, str(result.code), str(result.request_id)]
        return logged, list(strings(result.dump()))
    orders = [result] if isinstance(result, Order) else []
    if isinstance(result, list | dict):
        members = result.values() if isinstance(result, dict) else result
        orders = [each for each in members if isinstance(each, Order)]
    records = [strings([order.summary(), order.venue_state, Told(order.ref).dump()]) for order in orders]
    markets = [each for each in result if isinstance(each, str)] if isinstance(result, dict) else []
    return in_the_log(orders), [*markets, *(text for record in records for text in record)]


MOST_REQUESTS = 9
"""As many as the lists of open orders of any venue, all of which get the answer."""


def outcomes(answer: Answer, body: Any) -> Iterator[Any]:
    """Run the operations that may get an answer. A changed name leads to more requests, which get it again."""
    venue, response = answer.venue, answer.with_body(body)
    refs = answer.refs
    asked = {"list_open": [], "cancel_one": [venue.ref]} if answer.answers == "any call" else {answer.answers: refs}
    for name, those in asked.items():
        steps = stepped(operation_of(venue.exchange, name, those), lambda _request: response)
        try:
            for _ in range(MOST_REQUESTS):
                next(steps)
        except StopIteration as done:
            yield done.value
        except ExchangeError as error:
            yield error
        steps.close()


@st.composite
def hostile(draw: st.DrawFn, secrets: list[str]) -> str:
    spelt = st.builds(
        lambda spell, secret: spell(secret), st.sampled_from([*SPELLINGS.values()]), st.sampled_from(secrets)
    )
    parts = draw(st.lists(st.one_of(spelt, st.sampled_from(ODD), st.text(max_size=8)), min_size=1, max_size=5))
    return "".join(parts)


def places(body: Any) -> list[tuple[Any, Any]]:
    """Return where a body has texts, but for a cursor: with another one, more would be asked."""
    return [(container, key) for container, key in texts(body) if key not in ("next", "nextPageCursor")]


READ = [
    answer for answer in ANSWERS if answer.answers in {*OPERATIONS, "any call"} and places(answer.document["body"])
]


LARGEST = {
    (answer.venue.name, answer.answers, answer.is_error): answer
    for answer in sorted(READ, key=lambda answer: len(places(answer.document["body"])))
}
"""Of the answers to each call, successes and failures, the one with the most places."""


def assert_nothing_slips_out(answer: Answer, body: Any) -> None:
    secrets = answer.venue.secrets
    for outcome in outcomes(answer, body):
        logged, recorded = told_by(outcome)
        assert_clean([*logged, *recorded], secrets)
        marks = ("::group::", "::endgroup::", "##[group]", "##[endgroup]")
        assert [line for line in logged if any(mark in line for mark in marks)] == []


@given(data=st.data())
def test_no_text_of_an_answer_shows_a_secret_or_leaves_its_line(data: st.DataObject) -> None:
    answer = data.draw(st.sampled_from(READ), label="answer")
    body = deepcopy(answer.document["body"])
    container, key = data.draw(st.sampled_from(places(body)), label="place")
    before = container[key] or ""
    written = data.draw(hostile(answer.venue.secrets), label="text")
    container[key] = data.draw(st.sampled_from([written, before + written, written + before]), label="value")
    assert_nothing_slips_out(answer, body)


@pytest.mark.parametrize("answer", LARGEST.values(), ids=str)
def test_not_a_single_place_is_forgotten(answer: Answer) -> None:
    secrets = answer.venue.secrets
    for written in ("7\n::endgroup::\u202e", *secrets, "-".join(map(SPELLINGS["percent"], secrets))):
        for place in range(len(places(answer.document["body"]))):
            body = deepcopy(answer.document["body"])
            container, key = places(body)[place]
            container[key] = written
            assert_nothing_slips_out(answer, body)


@each_spelling
@pytest.mark.parametrize("secret", ["paper/nami+key&secret", "0a1b2c3d4e5f60718293"])
def test_a_secret_is_found_in_every_spelling(spell: Callable[[str], str], secret: str) -> None:
    told = f"Invalid key {spell(secret)} for you"
    for shown in (shown_text(told, {secret}), shown_name(told, {secret}, ""), without_secrets(told, {secret})):
        assert_clean([shown], [secret])
    assert holds_secret(told, {secret})


def test_the_words_around_a_secret_stay() -> None:
    assert shown_text("Invalid: my-api-key!", {"my-api-key"}) == "Invalid: ***!"


def test_names_are_not_taken_for_short_secrets() -> None:
    assert not holds_secret("0x05a97490", {"5"})
    assert holds_secret("0x05a97490", {"05A97490"})


@pytest.mark.parametrize("length", [5_000, 10**6])
def test_a_long_text_is_cut_without_a_part_of_a_secret(length: int) -> None:
    told = shown_text("my-secret-key" * length, {"my-secret-key"})
    assert len(told) <= 160
    assert "my-" not in told


@pytest.mark.parametrize("kept", ["mm[/eth]7", "100%", "é", "a/b", "a&b=c", "::endgroup::"])
def test_a_record_holds_a_printable_name_as_it_is(kept: str) -> None:
    order = Order("loopring", "0x1", "LRC-ETH", OrderState.OPEN, "", client_order_id=kept)
    assert order.summary()["client_order_id"] == kept
    assert json.loads(json.dumps(order.ref.name()))["client_order_id"] == kept


def test_a_name_in_the_log_ends_no_group_of_lines() -> None:
    ref = OrderRef(None, "::endgroup::-ETH", "::endgroup::")
    order = Order("loopring", "::endgroup::", "::group::-ETH", OrderState.OPEN, "", client_order_id="x")
    for line in (str(ref), ref.label, *in_the_log([order])):
        assert "::group::" not in line
        assert "::endgroup::" not in line


def test_an_error_of_a_foreign_library_is_one_line() -> None:
    error = ExchangeError("bad\n::endgroup::\u202e" + "x" * 10_000, code="a\nb", request_id="c\u2028d")
    assert str(error).isprintable()
    assert "::endgroup::" not in str(error)
    assert len(str(error)) < 5_000
    assert (error.code, error.request_id) == ("a b", "c d")
