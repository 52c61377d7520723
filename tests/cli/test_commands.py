"""The commands, from their arguments to the venue's book."""

from __future__ import annotations

import io
import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from airflow.utils import yaml

from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, SkippingTransport
from tests.chaos.play import on_transport
from tests.nothing import NOT_A_NAME, is_a_name, label
from tests.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

    Type = Callable[[str], None]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from airflow.cli import cli_parser

    from airflow_provider_exchange.__main__ import get_parser, main
    from airflow_provider_exchange.cli.definition import get_exchange_cli_commands

CONN = ("--conn-id", "exchange_under_test")


@pytest.fixture(autouse=True)
def no_audit_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests have no database, and want no trace of the process context left."""
    monkeypatch.setattr("airflow.utils.cli_action_loggers.__pre_exec_callbacks", [])
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Type:
    def type_in(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    type_in("")
    return type_in


def exchange(*arguments: str) -> None:
    main(arguments)


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


def test_open_orders_are_listed(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue)
    here = sandbox.place(venue, SYMBOLS[venue], side="BUY").order_id
    there = sandbox.place(venue, OTHER_SYMBOLS[venue], stop_price="90").order_id
    exchange("orders", *CONN, "--output", "json")
    rows = {row["order_id"]: row for row in printed(capsys)}
    assert set(rows) == {here, there}
    assert (rows[here]["symbol"], rows[here]["side"], rows[here]["state"]) == (SYMBOLS[venue], "buy", "open")
    assert rows[there]["type"]
    assert rows[there]["stop_price"] == "90"
    exchange("orders", *CONN, "--symbol", SYMBOLS[venue], "-o", "json")
    assert [row["order_id"] for row in printed(capsys)] == [here]
    assert sandbox.mutations() == []


def test_every_form_of_output(
    connect: Connect, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    connect("bitopro")
    order_id = sandbox.place("bitopro", "btc_usdt", stop_price="95.5", age=2 * 3600 + 30 * 60).order_id
    exchange("orders", *CONN, "--output", "yaml")
    assert yaml.safe_load(capsys.readouterr().out)[0]["order_id"] == order_id
    for form in ("table", "plain"):
        exchange("orders", *CONN, "--output", form)
        header, _, row = capsys.readouterr().out.splitlines()
        columns = ["symbol", "side", "type", "price", "quantity", "filled", "age", "state", "order"]
        assert header.split() == columns
        cells = ["btc_usdt", "sell", "STOP_LIMIT", "100 (stop 95.5)", "1", "0", "2 h 30 min", "waiting", order_id]
        assert re.split(r"  +", row) == cells


def test_nothing_open_is_an_empty_list(connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    connect("nami")
    exchange("orders", *CONN, "--output", "json")
    assert printed(capsys) == []


def test_one_order_is_cancelled(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str], answer: Type
) -> None:
    connect(venue)
    order_id, kept = (sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(2))
    answer("y\n")
    exchange("cancel", *CONN, "--order-id", order_id, "--symbol", SYMBOLS[venue], "--output", "json")
    out, err = capsys.readouterr()
    (row,) = json.loads(out)
    assert (row["order_id"], row["outcome"], row["confirmed"]) == (order_id, "cancelled", True)
    assert f"Cancel order {order_id}" in err
    assert [order.order_id for order in sandbox.live(venue)] == [kept]


def test_an_order_that_was_filled_is_a_failure(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue)
    order_id = sandbox.place(venue, SYMBOLS[venue], state="filled").order_id
    with pytest.raises(SystemExit, match="filled"):
        exchange("cancel", *CONN, "--order-id", order_id, "--symbol", SYMBOLS[venue], "--yes", "-o", "json")
    assert printed(capsys)[0]["outcome"] == "filled"


@pytest.mark.parametrize("said", ["", "\n", "n\n", "no\n", "yesterday\n", "all\n"])
def test_only_yes_means_yes(connect: Connect, sandbox: RunningSandbox, answer: Type, said: str) -> None:
    connect("bitopro")
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    for command in (["cancel", "--order-id", order_id, "--symbol", "btc_usdt"], ["cancel-all"]):
        answer(said)
        with pytest.raises(SystemExit, match="Nothing was cancelled"):
            exchange(*command, *CONN)
    assert sandbox.mutations() == []


def test_everything_is_cancelled_after_it_was_shown(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str], answer: Type
) -> None:
    connect(venue)
    ids = {sandbox.place(venue, symbol).order_id for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue])}
    answer("yes\n")
    exchange("cancel-all", *CONN, "--output", "json")
    out, err = capsys.readouterr()
    assert {row["order_id"] for row in json.loads(out)} == ids
    assert {row["outcome"] for row in json.loads(out)} == {"cancelled"}
    question = err.splitlines()[-1]
    assert question.startswith("Cancel 2 orders of exchange_under_test (")
    assert all(order_id in err for order_id in ids)
    rows = [line.split() for line in err.splitlines() if any(order_id in line for order_id in ids)]
    assert len(rows) == 2
    assert all({"sell", "100"} <= set(row) for row in rows), "a person sees what the orders are"
    assert sandbox.live(venue) == []


def test_a_selection(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    connect(venue)
    sandbox.place(venue, SYMBOLS[venue], side="BUY", age=7200)
    kept = [
        sandbox.place(venue, SYMBOLS[venue], side="SELL", age=7200),
        sandbox.place(venue, OTHER_SYMBOLS[venue], side="BUY", age=7200),
    ]
    older = []
    if venue != "loopring":
        kept.append(sandbox.place(venue, SYMBOLS[venue], side="BUY"))
        older = ["--older-than", "3600"]
    exchange(
        *("cancel-all", *CONN, "--yes", "--symbol", SYMBOLS[venue], "--side", "buy"),
        *(*older, "--max-orders", "1"),
    )
    assert sandbox.live(venue) == kept


def test_what_was_open_is_told_if_nothing_is_selected(
    connect: Connect, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    connect("nami")
    sandbox.place("nami", "BTCUSDT")
    exchange("cancel-all", *CONN, "--yes", "--symbol", "ETHUSDT", "--output", "json")
    told = capsys.readouterr()
    assert json.loads(told.out) == []
    account = r"exchange_under_test \(nami, account [0-9a-f]{16}\)"
    assert re.fullmatch(rf"{account}: the one open order is not of ETHUSDT, as proved at .* UTC\n", told.err)


def test_several_markets(connect: Connect, sandbox: RunningSandbox) -> None:
    connect("bitopro")
    for symbol in ("btc_usdt", "eth_usdt", "bito_twd"):
        sandbox.place("bitopro", symbol)
    exchange("cancel-all", *CONN, "--yes", "--symbol", "btc_usdt", "--symbol", "eth_usdt")
    assert [order.symbol for order in sandbox.live("bitopro")] == ["bito_twd"]


def test_a_dry_run_sends_nothing_and_asks_nothing(
    connect: Connect, sandbox: RunningSandbox, venue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(venue)
    order_id = sandbox.place(venue, SYMBOLS[venue]).order_id
    exchange("cancel-all", *CONN, "--dry-run", "--output", "json")
    (row,) = printed(capsys)
    assert (row["order_id"], row["outcome"], row["state"]) == (order_id, "not_sent", "open")
    assert sandbox.mutations() == []


def test_survivors_are_named_and_the_exit_code_says_so(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    connect(venue)
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(22)]
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    transport = SkippingTransport()
    with on_transport(transport), pytest.raises(SystemExit) as caught:
        exchange("cancel-all", *CONN, "--yes", "--timeout", "20")
    transport.session.close()
    message = caught.value.code
    assert isinstance(message, str)  # which Python prints to standard error, and ends with code 1
    assert message.startswith("Failed: ")
    assert all(f"  {order_id} " in message for order_id in ids)


def test_max_orders(connect: Connect, sandbox: RunningSandbox) -> None:
    connect("nami")
    for _ in range(2):
        sandbox.place("nami", "BTCUSDT")
    with pytest.raises(SystemExit, match="max_orders=1"):
        exchange("cancel-all", *CONN, "--yes", "--max-orders", "1")
    assert sandbox.mutations() == []


ODD_IDS = ["mm[/eth]7", "[bold]a", ":apple:", "0042", "1e5", "a/b", "a&b=c", "100%", "é", "::endgroup::", "1,2"]


@pytest.mark.parametrize("client_order_id", ODD_IDS)
@pytest.mark.parametrize("output", ["table", "plain", "json", "yaml"])
def test_a_name_is_shown_as_it_is(
    connect: Connect, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str], client_order_id: str, output: str
) -> None:
    connect("loopring")
    sandbox.place("loopring", "LRC-ETH", client_order_id=client_order_id)
    exchange("orders", *CONN, "--output", output)
    shown = capsys.readouterr().out
    match output:
        case "json":
            assert json.loads(shown)[0]["client_order_id"] == client_order_id
        case "yaml":
            assert yaml.safe_load(shown)[0]["client_order_id"] == client_order_id
        case _:
            assert f" {client_order_id} " in shown


@pytest.mark.parametrize("client_order_id", ODD_IDS)
def test_any_client_order_id_of_the_venue_names_its_order(
    connect: Connect, sandbox: RunningSandbox, client_order_id: str, answer: Type
) -> None:
    """It is looked up, and the cancel names the order's hash."""
    connect("loopring")
    kept = sandbox.place("loopring", "LRC-ETH")
    sandbox.place("loopring", "LRC-ETH", client_order_id=client_order_id)
    answer("y\n")
    exchange("cancel", *CONN, f"--client-order-id={client_order_id}")
    assert sandbox.live("loopring") == [kept]
    sandbox.place("loopring", "LRC-ETH", client_order_id=f"{client_order_id}-2")
    exchange("cancel-all", *CONN, "--yes", f"--client-order-id-prefix={client_order_id}-")
    assert sandbox.live("loopring") == [kept]
    assert [each for each in sandbox.mutations() if "clientOrderId" in each.query] == []


