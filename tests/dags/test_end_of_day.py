from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.accounts import CLEANED_UP, OTHER_SYMBOLS, SYMBOLS
from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    import pytest

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def place_a_few(sandbox: RunningSandbox, venue: str) -> dict[str, str]:
    """Place an untouched, a partly filled, a waiting and a racing order; return their ids by these names."""
    placed = {
        "untouched": sandbox.place(venue, SYMBOLS[venue]),
        "partly": sandbox.place(venue, SYMBOLS[venue], side="BUY", quantity="2", filled="0.5"),
        "waiting": sandbox.place(venue, OTHER_SYMBOLS[venue], stop_price="90"),
        "racing": sandbox.place(venue, OTHER_SYMBOLS[venue]),
    }
    sandbox.faults.add(kind="fill_on_cancel", venue=venue, orders=[placed["racing"].order_id])
    return {name: order.order_id for name, order in placed.items()}


def test_every_book_is_flat_and_every_order_accounted_for(sandbox: RunningSandbox) -> None:
    placed = {venue: place_a_few(sandbox, venue) for venue in CLEANED_UP}

    run = run_dag(example("end_of_day_cleanup"))

    assert run.state == "success"
    assert set(run.states.values()) == {"success"}
    assert run.xcoms["summary"] == {"cancelled": 9, "filled": 3}
    for venue in CLEANED_UP:
        assert sandbox.live(venue) == []
        report = run.xcoms[f"{venue}_default.cancel"]
        told = {order["order_id"]: order for order in report.pop("orders")}
        assert all(report.pop(name) for name in ("started_at", "flat_since", "proved_at"))
        assert report == {
            "conn_id": f"{venue}_default",
            "selection": {},
            "attempt": 1,
            "exchange": venue,
            "requested": 4,
            "outcomes": {"cancelled": 3, "filled": 1},
            "open_after": 0,
            "dry_run": False,
        }
        ids = placed[venue]
        assert {name: told[ids[name]]["outcome"] for name in ids} == {
            "untouched": "cancelled",
            "partly": "cancelled",
            "waiting": "cancelled",
            "racing": "filled",
        }
        assert all(order["confirmed"] for order in told.values())
        assert told[ids["waiting"]]["symbol"] == OTHER_SYMBOLS[venue]
        watched = run.xcoms[f"{venue}_default.watch"]
        assert {order["order_id"]: order["state"] for order in watched} == {
            order_id: order["state"] for order_id, order in told.items()
        }


def test_a_fill_before_the_cancel_is_reported(sandbox: RunningSandbox) -> None:
    partly = sandbox.place("bitopro", "btc_usdt", quantity="2", filled="0.5")

    run = run_dag(example("end_of_day_cleanup"))

    (order,) = run.xcoms["bitopro_default.cancel"]["orders"]
    assert order.pop("created_at")
    assert order == {
        "side": "sell",
        "type": "LIMIT",
        "price": "100",
        "stop_price": None,
        "quantity": "2",
        "exchange": "bitopro",
        "order_id": partly.order_id,
        "symbol": "btc_usdt",
        "outcome": "cancelled",
        "state": "cancelled",
        "filled_quantity": "0.5",
        "confirmed": True,
    }


def test_nothing_open_is_a_success_that_sends_no_cancel(sandbox: RunningSandbox) -> None:
    run = run_dag(example("end_of_day_cleanup"))

    assert run.state == "success"
    assert run.states["summary"] == "success"
    assert run.xcoms["summary"] == {}
    assert {run.states[f"{venue}_default.watch"] for venue in CLEANED_UP} == {"skipped"}
    assert sandbox.mutations() == []


def test_a_venue_that_fails_fails_the_run_and_leaves_the_others_flat(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for venue in CLEANED_UP:
        sandbox.place(venue, SYMBOLS[venue])
    wrong_key: dict[str, Any] = {**sandbox.connection("bitopro"), "password": "not-the-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_BITOPRO_DEFAULT", json.dumps(wrong_key))

    run = run_dag(example("end_of_day_cleanup"))

    assert run.state == "failed"
    assert run.states["bitopro_default.cancel"] == "failed"
    assert run.states["summary"] == "upstream_failed"
    assert run.xcoms["bitopro_default.cancel"] is None
    assert {venue: len(sandbox.live(venue)) for venue in CLEANED_UP} == {"nami": 0, "bitopro": 1, "binance": 0}
