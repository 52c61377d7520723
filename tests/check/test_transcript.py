"""A transcript tells what the venue is like and nothing of the account."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow_provider_exchange.exchanges.loopring_signing import spellings
from tests.accounts import SYMBOLS
from tests.check.filled import FILLED, PRICE, QUANTITY, filled_account

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.checking import Checked
    from tests.check.conftest import Open


def secrets_of(account: Checked) -> set[str]:
    fields = account.account.sandbox.connection(account.account.venue)
    found = {fields["login"], fields["password"]}
    if account.account.venue == "loopring":
        found |= {*spellings(int(fields["password"], 16)), str(fields["extra"]["account_id"])}
    if account.account.venue == "bitopro":
        found.add(fields["extra"]["identity"])
    for each in account.exchanged:
        found |= {value for name, value in each.request.headers.items() if name.lower().startswith("x-")}
        found |= set(re.findall(r"signature=([0-9a-f]+)", each.request.url))
        if each.request.body:
            found.add(json.loads(each.request.body).get("signature", fields["login"]))
    return found


def digits(text: str) -> str:
    return text.replace(".", "")


def test_nothing_of_the_account_is_told(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account, hidden = filled_account(sandbox, checked, venue)
    account.check(cancel_right=True, symbol=SYMBOLS[venue])
    written = account.transcript()
    seen = "".join(each.response.body.decode() for each in account.exchanged if each.response)
    was_shown = {text for text in hidden if text in seen or digits(text) in seen}
    assert len(was_shown) >= 5, "the venue showed too little to hide"
    secrets = secrets_of(account)
    assert len(secrets) > 3
    for text in hidden | secrets | {digits(text) for text in hidden}:
        assert text not in written


def test_names_of_documented_fields_and_words_stay(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    account.check(cancel_right=True)
    told = json.loads(account.transcript())["exchanges"]
    assert len(told) == len(account.exchanged)
    for each, exchanged in zip(told, account.exchanged, strict=True):
        assert names_in(each.get("body")) == names_in(exchanged.body())
        refusal = {"error", "message", "code"}
        assert words_in(each.get("body"), refusal) == words_in(exchanged.body(), refusal)
        if "/orders/" not in exchanged.path:
            assert unquote(each["path"]) == exchanged.path


def names_in(body: Any) -> set[str]:
    if isinstance(body, dict):
        return body.keys() | names_in(list(body.values()))
    return {name for member in body for name in names_in(member)} if isinstance(body, list) else set()


def words_in(body: Any, names: set[str]) -> list[Any]:
    if isinstance(body, dict):
        return [body[name] for name in names & body.keys()] + words_in(list(body.values()), names)
    return [word for member in body for word in words_in(member, names)] if isinstance(body, list) else []


def test_it_is_as_random_as_it_should_be(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account, _ = filled_account(sandbox, checked, venue)
    account.check()
    assert account.transcript() != account.transcript()
    assert account.transcript(seed=7) == account.transcript(seed=7)


def test_prices_do_not_tell_quantities(sandbox: RunningSandbox, checked: Open) -> None:
    account, _ = filled_account(sandbox, checked, "bitopro")
    account.check()
    document = json.loads(account.transcript(seed=1))
    rows = [
        row
        for each in document["exchanges"]
        if each["path"].endswith("/orders/open")
        for row in each["body"]["data"] or ()
    ]
    row = next(row for row in rows if row["executedAmount"] != "0")
    factors = [
        Decimal(row[name]) / Decimal(value)
        for name, value in {"originalAmount": QUANTITY, "executedAmount": FILLED, "price": PRICE}.items()
    ]
    assert all(abs(one / other - 1) > Decimal("0.001") for one, other in combinations(factors, 2))


def test_orders_of_one_coin_tell_no_factor(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("bitopro")
    for quantity, filled in {"1": "0.37", "12.3456": "2.5", "777.25": "0"}.items():
        account.account.sandbox.place("bitopro", SYMBOLS["bitopro"], quantity=quantity, filled=filled, price="1")
    account.check()
    told = json.loads(account.transcript())["exchanges"]
    rows = next(each["body"]["data"] for each in told if each["path"].endswith("/orders/open"))
    assert len(rows) == 3
    assert not {row[name] for row in rows for name in row} & {"1", "0.37", "0.63", "12.3456", "2.5", "777.25"}
    for row in rows:
        original, executed, remaining = (
            Decimal(row[f"{name}Amount"]) for name in ("original", "executed", "remaining")
        )
        assert original == executed + remaining
    assert sum(row["executedAmount"] == "0" for row in rows) == 1