WORDS = [value for value in NOT_A_NAME if isinstance(value, str)]


@pytest.mark.parametrize(
    "command",
    [("cancel-all", "--symbol"), ("cancel-all", "--client-order-id-prefix"), ("cancel", "--order-id")],
    ids=" ".join,
)
@in_turn("value", WORDS, ids=label)
def test_no_word_means_everything(
    connect: Connect, sandbox: RunningSandbox, venue: str, command: tuple[str, str], value: str
) -> None:
    if command[1] == "--client-order-id-prefix" and is_a_name(load_exchange(venue), "client_order_id", value):
        return
    connect(venue)
    kept = sandbox.place(venue, SYMBOLS[venue])
    symbol = ["--symbol", SYMBOLS[venue]] if command[0] == "cancel" else []
    with pytest.raises(SystemExit, match="Failed"):
        exchange(command[0], *CONN, "--yes", f"{command[1]}={value}", *symbol)
    assert sandbox.mutations() == []
    assert kept in sandbox.live(venue)


@pytest.mark.parametrize("command", [["orders"], ["cancel-all", "--yes", "--timeout", "1"]], ids=" ".join)
def test_no_failure_says_that_there_are_no_orders(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sees standard output alone does not take an account that could not be read for a flat one."""
    with pytest.raises(SystemExit):
        exchange(*command, "--conn-id", "no_such_connection")
    shown = capsys.readouterr().out
    assert "No orders" not in shown
    assert "see the errors" in shown


@pytest.mark.parametrize("command", ["orders", "cancel-all"])
def test_what_is_wrong_with_a_connection_is_said(
    connect: Connect, sandbox: RunningSandbox, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect("bitopro", login="another-key-than-that", password="a-secret-that-nobody-knows")
    with pytest.raises(SystemExit, match="does not accept the key") as caught:
        exchange(command, *CONN)
    shown = str(caught.value.code) + "".join(capsys.readouterr())
    assert "another-key" not in shown
    assert "a-secret" not in shown
    with pytest.raises(SystemExit, match="no connection 'never_made'"):
        exchange(command, "--conn-id", "never_made")


def test_a_connection_has_to_be_named() -> None:
    for command in ("check", "orders", "cancel", "cancel-all"):
        with pytest.raises(SystemExit) as caught:
            get_parser().parse_args([command])
        assert caught.value.code == 2


def test_the_commands_are_what_is_documented() -> None:
    (group,) = get_exchange_cli_commands()
    assert group.name == "exchange"
    names = [command.name for command in group.subcommands]  # type: ignore[union-attr]
    assert names == ["check", "orders", "cancel", "cancel-all", "verify"]


COMMAND_LINES = [
    ["check", *CONN, "--symbol", "BTC/USDT", "--cancel-right", "--transcript", "a.json", "-o", "json"],
    ["orders", *CONN, "--symbol", "BTC/USDT", "-o", "json"],
    ["cancel", *CONN, "--order-id", "7", "--symbol", "BTC/USDT", "--yes", "--verbose", "--evidence", "here"],
    ["cancel-all", *CONN, "--symbol", "a", "--symbol", "b", "--side", "buy", "--older-than", "1.5", "--dry-run"],
    ["cancel-all", *CONN, "--max-orders", "7", "--flat-for", "0", "--timeout", "9", "--except-symbol", "a"],
    ["verify", "here", "--hash", "0"],
]


@pytest.mark.skipif(
    "exchange" not in cli_parser.ALL_COMMANDS_DICT, reason="this Airflow takes no commands from providers"
)
@pytest.mark.parametrize("line", COMMAND_LINES, ids=" ".join)
def test_airflow_itself_takes_the_same_commands(line: list[str]) -> None:
    own = vars(get_parser().parse_args(line))
    of_airflow = vars(cli_parser.get_parser().parse_args(["exchange", *line]))
    assert own.pop("command") == line[0]
    assert own.pop("func").__name__ == of_airflow.pop("func").__name__
    assert own.items() <= of_airflow.items()


@pytest.mark.skipif(
    "exchange" not in cli_parser.ALL_COMMANDS_DICT, reason="this Airflow takes no commands from providers"
)
def test_a_client_order_id_is_not_taken_for_a_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli_parser.get_parser().parse_args(["exchange", "cancel-all", *CONN, "--client-order-id", "5"])
    assert "this command takes no single order" in capsys.readouterr().err


def test_what_is_no_command_is_told_from_one_that_fails() -> None:
    one_order = ["cancel-all", *CONN, "--client-order-id", "5"]  # which is no prefix
    for line in ([], ["sell-all"], ["cancel-all", *CONN, "--everything"], one_order):
        with pytest.raises(SystemExit) as caught:
            main(line)
        assert caught.value.code == 2
