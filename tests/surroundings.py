"""What surrounds a task's result, and ways to break it: it must not change the result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_exchange.evidence import local, segments, store
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import VENUES

if TYPE_CHECKING:
    import pytest

Act = Callable[..., Any]

LOG = logging.getLogger("airflow_provider_exchange")


class Around:
    """What Airflow gives a task: its channel for XCom, and its store."""

    def __init__(self) -> None:
        self.act: Act = lambda *_arguments, **_named: None

    def xcom_push(self, *_arguments: Any, **_named: Any) -> Any:
        return self.act()

    get = set = delete = xcom_push

    @property
    def context(self) -> Any:
        return {"ti": self, "task_state_store": self, "dag": None}


class Lines(logging.Handler):
    """Takes the lines of this package, but not what Airflow writes to the same logger."""

    def __init__(self, act: Act) -> None:
        super().__init__()
        self._act = act

    def handle(self, record: logging.LogRecord) -> bool:
        if LOG.name in record.pathname:
            self._act()
        return True


def break_airflow(_monkeypatch: pytest.MonkeyPatch, around: Around, act: Act) -> None:
    around.act = act


def break_link(monkeypatch: pytest.MonkeyPatch, _around: Around, act: Act) -> None:
    for venue in VENUES:
        monkeypatch.setattr(load_exchange(venue), "order_page", act)


def break_table(monkeypatch: pytest.MonkeyPatch, _around: Around, act: Act) -> None:
    for name in ("table", "headline"):
        monkeypatch.setattr(f"airflow_provider_exchange.tasks.cancelling.{name}", act)
        monkeypatch.setattr(f"airflow_provider_exchange.operations.table.{name}", act)


def break_log(monkeypatch: pytest.MonkeyPatch, _around: Around, act: Act) -> None:
    for kind in (CancelAllOrdersOperator, CancelOrderOperator, OrderStatusSensor, CancelAllOrdersNotifier):
        monkeypatch.setattr(kind, "log", LOG)
    monkeypatch.setattr(LOG, "handlers", [Lines(act)])
    monkeypatch.setattr(LOG, "level", logging.DEBUG)


def break_masks(monkeypatch: pytest.MonkeyPatch, _around: Around, act: Act) -> None:
    monkeypatch.setattr("airflow_provider_exchange.hooks.connections.mask_secret", act)


def break_closing(monkeypatch: pytest.MonkeyPatch, _around: Around, act: Act) -> None:
    monkeypatch.setattr(requests.Session, "close", act)


def break_evidence(monkeypatch: pytest.MonkeyPatch, _around: Around, act: Act) -> None:
    """Let both the disk and the store be in trouble that evidence is to be written to."""
    monkeypatch.setenv("AIRFLOW__EXCHANGE__EVIDENCE", "s3://shelf/evidence")
    monkeypatch.setattr(local.LocalFile, "_opened", act)
    monkeypatch.setattr(store, "open_store", act)
    for module in (local, segments):
        monkeypatch.setattr(module, "PATIENCE", 0.05)


PARTS = [break_airflow, break_link, break_table, break_log, break_masks, break_closing, break_evidence]


def break_all(monkeypatch: pytest.MonkeyPatch, around: Around, act: Act) -> None:
    for part in PARTS:
        part(monkeypatch, around, act)
