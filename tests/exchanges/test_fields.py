"""Times as venues write them, and amounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.bitopro import ORDER, BitoPro
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.exchanges.orders import OrderReader, time_of
from airflow_provider_exchange.models.orders import OrderRef
from tests.exchanges.evidence import EVIDENCE
from tests.stepping import first_call

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATEST = (NOW + timedelta(days=1)).timestamp()
TIME = datetime(2024, 12, 2, 6, 29, 14, tzinfo=UTC)


def created_at(**fields: Any) -> tuple[datetime | None, bool]:
    """Return BitoPro's creation time of an order, and whether it can be read."""
    reader = OrderReader(BitoPro("https://api.bitopro.com", "key", "secret", "me"), ORDER, NOW.timestamp)
    order = reader.parse({"id": "1", "pair": "btc_usdt", "status": 0, **fields})
    return order.created_at, "created_at" not in order.unreadable


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-25T01:00:00Z", "2026-11-25T01:00:00", "2026-11-25 01:00:00.000000000Z"),
        *("2026-11-25T08:00:00+07:00", "2026-11-24T20:00:00-05:00", "2026-11-25T09:00:00+0800"),
    ],
)
def test_a_time_is_in_utc_whatever_its_offset(text: str) -> None:
    """Nami is asked for its history since such a time, which it takes for UTC."""
    time = time_of(text, LATEST)
    assert time == datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert time.tzinfo is UTC
    exchange = Nami("https://nami.exchange", "key", "secret")
    asked = first_call(exchange.read_ended([OrderRef("1", "BTCUSDT")], time))
    assert asked.params["timeFrom"] == "2026-11-25T01:00:00.000Z"


@pytest.mark.parametrize("digits", ["1733120954", "1733120954000", "1733120954000000", "1733120954000000000"])
def test_units_are_told_apart_by_their_range(digits: str) -> None:
    for value in (int(digits), digits, Decimal(digits), f"{digits}.0"):
        assert time_of(value, LATEST) == TIME
    assert time_of("1733120954.25", LATEST) == TIME + timedelta(seconds=0.25)


@pytest.mark.parametrize(
    "value",
    [
        *(
            0,
            "0",
            -1,
            1,
            1733120,
            20261121,
            10**40,
            Decimal("1e999"),
            "1970-01-01T00:00:00Z",
            "2014-12-31T23:59:59Z",
        ),
        *("2026-11-26T12:00:01Z", int(LATEST) + 1, (int(LATEST) + 1) * 1000, "9999-12-31T23:59:59Z"),
    ],
)
def test_what_can_be_no_creation_is_not_told(value: Any) -> None:
    assert created_at(createdTimestamp=value) == (None, True)


@pytest.mark.parametrize(
    "value",
    [
        *("yesterday", "0001-01-01T00:00:00+23:00", "2026-13-01T00:00:00Z", "2026-11-21", "-1733120954", "1e9"),
        *(True, [], {}, [1733120954], Decimal("NaN")),
    ],
)
def test_what_is_no_time_cannot_be_read(value: Any) -> None:
    assert created_at(createdTimestamp=value) == (None, False)


@pytest.mark.parametrize("first", [0, None, "", "yesterday", [], 1])
def test_the_first_time_that_is_told_counts(first: Any) -> None:
    assert created_at(createdTimestamp=first, timestamp=1733120954000) == (TIME, True)
    assert created_at(createdTimestamp=1733120954, timestamp=first) == (TIME, True)


def test_a_venue_that_tells_no_age_never_shows_one() -> None:
    for venue in EVIDENCE.values():
        told = {
            order.created_at is not None
            for answer in venue.answers
            if answer.shows_orders
            for order in answer.orders
        }
        assert venue.exchange.tells_age == (True in told), venue.name


@pytest.mark.parametrize("odd", [b"NaN", b"-Infinity", b"1e99999999999999999999", b"9" * 5000, b"-" + b"9" * 5000])
def test_a_number_beyond_all_bounds_spoils_no_other_value(odd: bytes) -> None:
    decoded = decode_json(b'{"odd": %b, "price": 0.10, "id": 17, "bytes": "\xff"}' % odd)
    assert not decoded.pop("odd").is_finite()
    assert decoded.pop("bytes") in ("\ufffd", "\udcff")
    assert decoded == {"price": Decimal("0.10"), "id": 17}


def test_what_is_not_json_stays_unreadable() -> None:
    for body in (b"", b"<html>", b'{"a": 1', b'{"a": +1}', b'{"a": undefined}', b"[" * 100_000):
        with pytest.raises(UnreadableResponseError):
            decode_json(body)
