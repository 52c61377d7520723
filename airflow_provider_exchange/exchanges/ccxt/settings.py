"""Reads an Airflow connection of type ``ccxt``: which exchange it is, and what ccxt needs for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_exchange.exchanges.ccxt.client import Client, known_exchanges, names_near
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import MarketType, Profile
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
DOES_LESS = {"fetchCurrencies": False, "fetchMargins": False, "approvedBuilderFee": True, "refSet": True}
"""
Options without which ccxt reads more about an account than its markets, once it has a key, and signs approvals of
fees to itself. What it makes of them is not relied upon: see :mod:`.loose`.
"""
WALLET = {"walletAddress": "login", "privateKey": "password"}
"""Where a certified exchange whose accounts are wallets may have its credentials, if not in their extras."""
TELLING_LINE = 16
"""A line of a key of several lines that is as long tells a part of it."""
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
    credentials, shown_as = _given(settings, profile)
    client = Client(
        exchange,
        {name: value for name, value in credentials.items() if value},
        {**DOES_LESS, **({} if profile is None else profile.options), **_options(settings, profile)},
        settings.base_url("") or None,
        {} if profile is None else profile.unlisted,
        {} if profile is None else profile.headers,
    )
    if profile is None:
        _refuse_unprovable(settings, client)
    for name in client.required_credentials():
        if name not in CREDENTIALS:
            settings.refuse(
                "extra 'exchange'",
                f"is one of which ccxt wants {name!r} to sign, for which connections have no field",
                "use another exchange",
            )
        if not credentials.get(name):
            field = CREDENTIALS[name]
            settings.refuse(shown_as[name], "is missing", f"enter {MEANINGS[field]}, which {client.title} needs")
    covered = [] if profile is None else profile.market_types
    _choose_urls(settings, client, [each for each in covered if market_type in (None, each.name)])
    secrets = {value for name, value in credentials.items() if value and CREDENTIALS[name] in SECRETS}
    if credentials["privateKey"]:
        secrets |= set(_spellings(credentials["privateKey"]))
    if settings.password:
        secrets |= set(_lines_of(settings.password)) | set(_lines_of(credentials["secret"] or ""))
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


def _given(settings: ConnectionSettings, profile: Profile | None) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the credentials by ccxt's names, and what messages call the field that holds each."""
    secret = None if profile is None else profile.secret
    forms = {} if profile is None else profile.credential_forms
    given: dict[str, str | None] = {}
    shown_as: dict[str, str] = {}
    for name, field in CREDENTIALS.items():
        value = getattr(settings, field) if field in FIELDS else settings.extra.get(field)
        shown = field if field in FIELDS else f"extra {field!r}"
        if value in (None, "") and name in forms and name in WALLET:
            shown = WALLET[name]
            value = getattr(settings, shown)
        is_given = value is not None and value != ""
        if is_given and name == "secret" and secret is not None and isinstance(value, str):
            try:
                value = secret(value)
            except ValueError as error:
                settings.refuse(shown, str(error), f"enter {MEANINGS[field]} as the exchange gave it out")
            text: str | None = value
        else:
            text = settings.required_text(value, shown, f"enter {MEANINGS[field]}") if is_given else None
        if text is not None and name in forms and not forms[name].fullmatch(text := text.lower()):
            settings.refuse(shown, "is not in the form that it has at this exchange", f"enter {MEANINGS[field]}")
        given[name], shown_as[name] = text, shown
    return given, shown_as


def _spellings(private_key: str) -> tuple[str, ...]:
    """Return a private key as it may be repeated: with its prefix and without, in either case."""
    digits = private_key.removeprefix("0x")
    return digits, digits.lower(), digits.upper()


def _lines_of(secret: str) -> list[str]:
    """Return the lines of a secret that are long enough to tell something, however its line breaks are written."""
    return [line for line in re.split(r"\s|\\[nr]", secret) if len(line) >= TELLING_LINE]


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


def _choose_urls(settings: ConnectionSettings, client: Client, covered: Sequence[MarketType]) -> None:
    """
    Take the testnet, or the demo trading, if the connection says so.

    :param covered: Kinds of market that must be there, too.
    """
    is_sandbox = settings.flag("sandbox", default=False)
    is_demo = settings.flag("demo", default=False)
    if not is_sandbox and not is_demo:
        return
    if is_sandbox and is_demo:
        settings.refuse("extra 'demo'", "is set together with 'sandbox'", "set one of the two")
    chosen, other, place = ("sandbox", "demo", "testnet") if is_sandbox else ("demo", "sandbox", "demo trading")
    # Without either, orders would be real ones, so nobody is told to leave both out.
    remedy = f"set the extra {other!r} instead if that is meant"
    if not (client.use_sandbox() if is_sandbox else client.use_demo()):
        settings.refuse(f"extra {chosen!r}", f"is set, but ccxt knows no {place} of {client.title}", remedy)
    for market_type in covered:
        endpoint, params = market_type.probe
        if not client.can_sign(client.wanted(endpoint.name, dict(params))):
            settings.refuse(
                f"extra {chosen!r}",
                f"is set, but ccxt knows no {place} of the {market_type.name} markets of {client.title}",
                f"{remedy}, or name another kind of market in 'default_type'",
            )
