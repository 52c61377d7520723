"""Keys and secrets show up nowhere, not even where the venue itself repeats them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.models import Order
from tests.exchanges.evidence import Answer, Evidence, each_answer, each_venue

if TYPE_CHECKING:
    from collections.abc import Iterator


def secrets(venue: Evidence) -> list[str]:
    connection = venue.facts["connection"]
    return [connection["login"], connection["password"].removeprefix("0x")]


def texts(body: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the place of every text in a JSON value, as a container and a key."""
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        if isinstance(value, str) or value is None:
            yield body, key
        elif isinstance(value, dict | list):
            yield from texts(value)


def everything_told(error: ExchangeError) -> str:
    return f"{error} {error!r} {error.message} {error.code} {error.request_id} {error.dump()}"


@each_venue
def test_representations_show_no_secret(venue: Evidence) -> None:
    call = venue.single_cancel()
    shown = f"{venue.exchange!r} {call!r} {call.begin(1)!r}"
    assert [secret for secret in secrets(venue) if secret in shown] == []
    assert venue.exchange.secrets >= set(secrets(venue))


@each_answer(is_error=True)
def test_errors_show_no_secret_that_the_venue_repeats(answer: Answer) -> None:
    """Each text of the answer in turn is followed, or replaced, by the secrets; whichever error it is then."""
    told = " ".join(secrets(answer.venue))
    places = len(list(texts(answer.document["body"])))
    seen = 0
    for place in range(places):
        for replacing in (True, False):
            body = deepcopy(answer.document["body"])
            container, key = list(texts(body))[place]
            container[key] = told if replacing else f"{container[key] or ''} {told}"
            for call in answer.calls():
                try:
                    call.finish(answer.with_body(body))
                except ExchangeError as error:
                    seen += 1
                    shown = everything_told(error)
                    assert [secret for secret in secrets(answer.venue) if secret in shown] == []
    assert seen >= places, "bodies that are never an error prove nothing"


@each_answer("list_open", "read_order", "read_ended", shows_orders=True, has_words_for_states=True)
def test_a_state_shows_no_secret(answer: Answer) -> None:
    body = deepcopy(answer.document["body"])
    record = answer.records_in(body)[0]
    record[answer.venue.facts["record"]["state"]] = " ".join(secrets(answer.venue))
    (call,) = answer.calls()
    result = call.finish(answer.with_body(body))
    order: Order = result if isinstance(result, Order) else result[0]
    assert [secret for secret in secrets(answer.venue) if secret in order.venue_state] == []
