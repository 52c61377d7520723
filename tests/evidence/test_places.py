"""Wherever Airflow has a cancel done, it leaves evidence: tasks in both modes, callbacks, commands."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.evidence.reading import attempts, lines, only
from tests.report.airflows import context
from tests.report.golden import validate
from tests.several import several
from tests.tasks import Task

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect
    from tests.several import Several

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from airflow_provider_exchange.__main__ import main

__all__ = ["several"]

QUICK: dict[str, Any] = {"task_id": "clear", "poll_interval": 0.05}


FIRED = {"status": "reached", "orders": []}


def deferring(
    connect: Connect, sandbox: RunningSandbox, evidence: object, reads: int = 0
) -> CancelAllOrdersOperator:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    if reads:
        sandbox.faults.add(Fault("cancelling", reads=reads, orders=(order_id,)))
    return CancelAllOrdersOperator(exchange_conn_id=connect("bitopro"), evidence=evidence, deferrable=True, **QUICK)


def test_a_task(connect: Connect, sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.place("bitopro", "btc_usdt")
    around = context()
    CancelAllOrdersOperator(exchange_conn_id=connect("bitopro"), side="sell", evidence=tmp_path, **QUICK).execute(
        around
    )
    report = around["ti"].pushed["report"]
    validate(report)
    attempt = only(tmp_path)
    assert attempt.is_whole
    assert attempt.name.startswith("night.manual_1.clear.try1.exchange_under_test.")
    assert report["evidence"] == {
        "name": attempt.name,
        "lines": len(attempt.lines),
        "hash": attempt.last.hash,
    }
    first, *_, last = lines(tmp_path)
    assert (first["data"]["origin"]["run_id"], first["data"]["origin"]["triggered_by"]) == ("manual_1", "ann")
    assert first["data"]["asked"]["selection"] == {"side": "sell"}
    assert last["data"]["report"] == {name: member for name, member in report.items() if name != "evidence"}
    told = "\n".join(attempt.sentences())
    assert "dag_id night, run_id manual_1, task_id clear" in told
    assert "1 of them to change something" in told
    assert "The verdict: 1 order (1 cancelled), 0 may be open; proved at " in told


def test_a_task_of_one_order(connect: Connect, sandbox: RunningSandbox, tmp_path: Path) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt", state="filled").order_id
    around = context()
    operator = CancelOrderOperator(
        exchange_conn_id=connect("bitopro"), order_id=order_id, symbol="btc_usdt", evidence=tmp_path, **QUICK
    )
    with pytest.raises(Exception, match="filled"):
        operator.execute(around)
    assert only(tmp_path).is_whole
    assert around["ti"].pushed["report"]["evidence"]["hash"] == only(tmp_path).last.hash


def test_the_next_process_of_a_deferred_task_goes_on_with_the_chain(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    around = context()
    task = Task(deferring(connect, sandbox, str(tmp_path), reads=4), context=around)
    task.run()
    assert task.deferred > 0
    attempt = only(tmp_path)
    assert attempt.is_whole
    assert attempt.files == task.deferred + 1
    kinds = [line["kind"] for line in lines(tmp_path)]
    assert (kinds.count("asked"), kinds.count("resumed"), kinds.count("deferred")) == (1, *[task.deferred] * 2)
    assert around["ti"].pushed["report"]["evidence"]["lines"] == len(attempt.lines)


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "text",
        {},
        {"mark": "../../x", "stretch": 1, "seq": 3, "hash": "0" * 64},
        {"mark": "0123abcd", "stretch": True, "seq": 3, "hash": "0" * 64},
        {"mark": "0123abcd", "stretch": 1, "seq": 3, "hash": "g" * 64},
        {"mark": "0123abcd", "stretch": 1, "seq": -1, "hash": "0" * 64},
    ],
    ids=repr,
)
def test_what_a_deferral_cannot_have_stored_begins_a_new_chain(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, forged: object
) -> None:
    operator = deferring(connect, sandbox, str(tmp_path / "here"))
    operator.execute_complete(context(), FIRED, ledger={"evidence": forged, "account": None})
    assert sandbox.live("bitopro") == []
    assert only(tmp_path / "here").is_whole
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_hash_that_somebody_put_into_the_database_is_found(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    operator = deferring(connect, sandbox, str(tmp_path))
    forged = {"mark": "0123abcd", "stretch": 1, "seq": 3, "hash": "1" * 64}
    operator.execute_complete(context(), FIRED, ledger={"evidence": forged})
    assert sandbox.live("bitopro") == []
    flaws = only(tmp_path).flaws
    assert [flaw for flaw in flaws if flaw.startswith("1 file missing before ")]
    assert [flaw for flaw in flaws if "3 lines are missing" in flaw]


def test_a_task_whose_trigger_has_failed_says_so(connect: Connect, sandbox: RunningSandbox, tmp_path: Path) -> None:
    operator = deferring(connect, sandbox, str(tmp_path))
    operator.resume_execution("__fail__", {"error": "the triggerer is gone"}, context())
    first = lines(tmp_path)[0]
    assert (first["kind"], first["data"]["cut_off"]) == ("asked", True)


def test_the_folder_is_a_template(connect: Connect, sandbox: RunningSandbox, tmp_path: Path) -> None:
    for fields in (CancelAllOrdersOperator, CancelOrderOperator, CancelAllOrdersNotifier):
        assert "evidence" in fields.template_fields


def call(notifier: CancelAllOrdersNotifier, around: Any) -> None:
    notifier.notify(around)


def call_on_a_loop(notifier: CancelAllOrdersNotifier, around: Any) -> None:
    asyncio.run(notifier.async_notify(around))


@pytest.mark.parametrize("fire", [call, call_on_a_loop])
@pytest.mark.parametrize("fails", [False, True])
def test_a_kill_switch(connect: Connect, sandbox: RunningSandbox, tmp_path: Path, fire: Any, fails: bool) -> None:
    sandbox.place("bitopro", "btc_usdt")
    if fails:
        sandbox.faults.add(Fault("cancelling", reads=100_000))
    for _ in range(2):  # one object may be called for several events
        with suppress(Exception):
            fire(
                CancelAllOrdersNotifier(
                    connect("bitopro"), poll_interval=0.05, timeout=0.3 if fails else 30, evidence=tmp_path
                ),
                context(),
            )
    found = attempts(tmp_path)
    assert [(attempt.is_whole, attempt.name.split(".")[0]) for attempt in found] == [(True, "night")] * 2
    assert all(("it failed" in "\n".join(attempt.sentences())) is fails for attempt in found)


def test_several_accounts_leave_an_attempt_each(several: Several, tmp_path: Path) -> None:
    made = several.make("nami", "bitopro")
    CancelAllOrdersNotifier([each.conn_id for each in made], poll_interval=0.05, evidence=tmp_path).notify({})
    assert sorted(attempt.name.split(".")[0] for attempt in attempts(tmp_path)) == ["bitopro_0", "nami_0"]
    assert all(attempt.is_whole for attempt in attempts(tmp_path))


@pytest.fixture
def no_audit_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow.utils.cli_action_loggers.__pre_exec_callbacks", [])
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")


@pytest.mark.usefixtures("no_audit_log")
@pytest.mark.parametrize("command", ["cancel", "cancel-all", "dry run"])
def test_a_command(
    connect: Connect,
    sandbox: RunningSandbox,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    what = {
        "cancel": ("cancel", "--order-id", order_id, "--symbol", "BTCUSDT", "--yes"),
        "cancel-all": ("cancel-all", "--flat-for", "0", "--yes"),
        "dry run": ("cancel-all", "--dry-run"),
    }[command]
    main((*what, "--conn-id", connect("nami"), "--evidence", str(tmp_path)))
    told = capsys.readouterr().err
    attempt = only(tmp_path)
    assert told.count(f"{attempt.name}: {len(attempt.lines)} lines, the last hash is {attempt.last.hash}") == 1
    main(("verify", str(tmp_path), "--hash", attempt.last.hash))
    out = capsys.readouterr().out
    assert "as it was written, line by line" in out
    assert ("dry run" in out) == (command == "dry run")
    assert "What this cannot show" in out


@pytest.mark.usefixtures("no_audit_log")
@pytest.mark.parametrize("command", ["cancel", "cancel-all"])
def test_a_command_says_which_evidence_is_not_where_it_should_be(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "file").touch()
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    what = ("--order-id", order_id, "--symbol", "BTCUSDT") if command == "cancel" else ("--flat-for", "0")
    main((command, *what, "--yes", "--conn-id", connect("nami"), "--evidence", str(tmp_path / "file" / "in it")))
    assert sandbox.live("nami") == []
    told = capsys.readouterr().err
    assert "exchange_under_test: Cannot record evidence (NotADirectoryError); this changes nothing else" in told
    assert "the last hash" not in told


def tampered(content: bytes) -> bytes:
    return content.replace(b"bitopro", b"bitopr0", 1)


def cut(content: bytes) -> bytes:
    return content[: content.rfind(b"\n", 0, -1) + 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [(tampered, "is not as it was written"), (cut, "has no verdict"), (None, "no attempt ends with the hash")],
)
def test_the_command_fails_unless_all_is_whole(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, change: Any, message: str
) -> None:
    CancelAllOrdersOperator(exchange_conn_id=connect("bitopro"), evidence=tmp_path, **QUICK).execute(context())
    (file,) = tmp_path.iterdir()
    main(("verify", str(file)))
    if change is not None:
        file.write_bytes(change(file.read_bytes()))
    with pytest.raises(SystemExit, match=message):
        main(("verify", str(tmp_path), *(() if change else ("--hash", "0" * 64))))


def test_an_attempt_cannot_take_the_place_of_another(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conn_id = connect("bitopro")
    for _ in range(2):
        CancelAllOrdersOperator(exchange_conn_id=conn_id, evidence=tmp_path, **QUICK).execute(context())
    main(("verify", str(tmp_path)))
    one, other = tmp_path.iterdir()
    other.write_bytes(one.read_bytes())
    with pytest.raises(SystemExit, match="is not as it was written"):
        main(("verify", str(tmp_path)))
    assert "the files were renamed" in capsys.readouterr().out


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x-01-000001.jsonl")
    with pytest.raises(SystemExit, match="is no file"):
        main(("verify", str(tmp_path)))


@pytest.mark.parametrize("where", ["nothing/here", ".", "s3://nowhere/x"])
def test_a_path_without_evidence_is_a_failure_in_one_line(where: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^Failed: .+$"):
        main(("verify", where if ":" in where else str(tmp_path / where)))


def test_a_store_that_cannot_be_opened_is_told_with_what_it_needs() -> None:
    with pytest.raises(SystemExit, match=r"cannot be read .*provider and its connection"):
        main(("verify", "nosuchstore://conn@bucket/x"))


def test_the_command_needs_no_database_of_airflow(
    connect: Connect, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    CancelAllOrdersOperator(exchange_conn_id=connect("bitopro"), evidence=tmp_path, **QUICK).execute(context())
    broken = {
        **os.environ,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "nothing-like://a-database",
        "AIRFLOW_HOME": str(tmp_path / "home"),
    }
    command = [sys.executable, "-m", "airflow_provider_exchange", "verify", str(tmp_path)]
    done = subprocess.run(command, env=broken, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.dumps(only(tmp_path).last.hash)[1:-1] in done.stdout
    assert not (tmp_path / "home").exists(), "nothing of Airflow was imported"
