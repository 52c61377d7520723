"""
How requests get to a venue: through which proxy, and whose certificates are trusted.

Both drivers take these from here, and nothing from the environment by themselves. What the connection says beats
the environment, whose variables are the default; ``~/.netrc`` is never read. A venue may have several hosts, so the
proxy is chosen for the URL of each request.
"""

from __future__ import annotations

import os
import re
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from airflow_provider_exchange.protocol.hosts import host_in_url, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that name the only trusted certificates; the first one that is set counts."""
PROXY_VARIABLES = {"https": "HTTPS_PROXY", "all": "ALL_PROXY"}
PROXY_PORTS = {"http": 80, "https": 443}
HASHED_CERTIFICATE = re.compile(r"[0-9a-f]{8}\.\d+")
"""Name of a file by which OpenSSL finds a certificate in a folder."""


Refuse = Callable[[str, str, str], NoReturn]
"""Raises the error of a bad setting; see ``ConnectionSettings.refuse``."""


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """
    A proxy.

    :param url: Its URL without credentials.
    :param headers: What it is told with each connection: the credentials.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Route:
    """
    The way to one venue.

    :param trust: The certificates to trust, for the venue and for a proxy.
    :param proxy_to: Returns the proxy to the host of a URL, or None; asked once for each host, and never for
        loopback.
    :param secrets: Texts of a proxy's URL that must never appear in a message.
    :param conn_id: The connection of Airflow whose way this is, for messages; empty for none.
    """

    def __init__(
        self,
        trust: ssl.SSLContext,
        proxy_to: Callable[[str], Proxy | None] = lambda _url: None,
        secrets: frozenset[str] = frozenset(),
        conn_id: str = "",
    ) -> None:
        self.trust = trust
        self.secrets = secrets
        self.conn_id = conn_id
        self._ask = proxy_to
        self._found: dict[tuple[str, str], Proxy | None] = {}

    def __repr__(self) -> str:
        return f"<Route to {', '.join(host for _, host in self._found) or 'any host'}>"

    def proxy_to(self, url: str) -> Proxy | None:
        """
        Return the proxy through which a URL is reached, or None.

        Loopback is never reached through a proxy: a plain ``http`` request would show it the key.

        :raises ConnectionConfigError: when the environment names a proxy for this URL that cannot be used.
        """
        place = urlsplit(url)
        host = (place.scheme, place.netloc)
        if host not in self._found:
            self._found[host] = None if is_loopback(place.hostname or "") else self._ask(url)
        return self._found[host]


def direct_route() -> Route:
    """Return the route without a proxy that trusts whom this machine trusts."""
    return Route(_usual_trust())


def find_route(url: str, verify: str | None, proxy: str | None, refuse: Refuse, *, conn_id: str = "") -> Route:
    """
    Return the route to a venue. Reads files, so it may block.

    :param url: The venue's base URL; empty for a venue with several, all of them ``https``. Plain ``http`` needs no
        certificates, so what the environment says of them is not read.
    :param verify: Path of the connection's CA bundle, or None.
    :param proxy: URL of the connection's proxy, or None.
    :param refuse: Called with what a person has to mend, in the connection or in the environment. With an empty URL
        a bad proxy of the environment shows at the first request that would have to go through it.
    :param conn_id: The connection's id, for messages.
    """
    trust = _trust(url, verify, refuse)
    if proxy:  # read it also if it is not used: what is wrong with it shows before it is needed
        own = _read(proxy, "extra 'proxy'", refuse)
        return Route(trust, lambda _url: own, _passwords(proxy), conn_id)
    route = Route(trust, _by_environment(refuse), _passwords(*_environments().values()), conn_id)
    if url:
        route.proxy_to(url)
    return route


def _by_environment(refuse: Refuse) -> Callable[[str], Proxy | None]:
    # Imported here and not where it is used, which may be on an event loop.
    from requests.utils import should_bypass_proxies

    def proxy_to(url: str) -> Proxy | None:
        for variable, text in _environments().items():
            if should_bypass_proxies(url, no_proxy=None):  # NO_PROXY names the host
                return None
            whole = text if "://" in text else f"http://{text}"
            return _read(whole, f"environment variable {variable}", refuse)
        return None

    return proxy_to


def _environments() -> dict[str, str]:
    """Return the proxies that the environment names, by variable; the first one counts."""
    from urllib.request import getproxies

    proxies = getproxies()
    return {variable: proxies[kind] for kind, variable in PROXY_VARIABLES.items() if proxies.get(kind)}


