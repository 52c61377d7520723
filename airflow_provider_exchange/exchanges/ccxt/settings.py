"""Reads an Airflow connection of type ``ccxt``: which exchange it is, and what ccxt needs for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_exchange.exchanges.ccxt.client import Client, known_exchanges, names_near
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.exchanges.ccxt.profile import Profile
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

__all__ = ["CcxtAccount", "account_of"]

CREDENTIALS = {
    "apiKey": "login",
    "secret": "password",
    "password": "passphrase",
    "uid": "uid",
    "walletAddress": "wallet_address",
    "privateKey": "private_key",
}
"""ccxt's names of credentials, and where a connection has them: a field of its own, or an extra."""
FIELDS = frozenset({"login", "password"})
MEANINGS = {
    "login": "the API key",
    "password": "the API secret",
    "passphrase": "the key's passphrase",
    "uid": "the account's number",
    "wallet_address": "the address of the wallet",
    "private_key": "the private key",
}
READS_LESS = {"fetchCurrencies": False, "fetchMargins": False}
"""Options without which ccxt reads more about an account than its markets, once it has a key."""
SECRETS = frozenset({"login", "password", "passphrase", "private_key"})


@dataclass(frozen=True, slots=True, repr=False)
class CcxtAccount:
    """
    What a connection says.

    :param profile: Of its exchange; None where that is not certified.
    :param client: Signs with its credentials.
    :param secrets: Texts that must never appear in a message.
    :param market_type: The only kind of market that is covered; None for all.
    """

    profile: Profile | None
    client: Client
    secrets: frozenset[str]
    market_type: str | None


def account_of(settings: ConnectionSettings) -> CcxtAccount:
    """
    Return what a connection says.

    :raises ConnectionConfigError: naming the wrong field and what to enter instead.
    """
    exchange = _exchange(settings)
    profile = profile_of(exchange) if exchange in PROFILES else None
    market_type = None if profile is None else _market_type(settings, profile)
    credentials = _given(settings)
    client = Client(
        exchange,
        {name: value for name, value in credentials.items() if value},
        {**READS_LESS, **({} if profile is None else profile.options), **_options(settings, profile)},
        settings.base_url("") or None,
    )
    if profile is None:
        _refuse_unprovable(settings, client)
    for name in client.required_credentials():
        if not credentials.get(name):
            field = CREDENTIALS.get(name, name)
            shown = field if field in FIELDS else f"extra {field!r}"
            settings.refuse(shown, "is missing", f"enter {MEANINGS.get(field, 'it')}, which {client.title} needs")
    _choose_urls(settings, client)
    secrets = {value for name, value in credentials.items() if value and CREDENTIALS[name] in SECRETS}
    return CcxtAccount(profile, client, frozenset(secrets), market_type)


def _exchange(settings: ConnectionSettings) -> str:
    certified = ", ".join(sorted(PROFILES))
    exchange = settings.required_text(
        settings.extra.get("exchange"), "extra 'exchange'", f"enter ccxt's id of the exchange, such as {certified}"
    )
    is_permitted = settings.flag("uncertified", default=False)
    if exchange not in PROFILES and not (is_permitted and exchange in known_exchanges()):
        _refuse_exchange(settings, exchange, certified)
    return exchange


def _refuse_exchange(settings: ConnectionSettings, exchange: str, certified: str) -> NoReturn:
    known = known_exchanges()
    if exchange not in known:
        near = names_near(exchange, known)
        settings.refuse(
            "extra 'exchange'",
            "is none that ccxt knows",
            f"enter one of {certified}" + (f", or {near} if that is meant" if near else ""),
        )
    settings.refuse(
        "extra 'exchange'",
        "is not certified: what its lists leave out is not known, so nothing could prove that orders are gone",
        f"use one of {certified}, or set the extra 'uncertified' to cancel orders by their names only",
    )


def _refuse_unprovable(settings: ConnectionSettings, client: Client) -> None:
    missing = [name for name in ("cancelOrder", "fetchOrder") if not client.has(name)]
    if missing:
        settings.refuse(
            "extra 'exchange'",
            f"is one of which ccxt has no {' and no '.join(missing)}, so no cancel could be proved there",
            "use another exchange",
        )


def _market_type(settings: ConnectionSettings, profile: Profile) -> str | None:
    chosen = settings.extra.get("default_type")
    if chosen is None or chosen == "":
        return None
    known = [market_type.name for market_type in profile.market_types]
    if chosen not in known:
        settings.refuse(
            "extra 'default_type'",
            f"is none that {profile.title} is certified for",
            f"enter {' or '.join(known)}, or leave it empty for all of them",
        )
    return str(chosen)


def _given(settings: ConnectionSettings) -> dict[str, str | None]:
    given: dict[str, str | None] = {}
    for name, field in CREDENTIALS.items():
        value = getattr(settings, field) if field in FIELDS else settings.extra.get(field)
        shown = field if field in FIELDS else f"extra {field!r}"
        is_given = value is not None and value != ""
        given[name] = settings.required_text(value, shown, f"enter {MEANINGS[field]}") if is_given else None
    return given


def _options(settings: ConnectionSettings, profile: Profile | None) -> Mapping[str, Any]:
    given = settings.extra.get("options")
    if given is None or given == "":
        return {}
    options = {} if profile is None else profile.known_options
    remedy = f"write a JSON object; those of this exchange: {', '.join(sorted(options)) or 'none'}"
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            settings.refuse("extra 'options'", "is not JSON", remedy)
    if not isinstance(given, dict):
        settings.refuse("extra 'options'", "is not an object of names and values", remedy)
    for name, value in given.items():
        kind = options.get(name)
        if kind is None:
            settings.refuse("extra 'options'", f"holds {ascii(name)[:40]}, which is not one of them", remedy)
        if type(value) is not kind:
            settings.refuse(f"option {name!r}", f"is not of type {kind.__name__}", "enter another value")
    return given


def _choose_urls(settings: ConnectionSettings, client: Client) -> None:
    """Take the testnet, or the demo trading, if the connection says so."""
    is_sandbox = settings.flag("sandbox", default=False)
    is_demo = settings.flag("demo", default=False)
    if is_sandbox and is_demo:
        settings.refuse("extra 'demo'", "is set together with 'sandbox'", "set one of the two")
    if is_sandbox and not client.use_sandbox():
        settings.refuse("extra 'sandbox'", f"is set, but ccxt knows no testnet of {client.title}", "leave it out")
    if is_demo and not client.use_demo():
        settings.refuse(
            "extra 'demo'",
            f"is set, but ccxt knows no demo trading of {client.title}",
            "set the extra 'sandbox' instead, if the account is one for tests",
        )
