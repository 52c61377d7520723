"""Accounts with orders of every kind, for transcripts of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.accounts import OTHER_SYMBOLS, SYMBOLS

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.checking import Checked
    from tests.check.conftest import Open

QUANTITY, FILLED, PRICE, STOP = "123.4567", "45.67891", "98765.43", "87654.32"
CLIENT_IDS = {"nami": "", "bitopro": "1234567891", "loopring": "desk-nightowl-77"}


def filled_account(sandbox: RunningSandbox, checked: Open, venue: str) -> tuple[Checked, set[str]]:
    """An account with orders, and the texts that a transcript of it must not hold."""
    account = checked(venue)
    amounts = {"quantity": QUANTITY, "filled": FILLED, "price": PRICE}
    orders = [
        sandbox.place(venue, SYMBOLS[venue], client_order_id=CLIENT_IDS[venue], age=3600, **amounts),
        sandbox.place(venue, OTHER_SYMBOLS[venue], stop_price=STOP, quantity=QUANTITY, side="BUY"),
        sandbox.place(venue, SYMBOLS[venue], state="cancelled", **amounts),
    ]
    ids = {order.order_id.removeprefix("SL-") for order in orders}
    return account, {each for each in {*ids, CLIENT_IDS[venue], QUANTITY, FILLED, PRICE, STOP} if each}
