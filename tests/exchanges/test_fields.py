"""Times as venues write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.models import OrderRef
from tests.stepping import first_call


@pytest.mark.parametrize(
    "text",
    ["2026-11-25T01:00:00Z", "2026-11-25T01:00:00", "2026-11-25T08:00:00+07:00", "2026-11-24T20:00:00-05:00"],
)
def test_a_time_is_in_utc_whatever_its_offset(text: str) -> None:
    """Nami is asked for its history since such a time, which it takes for UTC."""
    time = Record({"createdAt": text}, "order").iso_time("createdAt")
    assert time == datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert time.tzinfo is UTC
    exchange = Nami("https://nami.exchange", "key", "secret")
    asked = first_call(exchange.read_ended([OrderRef("1", "BTCUSDT")], time))
    assert asked.params["timeFrom"] == "2026-11-25T01:00:00.000Z"


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00+23:00", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_cannot_be_read(text: str) -> None:
    with pytest.raises(UnreadableResponseError, match="not a time"):
        Record({"createdAt": text}, "order").iso_time("createdAt")
