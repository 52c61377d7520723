"""Keys and secrets show up nowhere, not even where the venue itself repeats them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError
from tests.exchanges.evidence import Evidence, each_answer, each_venue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.exchanges.answer import Answer


def texts(body: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the place of every text in a JSON value, as a container and a key."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        if isinstance(value, str) or value is None:
            yield body, key
        elif isinstance(value, dict | list):
            yield from texts(value)


def everything_told(error: ExchangeError) -> str:
    return f"{error} {error!r} {error.message} {error.code} {error.request_id} {error.dump()}"


@each_venue
def test_representations_show_no_secret(venue: Evidence) -> None:
    cancel = venue.single_cancel()
    shown = f"{venue.exchange!r} {cancel.call!r} {cancel.request!r}"
    assert [secret for secret in venue.secrets if secret in shown] == []
    assert venue.exchange.secrets >= set(venue.secrets)


@each_answer(is_error=True)
def test_errors_show_no_secret_that_the_venue_repeats(answer: Answer) -> None:
    """Each text of the answer in turn is followed, or replaced, by the secrets; whichever error it is then."""
    told = " ".join(answer.venue.secrets)
    places = len(list(texts(answer.document["body"])))
    seen = 0
    for place in range(places):
        for replacing in (True, False):
            body = deepcopy(answer.document["body"])
            container, key = list(texts(body))[place]
            container[key] = told if replacing else f"{container[key] or ''} {told}"
            for replay in answer.replays(answer.with_body(body)):
                try:
                    replay.run()
                except ExchangeError as error:
                    seen += 1
                    shown = everything_told(error)
                    assert [secret for secret in answer.venue.secrets if secret in shown] == []
    assert seen >= places, "bodies that are never an error prove nothing"


@each_answer(
    *("list_open", "read_order", "read_ended"),
    shows_orders=True,
    has_words_for_states=True,
    is_whole=True,
    tells_states=True,
)
def test_a_state_shows_no_secret(answer: Answer) -> None:
    shown = answer.shown(answer.with_changed_order("state", " ".join(answer.venue.secrets)))
    assert shown
    assert [secret for secret in answer.venue.secrets for order in shown if secret in order.venue_state] == []
