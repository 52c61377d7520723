"""A connection of type ``ccxt`` is to one of many exchanges, each of which has several hosts."""

from __future__ import annotations

import json
import sys
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import redact

from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.exchanges.ccxt import client
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.hooks.ccxt import CcxtHook
from airflow_provider_exchange.hooks.exchange import ExchangeHook

if TYPE_CHECKING:
    from tests.connections import Connect


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make the hook's connection, to an exchange's own hosts; return its id."""

    def connected(exchange: str, **changes: Any) -> str:
        extra = {"exchange": exchange, **changes.pop("extra", {})}
        fields = {"conn_type": "ccxt", "login": "key-of-mine", "password": "secret-of-mine", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_CCXT_DEFAULT", json.dumps(fields | changes))
        return "ccxt_default"

    return connected


def settings(**extra: Any) -> ConnectionSettings:
    return ConnectionSettings("c", "ccxt", login="key-of-mine", extra={"exchange": "okx", **extra})


def test_its_type_leads_to_its_hook(connected: Connect) -> None:
    hook = ExchangeHook.for_connection(connected("binance"))
    assert type(hook) is CcxtHook
    assert CcxtHook().exchange.account == hook.exchange.account


APART: list[dict[str, Any]] = [
    {},
    {"exchange": "binance"},
    {"sandbox": True},
    {"demo": True},
    {"uid": "1001"},
    {"wallet_address": "1001"},
    {"exchange": "binance", "sandbox": True},
]


def test_accounts_differ_by_all_that_says_where_and_whose_they_are() -> None:
    for one, other in combinations(APART, 2):
        assert settings(**one).account != settings(**other).account
    assert "okx" not in settings().account


@pytest.mark.parametrize(
    ("extra", "same"),
    [
        ({"timeout": 3, "default_type": "spot", "passphrase": "words"}, {}),
        ({"sandbox": False, "demo": "false", "uid": "", "wallet_address": None}, {}),
        ({"sandbox": "True", "uid": 1001}, {"sandbox": True, "uid": "1001"}),
        ({"wallet_address": " 0xAB"}, {"wallet_address": "0xab"}),
    ],
)
def test_an_account_is_the_same_however_it_is_written(extra: dict[str, Any], same: dict[str, Any]) -> None:
    assert settings(**extra).account == settings(**same).account


def test_accounts_of_other_types_are_what_stored_tasks_know_them_by() -> None:
    extra = {"exchange": "okx", "sandbox": True}
    paper = ConnectionSettings("c", "bitopro", login=" k ", host="http://127.0.0.1:8700", extra=extra)
    assert paper.account == "93f9794d24b7ffd4"
    assert ConnectionSettings("c", "nami", login="key-of-mine").account == "733c511fe43373ab"


@pytest.mark.parametrize(
    ("conn_type", "named", "shown"),
    [
        ("ccxt", "okx", "okx"),
        ("ccxt", "binanceusdm", "binanceusdm"),
        ("ccxt", None, "ccxt"),
        ("ccxt", "", "ccxt"),
        ("ccxt", 7, "ccxt"),
        ("ccxt", ["okx"], "ccxt"),
        ("ccxt", "<b>okx", "ccxt"),
        ("ccxt", "x" * 41, "ccxt"),
        ("nami", "okx", "nami"),
    ],
)
def test_errors_of_a_connection_name_its_exchange(conn_type: str, named: Any, shown: str) -> None:
    made = ConnectionSettings("c", conn_type, extra={"exchange": named, "timeout": -1})
    with pytest.raises(ConnectionConfigError) as caught:
        _ = made.request_timeout
    assert caught.value.exchange == shown


def test_a_host_that_is_malformed_is_not_filled_in_for() -> None:
    made = ConnectionSettings("c", "ccxt", port=8080, extra={"exchange": "okx"})
    with pytest.raises(ConnectionConfigError, match=r"or leave it empty for those of the exchange$"):
        made.base_url("")


def test_its_secrets_are_masked(connected: Connect) -> None:
    secrets = {"passphrase": "words-of-mine", "private_key": "0xkey-of-my-wallet"}
    hook = ExchangeHook.for_connection(connected("okx", extra={**secrets, "proxy": "http://me:hunter22@p.example"}))
    exchange = hook.exchange
    for secret in ("key-of-mine", "secret-of-mine", "hunter22", *secrets.values()):
        assert secret in exchange.secrets
        assert secret not in str(redact(f"a line with {secret} in it"))
    shown = repr((hook, hook.settings, hook.route, exchange))
    assert not {secret for secret in exchange.secrets if secret in shown}


def test_each_host_of_the_exchange_has_its_own_way(connected: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "fapi.binance.com")
    route = ExchangeHook.for_connection(connected("binance")).route
    spot = route.proxy_to("https://api.binance.com/api/v3/openOrders")
    assert spot is not None
    assert spot.url == "http://proxy.example:3128"
    assert route.proxy_to("https://fapi.binance.com/fapi/v1/openOrders") is None


def test_a_bad_proxy_of_the_environment_is_told_before_anything_is_sent_through_it(
    connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a host needs it is known as late as the host is."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hunter22@proxy.example:1080")
    for name in ("https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    hook = ExchangeHook.for_connection(connected("binance", extra={"default_type": "spot"}))
    told = (
        r"^binance: connection 'ccxt_default': environment variable HTTPS_PROXY is not the URL of an HTTP proxy; "
        "enter"
    )
    with pytest.raises(ConnectionConfigError, match=told) as caught:
        hook.list_open_orders()
    assert "hunter22" not in str(caught.value)
    assert hook.planner.requests == 1, "it was not tried again"
    hook.close()


class WithoutCcxt:
    """Finds no ccxt, in place of those that would."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "ccxt":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_without_ccxt_its_connections_say_what_to_install(
    connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ccxt"]:
        monkeypatch.delitem(sys.modules, name)
    for kept in ("library", "_class"):  # what another test had it import
        monkeypatch.setattr(client, kept, getattr(client, kept).__wrapped__)
    monkeypatch.setattr(sys, "meta_path", [WithoutCcxt(), *sys.meta_path])
    with pytest.raises(ConnectionConfigError) as caught:
        ExchangeHook.for_connection(connected("okx")).list_open_orders()
    assert str(caught.value) == (
        "okx: connection 'ccxt_default' is of type 'ccxt', which needs the Python package 'ccxt'; install it on "
        "every scheduler, worker and triggerer: pip install 'airflow-provider-exchange[ccxt]'"
    )
