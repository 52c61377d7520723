from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from airflow.providers.common.compat.sdk import BaseHook

from tests.dags.runs import EXAMPLES, example

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def test_there_are_examples_of_all_that_is_promised() -> None:
    assert NAMES == [
        "alert_on_failure",
        "approve_cancel",
        "cancel_mapped_orders",
        "cancel_one_order",
        "dead_mans_switch",
        "end_of_day_cleanup",
        "kill_switch",
        "on_order_filled",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_parses_without_a_connection_and_without_the_network(
    name: str, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("parsing looked further than the file")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(BaseHook, "get_connection", refuse)
    assert example(name).tasks
