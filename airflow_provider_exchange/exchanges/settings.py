"""Reads and checks the fields of an Airflow connection, before anything is sent."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from airflow_provider_exchange.errors import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER_TEXT = re.compile(r"[\x21-\x7e]+")
HTTPS_PORT = 443
REQUEST_TIMEOUT = 10.0
"""Seconds that one request may take, unless the connection's extra ``timeout`` says otherwise."""
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


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
        except ValueError:
            extra = None
        if not isinstance(extra, dict):
            raise ConnectionConfigError(
                f'connection {conn_id!r}: extra is not a JSON object; write it as {{"name": value}}',
                exchange=conn_type,
            )
        return extra

    def refuse(self, field_name: str, problem: str, remedy: str) -> NoReturn:
        """Raise ``ConnectionConfigError``. ``problem`` never contains a secret; ``remedy`` says what to enter."""
        raise ConnectionConfigError(
            f"connection {self.conn_id!r}: {field_name} {problem}; {remedy}", exchange=self.conn_type
        )

    def required_text(self, value: Any, field_name: str, remedy: str) -> str:
        """Return a value for use in a header, without surrounding blanks; ``remedy`` says what to enter."""
        if value is None or not str(value).strip():
            self.refuse(field_name, "is missing", remedy)
        text = str(value).strip()
        if not HEADER_TEXT.fullmatch(text):
            self.refuse(field_name, "holds blanks or characters outside ASCII", remedy)
        return text

    def seconds(self, name: str, default: float) -> float:
        """Return a positive number from the extra."""
        value = self.extra.get(name)
        if value is None or value == "":
            return default
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            self.refuse(f"extra {name!r}", "is not a positive number", f"enter one, for instance {default:g}")
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
        return self.seconds("timeout", REQUEST_TIMEOUT)

    @property
    def rate_limit(self) -> float | None:
        """Requests per second instead of the venue's total limit; None for the venue's."""
        return None if self.extra.get("rate_limit") in (None, "") else self.seconds("rate_limit", 1)

    @property
    def verify(self) -> bool | str:
        """True to verify TLS certificates with the system's CA bundle, or the path of another CA bundle."""
        verify = self.extra.get("verify", True)
        if verify in (None, "", True, "true", "True"):
            return True
        if not isinstance(verify, str) or verify.lower() == "false":
            self.refuse(
                "extra 'verify'", "would turn off certificate checks", "give the path of a CA bundle instead"
            )
        return verify

    @property
    def proxy(self) -> str | None:
        """URL of a proxy for every request, or None."""
        proxy = self.extra.get("proxy")
        if proxy in (None, ""):
            return None
        try:
            is_url = isinstance(proxy, str) and "://" in proxy and urlsplit(proxy).hostname is not None
        except ValueError:  # its text holds the password
            is_url = False
        if not is_url:
            self.refuse("extra 'proxy'", "is not a URL", "enter one such as http://proxy.example:3128")
        return str(proxy)

    @property
    def secrets(self) -> frozenset[str]:
        """Secrets in these fields beyond those of the exchange: the proxy's password."""
        password = urlsplit(self.proxy or "").password
        return frozenset({password} if password else ())

    @property
    def is_local(self) -> bool:
        """Whether requests go to this machine. The proxies that environment variables name are then not used."""
        return is_loopback(urlsplit(self.base_url("")).hostname or "")

    @property
    def account(self) -> str:
        """A digest of venue, base URL and API key: it tells accounts apart, and the key cannot be had from it."""
        account = json.dumps(["account", self.conn_type, self.base_url(""), (self.login or "").strip()])
        return sha256(account.encode()).hexdigest()[:16]

    def base_url(self, default: str) -> str:
        """Return scheme, host and port, such as ``https://api.example:8443``; ``http`` only for loopback."""
        remedy = f"enter the host alone, or leave it empty for {default}"
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
        is_v6 = ":" in host
        if not (is_v6 or HOST_NAME.fullmatch(host)):
            self.refuse("host", "is not a host name", remedy)
        if scheme == "http" and not is_loopback(host):
            self.refuse("host", "would send the key over plain http", "enter https (http: loopback only)")
        shown = f"[{host}]" if is_v6 else host
        return f"{scheme}://{shown}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Whether a host is ``localhost`` or a loopback IP address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
