"""The page shows neither keys nor secrets nor signatures, whatever was asked of the venues before."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_exchange.sandbox.exchange import Logged
from airflow_provider_exchange.sandbox.page.sent import MOST_CHARACTERS, Sent, shortened
from airflow_provider_exchange.sandbox.venues import VENUES
from tests.sandbox.clients import NamiClient
from tests.sandbox.scenes import SCENES

from .reading import look

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

HARMLESS = frozenset({"host", "user-agent", "accept", "accept-encoding", "connection", "content-type"})
SECRET_LENGTH = 20
"""Characters of what a header or a signature field holds, from which on it must not be in the page."""


def secrets_of(headers: Any, query: str, body: bytes) -> set[str]:
    """Whatever a request holds that only the account's owner could know or make."""
    found = {value for name, value in headers.items() if name.lower() not in HARMLESS}
    found |= set(re.findall(r"(?i)sig\w*\"?[=:]\s*\"?([^&\"\s]+)", f"{query} {body.decode('utf-8', 'replace')}"))
    found |= set(re.findall(r"\"[rs]\": ?\"(0x[0-9a-f]+)\"", body.decode("utf-8", "replace")))
    return {text for text in found if len(text) >= SECRET_LENGTH}


@pytest.mark.parametrize("venue", [venue.name for venue in VENUES])
def test_no_secret_of_any_venue(sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = sandbox.connection(venue)
    secrets = {account["password"], account["login"], account.get("extra", {}).get("passphrase", "")} - {""}
    arrive = sandbox.exchange.arrive

    def seen(method: str, target: str, headers: Any, body: bytes, base_url: str) -> Any:
        secrets.update(secrets_of(headers, target.partition("?")[2], body))
        return arrive(method, target, headers, body, base_url)

    monkeypatch.setattr(sandbox.exchange, "arrive", seen)
    scenes = [play for name, play in SCENES.items() if name.partition("/")[0].partition("_")[0] == venue]
    settings = sandbox.exchange.all_settings()
    shown = ""
    for play in scenes:
        sandbox.reset()
        sandbox.exchange.apply_settings(**settings)
        play(sandbox)
        shown += look(sandbox).html
    assert len(secrets) > len(scenes) / 4, "the search is blind"
    assert sandbox.request_log[-1].path in shown
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("symbol=BTCUSDT&sign={secret}&apiKey={secret}", ""),
        ("%73ignature={secret}", ""),
        ("", {"orders": [{"nested": {"apiSecret": "{secret}"}}], "passphrase": "{secret}"}),
        ("", "symbol=BTCUSDT&signature={secret}"),
        ("", '{"symbol": "BTCUSDT", "signature": "{secret}'),
        ("note={password}", {"note": "{password}"}),
        ("", {"note": "x" * (MOST_CHARACTERS - 20) + "{password}"}),
    ],
)
def test_what_may_be_secret_is_hidden_whatever_its_name(query: str, body: Any) -> None:
    secret, password = "b1946ac92492d2347c6235b4d2611184", "p4ssword-of-the-account"

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [filled(each) for each in value]
        return value.replace("{secret}", secret).replace("{password}", password)

    logged = Logged(1, 0, "nami", "x", "GET", "/", filled(query), filled(body), mutating=False)
    shown = Sent([{"login": "a-login", "password": password}]).of(logged)
    assert shown
    assert not [size for size in (8, 16) if secret[:size] in shown or password[:size] in shown]


def test_the_log_leaves_out_a_signature_however_deep_it_is(sandbox: RunningSandbox) -> None:
    body = [{"orders": [{"signature": "5ecret", "symbol": "BTCUSDT"}]}]
    requests.delete(f"{sandbox.base_url}/api/v4/spot/all_order", json=body, timeout=10)
    assert sandbox.request_log[-1].body == [{"orders": [{"signature": "***", "symbol": "BTCUSDT"}]}]


def test_a_key_is_shortened_wherever_it_is(sandbox: RunningSandbox) -> None:
    key = NamiClient(sandbox).key
    requests.get(f"{sandbox.base_url}/api/v4/{key}?note={key}", timeout=10)
    page = look(sandbox)
    assert key not in page.html
    assert "GET /api/v4/pape… note=pape…" in page.text


@pytest.mark.parametrize(("key", "shown"), [("", "…"), ("a", "…"), ("abcd", "ab…"), ("b1946ac9", "b194…")])
def test_half_of_a_short_key_stays_hidden(key: str, shown: str) -> None:
    assert shortened(key) == shown


def test_the_search_knows_what_to_look_for() -> None:
    payload = base64.b64encode(b"a payload of some length").decode()
    headers = {"Host": "127.0.0.1:8700", "X-BITOPRO-PAYLOAD": payload}
    found = secrets_of(headers, f"a=1&signature={'ab' * 16}", b'{"eddsaSignature": "0x' + b"c" * 64 + b'"}')
    assert found == {payload, "ab" * 16, "0x" + "c" * 64}
