"""A state that several fields of an order tell together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.exchanges.orders import OrderReader
from airflow_provider_exchange.models.orders import OrderState
from tests.fourth_venue.exchange import ORDER, Harbor

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = replace(
    ORDER,
    state="active",
    states={"active": OrderState.OPEN, "cancelled": OrderState.CANCELLED},
    state_word=lambda order: word_of(order),
)


def word_of(order: Mapping[str, Any]) -> str | None:
    if order.get("active") is True:
        return "active"
    return "cancelled" if order.get("active") is False and order.get("cancelExist") else None


@pytest.mark.parametrize(("told", "state", "unreadable"), [
    ({"active": True}, OrderState.OPEN, False),
    ({"active": False, "cancelExist": True}, OrderState.CANCELLED, False),
    ({"active": False}, OrderState.UNKNOWN, True),
    ({}, OrderState.UNKNOWN, True),
], ids=str)  # fmt: skip
def test_a_word_that_several_fields_make(told: dict[str, Any], state: OrderState, unreadable: bool) -> None:
    read = OrderReader(Harbor("https://api.harbor.example", "key", "secret"), FORM).parse(told)
    assert read.state is state
    assert ("state" in read.unreadable) == unreadable
