"""The night runbook: its commands clear the book, and each answer that it explains is one that they give."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.evidence.telling import REQUEST_IDS
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import SkippingTransport
from tests.chaos.play import on_transport
from tests.docs.blocks import OPEN, ROOT, blocks
from tests.docs.commands import exchange_command
from tests.docs.shell import run_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PAGE = ROOT / "docs" / "runbook.md"
CONN_ID = "bitopro_default"
ANSWER = re.compile(r'^\| "(?P<words>[^"]+)" \| (?P<code>\d) \|', re.MULTILINE)


@pytest.fixture
def quick() -> Iterator[None]:
    """Let no wait take time."""
    transport = SkippingTransport()
    with on_transport(transport):
        yield
    transport.session.close()


@pytest.fixture
def book(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> RunningSandbox:
    """The account that the page is about, whose connection may be looked up, with one open order."""
    sandbox.reset()
    sandbox.place("bitopro", "btc_usdt")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    return sandbox


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command, and return its exit code and all that a person sees of it."""
    try:
        exchange_command(*arguments)
    except SystemExit as end:
        code, said = (1, end.code) if isinstance(end.code, str) else (end.code or 0, "")
    else:
        code, said = 0, ""
    out, err = capsys.readouterr()
    return int(code), f"{out}{err}{said}"


def sweep(*options: str, conn_id: str = CONN_ID) -> tuple[str, ...]:
    return ("cancel-all", "--conn-id", conn_id, "--yes", "--timeout", "20", *options)


SITUATIONS: dict[str, tuple[Callable[[RunningSandbox], object], tuple[str, ...]]] = {
    "the account is flat, as proved at": (lambda book: None, sweep()),
    "nothing was open, as proved at": (lambda book: book.reset(), sweep()),
    "nothing that was selected is open, as proved at": (lambda book: None, sweep("--side", "sell")),
    "were not confirmed gone in time": (lambda book: book.faults.add(Fault("cancelling", reads=10**6)), sweep()),
    "in a form that can be read": (lambda book: book.faults.add(Fault("odd_order", field="symbol")), sweep()),
    "the venue cannot do this with the order in its current state": (
        lambda book: book.faults.add(Fault("refuse_cancel")),
        sweep(),
    ),
    "does not accept the key or the signature": (lambda book: None, sweep(conn_id="wrong_key")),
    "too many requests": (lambda book: book.faults.add(Fault("rate_limit", retry_after="9")), sweep()),
    "without a JSON body": (lambda book: book.faults.add(Fault("status", status=503)), sweep()),
    "the connection to": (lambda book: None, sweep(conn_id="out_of_reach")),
    "is no market of": (lambda book: None, sweep("--symbol", "xyz_usdt")),
    "there is no connection": (lambda book: None, sweep(conn_id="never_made")),
    "Not cancelled: order": (
        lambda book: book.place("bitopro", "btc_usdt", order_id=OPEN, state="filled"),
        ("cancel", "--conn-id", CONN_ID, "--order-id", OPEN, "--symbol", "btc_usdt", "--yes"),
    ),
    "Not every account could be looked at": (lambda book: None, ("orders", "--conn-id", "wrong_key")),
}
"""What a command says, to what has to happen before it and the command."""


def test_every_answer_of_the_page_has_a_situation() -> None:
    assert [match["words"] for match in ANSWER.finditer(PAGE.read_text())] == list(SITUATIONS)


@pytest.mark.parametrize("words", SITUATIONS)
def test_the_answer_is_the_one_that_is_explained(
    words: str,
    book: RunningSandbox,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fields = book.connection("bitopro")
    monkeypatch.setenv("AIRFLOW_CONN_WRONG_KEY", json.dumps({**fields, "password": "another"}))
    monkeypatch.setenv("AIRFLOW_CONN_OUT_OF_REACH", json.dumps({**fields, "host": "http://127.0.0.1:1"}))
    arrange, command = SITUATIONS[words]
    arrange(book)

    code, seen = answer(capsys, *command)

    (explained,) = [match for match in ANSWER.finditer(PAGE.read_text()) if match["words"] == words]
    assert words in seen
    assert code == int(explained["code"])


def test_the_commands_of_the_page_in_their_order_leave_the_book_flat_and_the_evidence_whole(
    book: RunningSandbox,
    quick: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    book.place("bitopro", "btc_usdt", order_id=OPEN, state="cancelled")
    scripts = [block.script for block in blocks("console") if block.page == PAGE]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for command in run_script("".join(scripts), scratch).commands:
        assert command.argv[:3] == ("python", "-m", "airflow_provider_exchange")
        code, seen = answer(capsys, *command.argv[3:])
        assert code == 0, seen
    assert book.live("bitopro") == []
    assert list((tmp_path / "evidence").iterdir())


def test_the_headers_that_support_may_ask_for_are_those_that_evidence_keeps() -> None:
    _, _, told = PAGE.read_text().partition("these headers that an answer has:")
    named = re.findall(r"`([\w-]+)`", told.partition("\n\n")[0])
    assert [name.lower() for name in named] == list(REQUEST_IDS)