def _passwords(*proxies: str) -> frozenset[str]:
    """Return the passwords in URLs of proxies, in both spellings, also of one that is no URL of a proxy we know."""
    found: set[str] = set()
    for text in proxies:
        with suppress(ValueError):
            password = urlsplit(text if "://" in text else f"http://{text}").password
            found |= {password, unquote(password)} if password else set()
    return frozenset(found)


def _read(text: str, name: str, refuse: Refuse) -> Proxy:
    """Read the URL of a proxy; ``name`` says where it stands."""
    remedy = (
        "enter one such as http://proxy.example:3128, with user name and password percent-encoded if it needs them"
    )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # its text may hold the password
        refuse(name, "is not a URL", remedy)
    host = host_in_url(parts.hostname or "")
    if "://" not in text or host is None or port == 0 or any(map(str.isspace, text)):
        refuse(name, "is not a URL", remedy)
    if parts.scheme not in PROXY_PORTS:
        refuse(name, "is not the URL of an HTTP proxy", remedy)
    if parts.path.strip("/") or parts.query or parts.fragment:
        refuse(name, "holds more than a proxy", remedy)
    place = f"{parts.scheme}://{host}:{port or PROXY_PORTS[parts.scheme]}"
    return Proxy(place, _credentials(parts, name, refuse, remedy))


def _credentials(parts: SplitResult, name: str, refuse: Refuse, remedy: str) -> dict[str, str]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user or password):
        return {}
    try:
        encoded = f"{user}:{password}".encode("latin-1")
    except UnicodeEncodeError:
        refuse(name, "holds a user name or password that cannot be sent", remedy)
    if ":" in user:
        refuse(name, "holds a colon in the user name", remedy)
    return {"Proxy-Authorization": f"Basic {b64encode(encoded).decode()}"}


def _trust(url: str, verify: str | None, refuse: Refuse) -> ssl.SSLContext:
    if verify:
        return _certificates("extra 'verify'", verify, refuse)
    for variable in () if url.startswith("http://") else CA_VARIABLES:
        if path := os.environ.get(variable):
            return _certificates(f"environment variable {variable}", path, refuse)
    return _usual_trust()


def _usual_trust() -> ssl.SSLContext:
    """
    Return what this machine and ``requests`` trust.

    A machine may lack certificates of its own, and those of ``requests`` lack a company's. OpenSSL by itself looks
    for the machine's at ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, and does without what is not there.
    """
    file, version = os.environ.get("SSL_CERT_FILE"), None
    with suppress(OSError, ValueError):
        version = _version(file) if file else None
    return _loaded_usual(file, version, os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=16)
def _loaded_usual(_file: str | None, _version: tuple[int, ...] | None, _folders: str | None) -> ssl.SSLContext:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return _for_http(context)


def _certificates(name: str, path: str, refuse: Refuse) -> ssl.SSLContext:
    """Return the trust in the certificates of a file, or of folders as OpenSSL wants them, and in no other."""
    remedy = "give the path of a file with the trusted certificates, in PEM format, that this machine can read"
    folders = path.split(os.pathsep)
    try:
        if all(map(os.path.isdir, folders)):
            if not any(HASHED_CERTIFICATE.fullmatch(file) for folder in folders for file in os.listdir(folder)):
                refuse(name, "names a folder without hashed certificates", f"run openssl rehash on it, or {remedy}")
            return _for_http(ssl.create_default_context(capath=path))
        if not os.path.isfile(path):
            refuse(name, "names no file", remedy)
        context = _loaded(path, _version(path))
    except ssl.SSLError:
        refuse(name, "names a file without certificates", remedy)
    except (OSError, ValueError) as error:
        refuse(name, f"names what cannot be read ({type(error).__name__})", remedy)
    if not context.cert_store_stats()["x509"]:
        refuse(name, "names a file without certificates", remedy)
    return context


def _version(path: str) -> tuple[int, ...]:
    now = os.stat(path)
    return now.st_ino, now.st_size, now.st_mtime_ns


@lru_cache(maxsize=16)
def _loaded(path: str, _version: tuple[int, ...]) -> ssl.SSLContext:
    """Return the trust in a file's certificates, which takes some 30 ms to load, until the file changes."""
    return _for_http(ssl.create_default_context(cafile=path))


def _for_http(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_alpn_protocols(["http/1.1"])
    return context
