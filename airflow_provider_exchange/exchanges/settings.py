"""Reads and checks the fields of an Airflow connection, before anything is sent."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from airflow_provider_exchange.errors import ConnectionConfigError
from airflow_provider_exchange.protocol.hosts import LARGEST_PORT, host_in_url, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADER_TEXT = re.compile(r"[\x21-\x7e]+")
HTTPS_PORT = 443
REQUEST_TIMEOUT = 10.0
"""Seconds that one request may take, unless the connection's extra ``timeout`` says otherwise."""
TIMEOUTS = (0.05, 86_400.0)
"""The shortest and the longest ``timeout`` in seconds: with less nothing is sent, and sockets have a limit, too."""
RATES = (0.01, 1e9)
"""The lowest and the highest ``rate_limit`` in requests per second: no task could end with less."""
ACCOUNT_EXTRAS: Mapping[str, tuple[str, ...]] = {"ccxt": ("exchange", "sandbox", "demo", "uid", "wallet_address")}
"""Connection type to the extras that say, beside host and login, at which exchange and whose the account is."""
EXCHANGE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
SIMILAR = 0.8
"""Likeness from which a name of the same length, or of one letter more or less, is a misspelt one."""
NAME_SHOWN = 40


@dataclass(frozen=True, slots=True, repr=False)
class ConnectionSettings:
    """
    The fields of an Airflow connection.

    :param login: The API key.
    :param password: The API secret or private key.
    :param host: Optional host, with or without ``https://``.
    :param schema: Optional ``https`` or ``http``, for a host without one.
    :param extra: The parsed extra.
    """

    conn_id: str
    conn_type: str
    login: str | None = None
    password: str | None = None
    host: str | None = None
    schema: str | None = None
    port: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<ConnectionSettings {self.conn_id!r} of type {self.conn_type!r}>"

    @staticmethod
    def parse_extra(conn_id: str, conn_type: str, text: str | None) -> Mapping[str, Any]:
        """Parse the extra, which must be the text of a JSON object."""
        if not text or not text.strip():
            return {}
        try:
            extra = json.loads(text)
        except (ValueError, RecursionError):
            extra = None
        if not isinstance(extra, dict):
            raise ConnectionConfigError(
                f'connection {conn_id!r}: extra is not a JSON object; write it as {{"name": value}}',
                exchange=conn_type,
            )
        return extra

    @property
    def exchange(self) -> str:
        """The exchange's name in messages: what the extra of that name says in a type of many, or else the type."""
        named = self.extra.get("exchange") if "exchange" in ACCOUNT_EXTRAS.get(self.conn_type, ()) else None
        return named if isinstance(named, str) and EXCHANGE_NAME.fullmatch(named) else self.conn_type

    def refuse(self, field_name: str, problem: str, remedy: str) -> NoReturn:
        """Raise ``ConnectionConfigError``. ``problem`` never contains a secret; ``remedy`` says what to enter."""
        raise ConnectionConfigError(
            f"connection {self.conn_id!r}: {field_name} {problem}; {remedy}", exchange=self.exchange
        )

    def unknown_extras(self, known: Iterable[str]) -> list[str]:
        """
        Return the names in the extra that mean nothing here, for a warning, and refuse a misspelt one.

        A misspelt limit or proxy would not be obeyed. But a note must not stop a task that cancels orders.

        :param known: The extras of this connection type.
        """
        by_letters = {_letters(name): name for name in known}
        unknown = []
        for name, value in self.extra.items():
            if name in by_letters.values() or value is None or value == "":
                continue
            letters = _letters(name)
            # Two letters that have changed places make a short name look like no other.
            near = [swapped for swapped in _swaps(letters) if swapped in by_letters] or get_close_matches(
                letters, by_letters, n=1, cutoff=SIMILAR
            )
            shown = ascii(name[:NAME_SHOWN])
            if near and abs(len(near[0]) - len(letters)) <= 1:
                self.refuse(f"extra {shown}", "is unknown", f"write {by_letters[near[0]]!r} if that is meant")
            unknown.append(shown)
        return unknown

    def required_text(self, value: Any, field_name: str, remedy: str) -> str:
        """Return a value for use in a header, without surrounding blanks; ``remedy`` says what to enter."""
        if value is None or value == "":
            self.refuse(field_name, "is missing", remedy)
        if not isinstance(value, str | int) or isinstance(value, bool):
            self.refuse(field_name, "is not a text", remedy)
        text = str(value).strip()
        if not text:
            self.refuse(field_name, "is missing", remedy)
        if not HEADER_TEXT.fullmatch(text):
            self.refuse(field_name, "holds blanks or characters outside ASCII", remedy)
        return text

    def number(self, name: str, default: float, bounds: tuple[float, float]) -> float:
        """Return a number from the extra; ``bounds`` are the least and the most that it may be."""
        value = self.extra.get(name)
        if value is None or value == "":
            return default
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        least, most = bounds
        if not least <= number <= most:
            between = f"is not a number between {least:g} and {most:g}"
            self.refuse(f"extra {name!r}", between, f"enter one, for instance {default:g}")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean from the extra."""
        value = self.extra.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            self.refuse(f"extra {name!r}", "is neither true nor false", "enter one of the two")
        return value

    @property
    def request_timeout(self) -> float:
        """Seconds that one request may take."""
        return self.number("timeout", REQUEST_TIMEOUT, TIMEOUTS)

    @property
    def rate_limit(self) -> float | None:
        """Requests per second instead of the venue's total limit; None for the venue's."""
        return None if self.extra.get("rate_limit") in (None, "") else self.number("rate_limit", 1, RATES)

    @property
    def pace_conn_id(self) -> str | None:
        """The Airflow connection of the Redis that keeps the pace of all workers; None for no such pace."""
        value = self.extra.get("pace_conn_id")
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not value.strip():
            self.refuse("extra 'pace_conn_id'", "is not a text", "name a connection of type redis, or none")
        return value.strip()

    @property
    def verify(self) -> str | None:
        """Path of the CA bundle to verify TLS certificates with; None for the usual ones."""
        verify = self.extra.get("verify")
        if verify is True or verify in (None, "", "true", "True"):
            return None
        if not isinstance(verify, str) or verify.lower() == "false":
            self.refuse(
                "extra 'verify'", "would turn off certificate checks", "give the path of a CA bundle instead"
            )
        return verify

    @property
    def proxy(self) -> str | None:
        """URL of a proxy for every request, or None."""
        proxy = self.extra.get("proxy")
        if proxy is None or proxy == "":
            return None
        if not isinstance(proxy, str):
            self.refuse("extra 'proxy'", "is not a URL", "enter one such as http://proxy.example:3128")
        return proxy

    @property
    def account(self) -> str:
        """A digest of venue, base URL and API key: it tells accounts apart, and the key cannot be had from it."""
        names = ACCOUNT_EXTRAS.get(self.conn_type, ())
        told = [[name, text] for name in names if (text := _plain(self.extra.get(name)))]
        account = json.dumps(["account", self.conn_type, self.base_url(""), (self.login or "").strip(), *told])
        return sha256(account.encode()).hexdigest()[:16]

    def base_url(self, default: str) -> str:
        """
        Return scheme, host and port, such as ``https://api.example:8443``; ``http`` only for loopback.

        :param default: What holds where the connection has no host; empty where the venue has several.
        """
        remedy = f"enter the host alone, or leave it empty for {default or 'those of the exchange'}"
        if self.port is not None and (type(self.port) is not int or not 0 <= self.port <= LARGEST_PORT):
            self.refuse("port", "is out of range", f"enter one from 1 to {LARGEST_PORT}, or none")
        if not self.host or not self.host.strip():
            # Accept https and 443 without a host: some Airflow forms only test a connection that has a port.
            if (self.port or HTTPS_PORT) != HTTPS_PORT or (self.schema or "https").strip().lower() != "https":
                self.refuse("host", "is empty although port or schema is set", remedy)
            return default
        text = self.host.strip()
        if "://" not in text:
            text = f"{(self.schema or 'https').strip()}://{text}"
        try:
            parts = urlsplit(text)
            port = parts.port or self.port
        except ValueError:
            self.refuse("host", "is not a host name", remedy)
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        if scheme not in ("https", "http"):
            self.refuse("schema", "is neither https nor http", "enter https")
        if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
            self.refuse("host", "holds more than a host", remedy)
        shown = host_in_url(host)
        if shown is None:
            self.refuse("host", "is not a host name", remedy)
        if scheme == "http" and not is_loopback(host):
            self.refuse("host", "would send the key over plain http", "enter https (http: loopback only)")
        return f"{scheme}://{shown}" + (f":{port}" if port else "")


def _letters(name: str) -> str:
    """Return what a misspelt name is compared by: ``timeOut`` and ``time-out`` are spellings of ``timeout``."""
    return re.sub(r"[\W_]", "", name).lower()


def _swaps(letters: str) -> list[str]:
    """Return each text with two neighbouring letters in each other's place."""
    return [letters[:at] + letters[at : at + 2][::-1] + letters[at + 2 :] for at in range(len(letters) - 1)]


def _plain(value: Any) -> str:
    """Return the one spelling of an extra that may be a text or a flag; one that is off is as good as left out."""
    text = str(value).strip().lower()
    return "" if value is None or text == "false" else text
