"""
How requests get to a venue: through which proxy, and whose certificates are trusted.

Both drivers take these from here, and nothing from the environment by themselves. What the connection says beats
the environment, whose variables are the default; ``~/.netrc`` is never read.
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
class Route:
    """
    The way to one venue.

    :param trust: The certificates to trust, for the venue and for a proxy.
    :param proxy: URL of the proxy without its credentials, or None.
    :param proxy_headers: What the proxy is told with each connection: its credentials.
    :param secrets: Texts of the proxy's URL that must never appear in a message.
    """

    trust: ssl.SSLContext
    proxy: str | None = None
    proxy_headers: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Route {'through a proxy' if self.proxy else 'without a proxy'}>"


def direct_route() -> Route:
    """Return the route without a proxy that trusts whom this machine trusts."""
    return Route(_usual_trust())


def find_route(url: str, verify: str | None, proxy: str | None, refuse: Refuse) -> Route:
    """
    Return the route to a venue. Reads files, so it may block.

    :param url: The venue's base URL. Loopback is never reached through a proxy: a plain ``http`` request would
        show it the key. Plain ``http`` needs no certificates, so what the environment says of them is not read.
    :param verify: Path of the connection's CA bundle, or None.
    :param proxy: URL of the connection's proxy, or None.
    :param refuse: Called with what a person has to mend, in the connection or in the environment.
    """
    place = urlsplit(url)
    trust = _trust(place.scheme, verify, refuse)
    # Read the connection's own proxy also if it is not used: what is wrong with it shows before it is needed.
    own = _through(trust, "extra 'proxy'", proxy, refuse) if proxy else None
    if is_loopback(place.hostname or ""):
        return Route(trust)
    return own or _by_environment(trust, url, refuse)


def _by_environment(trust: ssl.SSLContext, url: str, refuse: Refuse) -> Route:
    from requests.utils import get_environ_proxies

    proxies = get_environ_proxies(url)  # none if NO_PROXY names the host
    for kind, variable in PROXY_VARIABLES.items():
        if text := proxies.get(kind):
            is_whole = "://" in text
            return _through(
                trust, f"environment variable {variable}", text if is_whole else f"http://{text}", refuse
            )
    return Route(trust)


def _through(trust: ssl.SSLContext, name: str, text: str, refuse: Refuse) -> Route:
    """Return the route through a proxy, which ``text`` names; ``name`` says where the text stands."""
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
    return Route(
        trust,
        f"{parts.scheme}://{host}:{port or PROXY_PORTS[parts.scheme]}",
        _credentials(parts, name, refuse, remedy),
        frozenset({parts.password, unquote(parts.password)} if parts.password else ()),
    )


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


def _trust(scheme: str, verify: str | None, refuse: Refuse) -> ssl.SSLContext:
    if verify:
        return _certificates("extra 'verify'", verify, refuse)
    for variable in CA_VARIABLES if scheme == "https" else ():
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
