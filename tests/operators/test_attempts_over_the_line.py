"""The record goes over the one line that a task has to its supervisor, which may be stuck."""

from __future__ import annotations

import socket
import uuid
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.accounts import SYMBOLS
from tests.operators.test_attempts import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

context = pytest.importorskip("airflow.sdk.execution_time.context", reason="Airflow 2 has no task state API")
if not hasattr(context, "TaskStateStoreAccessor"):
    pytest.skip("this Airflow has no task state API", allow_module_level=True)

comms = pytest.importorskip("airflow.sdk.execution_time.comms")
state = pytest.importorskip("airflow.sdk._shared.state")


class Supervisor:
    """
    Answers a task as Airflow's supervisor does.

    :param sandbox: counts the cancels that had left by each call of the store.
    :param is_stuck: whether it waits for an API server that does not answer, as soon as it is asked for the state.
    """

    def __init__(self, line: socket.socket, sandbox: RunningSandbox, *, is_stuck: bool) -> None:
        self._line = line
        self._sandbox = sandbox
        self._is_stuck = is_stuck
        self.kept: dict[str, Any] = {}
        self.cancels_before: list[int] = []

    def serve(self) -> None:
        while head := self._line.recv(4):
            frame = self._line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
            request = comms.msgspec.msgpack.decode(frame, type=comms._RequestFrame)
            if "TaskStateStore" in request.body["type"]:
                self.cancels_before.append(len(self._sandbox.mutations()))
                if self._is_stuck:
                    continue
            self._line.sendall(comms._ResponseFrame(request.id, self._answer(request.body)).as_bytes())

    def _answer(self, body: dict[str, Any]) -> dict[str, Any] | None:
        match body["type"]:
            case "SetTaskStateStore":
                self.kept[body["key"]] = body["value"]
            case "DeleteTaskStateStore":
                self.kept.pop(body["key"], None)
            case "GetTaskStateStore":
                found = {"type": "TaskStateStoreResult", "value": self.kept.get(body["key"])}
                missing = {"type": "ErrorResponse", "error": "TASK_STORE_NOT_FOUND", "detail": None}
                return found if body["key"] in self.kept else missing
        return {"type": "OKResponse", "ok": True}


@contextmanager
def supervised(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, *, is_stuck: bool
) -> Iterator[tuple[Supervisor, Any]]:
    ours, theirs = socket.socketpair()
    supervisor = Supervisor(theirs, sandbox, is_stuck=is_stuck)
    serving = Thread(target=supervisor.serve)
    serving.start()
    line = comms.CommsDecoder(socket=ours)
    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.SUPERVISOR_COMMS", line, raising=False)
    store = context.TaskStateStoreAccessor(ti_id=uuid.uuid4(), scope=state.TaskScope("d", "r", "t", -1))
    try:
        yield supervisor, store
    finally:
        ours.shutdown(socket.SHUT_RDWR)
        serving.join()
        ours.close()
        theirs.close()


def test_the_record_is_read_written_and_deleted_after_the_first_cancel(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.place("bitopro", SYMBOLS["bitopro"])
    with supervised(sandbox, monkeypatch, is_stuck=False) as (supervisor, store):
        assert sweep(connect("bitopro"), store)["outcomes"] == {"cancelled": 1}
    assert supervisor.kept == {}
    assert len(supervisor.cancels_before) >= 3
    assert min(supervisor.cancels_before) == 1


def test_a_supervisor_that_is_stuck_holds_up_no_cancel(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_exchange.tasks.attempts.PATIENCE", 0.05)
    for _ in range(3):
        sandbox.place("bitopro", SYMBOLS["bitopro"])
    with supervised(sandbox, monkeypatch, is_stuck=True) as (supervisor, store):
        assert sweep(connect("bitopro"), store)["outcomes"] == {"cancelled": 3}
    assert supervisor.cancels_before == [1], "the line is not asked again while it is stuck"
