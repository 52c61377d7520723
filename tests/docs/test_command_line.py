"""The page of the commands shows what they print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.docs.blocks import ROOT, blocks
from tests.docs.commands import exchange_command

if TYPE_CHECKING:
    import pytest

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PAGE = ROOT / "docs" / "command-line.md"
MINUTE, HOUR = 60, 3600


def test_the_table_of_open_orders_is_the_one_that_is_printed(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = next(block for block in blocks("console") if block.page == PAGE)
    ((command, shown),) = first.session
    sandbox.reset()
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    sandbox.place(
        "bitopro",
        "btc_usdt",
        order_id="2220595581",
        quantity="0.5",
        filled="0.1",
        price="61000",
        age=2 * HOUR + 45.5 * MINUTE,
    )
    sandbox.place(
        "bitopro",
        "eth_usdt",
        order_id="SL-2220595588",
        side="BUY",
        type="STOP_LIMIT",
        quantity="2",
        price="2990",
        stop_price="3000",
        age=26.5 * HOUR,
    )
    exchange_command(*command.split()[3:])
    assert capsys.readouterr().out == shown
