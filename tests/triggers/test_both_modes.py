"""
Waiting in the task and in the triggerer: every row of one table ends the same way in both.

The same way is: the same state of the task instance, the same XCom, the same types of exception and cause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

from airflow_provider_exchange.errors import (
    AuthenticationError,
    InvalidOrderRequest,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
    OrdersStillOpenError,
    OrderStateError,
)
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.providers.common.compat.sdk import BaseOperator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

UNKNOWN = "999999"


@dataclass(frozen=True)
class Ending:
    """
    How a task instance ends.

    :param state: as Airflow calls it, with a retry left.
    :param raised: the types of the exception and of its cause.
    :param told: what counts of its XCom: states or outcomes, in the order of the ids.
    """

    state: str
    raised: tuple[type[BaseException], type[BaseException] | None] | None = None
    told: Any = None


def fails(cause: type[BaseException]) -> Ending:
    return Ending("failed", (AirflowFailException, cause))


def skips() -> Ending:
    return Ending("skipped", (AirflowSkipException, None))


def retries(kind: type[BaseException]) -> Ending:
    return Ending("up_for_retry", (kind, None))


def succeeds(*told: str) -> Ending:
    return Ending("success", None, told)


TIMES_OUT = Ending("failed", (AirflowSensorTimeout, None))

Happening = Callable[["Scene", int], None]


@dataclass
class Scene:
    """Two orders, and whoever can do something to them."""

    sandbox: RunningSandbox
    connect: Connect
    monkeypatch: pytest.MonkeyPatch
    ids: list[str]

    def end(self, state: str, *which: int) -> None:
        for index in which:
            self.sandbox.book("nami").finish(self.ids[index], State(state))

    def revoke(self) -> None:
        nami = self.sandbox.exchange.venues["nami"]
        self.monkeypatch.setattr(nami, "account", replace(nami.account, key="another-key"))

    def trouble(self) -> None:
        for kind in ("drop_before", "html", "truncate", "rate_limit", "empty_200"):
            self.sandbox.faults.add(Fault(kind, times=1))


def at(number: int, act: Callable[[Scene], None]) -> Happening:
    """Let something happen before one read of the book."""
    return lambda scene, read: act(scene) if read == number else None


def nothing(scene: Scene, read: int) -> None:
    pass


def little_by_little(scene: Scene, read: int) -> None:
    if read == 2:
        scene.end("cancelled", 0)
    if read == 4:
        scene.end("expired", 1)


def filled_and_expired(scene: Scene, read: int) -> None:
    if read == 2:
        scene.end("filled", 0)
    if read == 3:
        scene.end("expired", 1)


def troubled(scene: Scene, read: int) -> None:
    if read == 0:
        scene.trouble()
    if read == 8:
        scene.end("cancelled", 0, 1)


@dataclass(frozen=True)
class Row:
    """
    One way to end.

    :param name: for people.
    :param endings: of the sensor over both orders, of the cancel of the first, and of the cancel of all.
    :param happens: while they wait; called before each read with its number.
    :param arguments: of the task.
    :param waits: whether it must wait for its end, so that the deferrable task leaves the worker.
    """

    name: str
    endings: Mapping[str, Ending]
    happens: Happening = nothing
    arguments: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = True


def all_end(ending: Ending) -> dict[str, Ending]:
    return {"sensor": ending, "one": ending, "all": ending}


TABLE = [
    # -- what the sensor and both operators may meet
    Row(
        "reaches its target",
        {"sensor": succeeds("cancelled", "expired"), "one": succeeds("cancelled")},
        little_by_little,
    ),
    Row("reaches its target", {"all": succeeds("cancelled", "expired")}, little_by_little),
    Row(
        "reaches a failed state",
        {"sensor": fails(OrderFilledError), "one": fails(OrderFilledError)},
        at(2, lambda scene: scene.end("filled", 0)),
    ),
    Row(
        "is rejected",
        {"sensor": fails(OrderRejectedError), "one": fails(OrderRejectedError)},
        at(2, lambda scene: scene.end("rejected", 0)),
    ),
    Row(
        "is filled, which a sweep counts",
        {"all": succeeds("filled", "expired")},
        filled_and_expired,
    ),
    Row(
        "times out",
        {"sensor": TIMES_OUT, "one": retries(OrdersStillOpenError), "all": retries(OrdersStillOpenError)},
        arguments={"timeout": 0.4},
    ),
    Row("times out softly", {"sensor": skips()}, arguments={"timeout": 0.4, "soft_fail": True}),
    Row("has a wrong key", all_end(fails(AuthenticationError)), arguments={"login": "another"}, waits=False),
    Row("has its key revoked", all_end(fails(AuthenticationError)), at(3, Scene.revoke)),
    Row(
        "meets troubles, then its target",
        {"sensor": succeeds("cancelled", "cancelled"), "one": succeeds("cancelled")},
        troubled,
    ),
    Row("meets troubles, then its target", {"all": succeeds("cancelled", "cancelled")}, troubled),
    Row(
        "is about an unknown order",
        {"sensor": TIMES_OUT},
        arguments={"unknown": True, "timeout": 0.4},
    ),
    Row(
        "is about an unknown order",
        {"one": retries(OrderNotFoundError), "all": succeeds("not_found")},
        arguments={"unknown": True},
        waits=False,
    ),
    Row(
        "has no connection",
        all_end(retries(AirflowNotFoundException)),
        arguments={"exchange_conn_id": "never_made"},
        waits=False,
    ),
    # -- what only the sensor may meet
    Row(
        "is there at once",
        {"sensor": succeeds("cancelled", "cancelled")},
        at(0, lambda scene: scene.end("cancelled", 0, 1)),
        waits=False,
    ),
    Row(
        "reaches another target",
        {"sensor": succeeds("filled", "expired")},
        filled_and_expired,
        {"target_states": ["filled", "expired"]},
    ),
    Row(
        "reaches a failed state of one's own",
        {"sensor": fails(OrderStateError)},
        little_by_little,
        {"target_states": ["filled"], "failed_states": ["cancelled"]},
    ),
    Row(
        "is not known, which is a failed state",
        {"sensor": fails(OrderStateError)},
        arguments={"unknown": True, "failed_states": ["unknown"]},
        waits=False,
    ),
    Row(
        "reaches a failed state, softly",
        {"sensor": skips()},
        at(2, lambda scene: scene.end("filled", 0)),
        {"soft_fail": True},
    ),
    Row(
        "has its key revoked, softly",
        {"sensor": skips()},
        at(3, Scene.revoke),
        {"soft_fail": True},
    ),
    Row(
        "is read without a pause",
        {"sensor": succeeds("cancelled", "expired")},
        little_by_little,
        {"poke_interval": 0},
    ),
    Row(
        "waits for an order to be unknown",
        {"sensor": fails(InvalidOrderRequest)},
        arguments={"unknown": True, "target_states": ["unknown"]},
        waits=False,
    ),
    Row(
        "waits for a state that is none",
        {"sensor": fails(InvalidOrderRequest)},
        arguments={"target_states": ["canceled"]},
        waits=False,
    ),
]


@pytest.mark.parametrize(
    ("row", "subject"),
    [
        pytest.param(row, subject, id=f"{subject} {row.name}".replace(" ", "-"))
        for row in TABLE
        for subject in row.endings
    ],
)
def test_every_row_ends_the_same_way_in_both_modes(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, row: Row, subject: str
) -> None:
    monkeypatch.setattr("airflow_provider_exchange.operations.entry.GRACE", 0.2)
    endings = []
    for deferrable in (False, True):
        sandbox.reset()
        with monkeypatch.context() as patch:
            scene = Scene(sandbox, connect, patch, [sandbox.place("nami", "BTCUSDT").order_id for _ in range(2)])
            task = Task(made(scene, row, subject, deferrable))
            with following(scene, row.happens):
                ending, whole = run(task)
        if subject == "sensor":
            assert sandbox.mutations() == []
        assert bool(task.deferred) == (deferrable and row.waits)
        assert replace(ending, told=None) == replace(row.endings[subject], told=None)
        assert ending == row.endings[subject]
        for index, order_id in enumerate(scene.ids):
            whole = whole.replace(order_id, f"<id {index}>")
        endings.append((ending, whole))
    assert endings[0] == endings[1]


def made(scene: Scene, row: Row, subject: str, deferrable: bool) -> BaseOperator:
    arguments = {"timeout": 20, **row.arguments}
    conn_id = scene.connect("nami", login=arguments.pop("login", "paper-nami-key"))
    ids = [UNKNOWN] if arguments.pop("unknown", False) else scene.ids
    common = {"task_id": "wait", "exchange_conn_id": conn_id, "deferrable": deferrable, **arguments}
    if subject == "sensor":
        return OrderStatusSensor(order_ids=ids, symbol="BTCUSDT", **{"poke_interval": 0.1, **common})
    scene.sandbox.faults.add(Fault("cancelling", reads=10**6))  # what ends the orders is the scene
    if subject == "one":
        return CancelOrderOperator(order_id=ids[0], symbol="BTCUSDT", poll_interval=0.1, **common)
    return CancelAllOrdersOperator(orders=ids, symbols="BTCUSDT", poll_interval=0.1, **common)


def run(task: Task) -> tuple[Ending, str]:
    """Return how a task ends, and its whole XCom as text."""
    try:
        pushed = task.run()
    except Exception as error:  # noqa: BLE001  (which it is, is the question)
        cause = error.__cause__ if isinstance(error, AirflowFailException) else None
        state = "up_for_retry"
        if isinstance(error, AirflowSkipException):
            state = "skipped"
        elif isinstance(error, AirflowFailException | AirflowSensorTimeout):
            state = "failed"
        kind = type(error) if cause is None else AirflowFailException
        return Ending(state, (kind, None if cause is None else type(cause))), ""
    match pushed:
        case list():
            told = [order["state"] for order in pushed]
        case {"orders": orders}:
            told = [order["outcome"] for order in orders]
        case _:
            told = [pushed["outcome"]]
    return Ending("success", None, tuple(told)), re.sub(r'"20[0-9-]{8}T[0-9:.]+Z"', '"a time"', json.dumps(pushed))


@contextmanager
def following(scene: Scene, happens: Happening) -> Iterator[None]:
    """Let something happen before each read of the book."""
    book = scene.sandbox.book("nami")
    shown, reads = book.view, iter(range(10**9))

    def view(lag: int = 0) -> Any:
        happens(scene, next(reads))
        return shown(lag)

    book.view = view  # type: ignore[method-assign]
    try:
        yield
    finally:
        book.view = shown  # type: ignore[method-assign]
