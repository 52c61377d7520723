"""API secrets that are private keys: which spellings mean one, and that no part of one is ever shown."""

from __future__ import annotations

import json
import logging
from base64 import b64decode, urlsafe_b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from airflow.models.connection import Connection
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from airflow_provider_exchange.errors import AuthenticationError, ConnectionConfigError, ExchangeError
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.private_keys import key_or_word
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from tests.accounts import Account, settings, through_ccxt
from tests.sandbox.coinbase.client import other_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

KEY = derive_private_key(20261201, SECP256R1())
ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, phrase: bytes | None = None) -> str:
    encryption = NoEncryption() if phrase is None else BestAvailableEncryption(phrase)
    text: str = key.private_bytes(Encoding.PEM, form, encryption).decode()
    return text


AS_CCXT_TAKES_IT = pem(KEY, PrivateFormat.TraditionalOpenSSL)

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without its last line break": str.strip,
    "of another system": lambda text: text.replace("\n", "\r\n"),
    "out of a JSON file": lambda text: text.replace("\n", "\\n"),
    "out of a JSON file of another system": lambda text: text.replace("\n", "\\r\\n"),
    "out of a line of a form": lambda text: text.replace("\n", " "),
    "without line breaks": lambda text: text.replace("\n", ""),
    "with blanks around it": lambda text: f" \n{text}\t",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_a_key_is_understood_in_each_spelling(spelling: str, form: PrivateFormat) -> None:
    assert key_or_word(SPELLINGS[spelling](pem(KEY, form))) == AS_CCXT_TAKES_IT


def test_a_key_of_ed25519_becomes_what_ccxt_takes() -> None:
    taken = b64decode(key_or_word(pem(ED25519)))
    assert taken == bytes(range(32)) + ED25519.public_key().public_bytes_raw()


def test_any_other_word_stays() -> None:
    assert key_or_word(" nMHcCAQEEIGvG/c0y== \n") == "nMHcCAQEEIGvG/c0y=="


WRONG = {
    "of another curve": pem(derive_private_key(7, SECP384R1())),
    "of another kind": pem(generate_private_key(65537, 1024)),
    "with a passphrase": pem(KEY, phrase=b"a passphrase"),
    "without its end": AS_CCXT_TAKES_IT.rpartition("-----END")[0],
    "without its beginning": AS_CCXT_TAKES_IT.partition("KEY-----")[2],
    "of which a line is missing": AS_CCXT_TAKES_IT.replace(AS_CCXT_TAKES_IT.splitlines()[2], ""),
    "with marks only": "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----",
    "of two words": "two words",
    "of other letters": "\u043a\u043b\u044e\u0447",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_one_is_refused_and_not_shown(sandbox: RunningSandbox, wrong: str) -> None:
    with pytest.raises(ConnectionConfigError) as caught:
        settings_of(sandbox, password=WRONG[wrong])
    assert "password " in str(caught.value)
    assert not shown_of(WRONG[wrong], f"{caught.value!r} {caught.value.__cause__!r}")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("is_uri", [False, True], ids=["JSON", "URI"])
def test_it_comes_through_a_connection(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, spelling: str, is_uri: bool
) -> None:
    fields = through_ccxt(sandbox, "coinbase")
    fields["password"] = SPELLINGS[spelling](fields["password"])
    uri = Connection(**{**fields, "extra": json.dumps(fields["extra"])}).get_uri()
    monkeypatch.setenv("AIRFLOW_CONN_A_KEY", uri if is_uri else json.dumps(fields))
    hook = ExchangeHook.for_connection("a_key")
    assert hook.test_connection()[0]


def test_each_request_has_a_token_of_its_own_made_for_its_time(sandbox: RunningSandbox) -> None:
    exchange = settings_of(sandbox)
    tokens = set()
    for moment in (1_763_942_400_999, 1_763_942_100_000, 1_763_942_100_000):
        operation = exchange.list_open()
        request = next(operation).begin(moment)  # type: ignore[union-attr]
        operation.close()
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = json.loads(urlsafe_b64decode(f"{token.split('.')[1]}=="))
        assert (claims["nbf"], claims["exp"]) == (moment // 1000, moment // 1000 + 120)
        assert claims["uri"] == f"GET api.coinbase.com{urlsplit(request.url).path}"
        tokens.add(token)
    assert len(tokens) == 3


def test_nothing_that_is_told_holds_a_part_of_it(sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = other_key()
    account = Account(
        sandbox, "coinbase", adapter=Ccxt, **{**through_ccxt(sandbox, "coinbase"), "password": secret}
    )
    with pytest.raises(AuthenticationError) as caught:
        account.run(account.exchange.list_open())
    account.close()
    assert isinstance(caught.value, ExchangeError)
    assert not shown_of(secret, f"{caught.value!r} {caplog.text} {account.exchange!r}")


def settings_of(sandbox: RunningSandbox, **changes: Any) -> Ccxt:
    account = Ccxt.from_settings(settings(sandbox, "coinbase", **{**through_ccxt(sandbox, "coinbase"), **changes}))
    assert isinstance(account, Ccxt)
    return account


def shown_of(secret: str, text: str) -> list[str]:
    """Return the parts of a secret that a text shows, in lines and out of them."""
    inner = "".join(line for line in secret.splitlines() if "-----" not in line)
    parts = {inner[start : start + 12] for start in range(max(len(inner) - 11, 1))}
    return sorted(part for part in parts if part and part in text)
