"""
Keeps web pages of others away from the paper exchange.

It listens on loopback alone, but whoever rehearses has a browser on the same machine. Any page of the internet can
have that browser send requests here, and could read the answers if a host name of its own led to 127.0.0.1. So a
request to the page or the admin API must name this machine as its host, and must not come from another page.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer to a browser: no other page may load it as a script, a picture or a frame."""


def loopback(host: str) -> str:
    """
    Return the host, if it is a loopback address.

    :raises ValueError: it is not.
    """
    if is_loopback(host):
        return host
    raise ValueError(f"the paper exchange listens on a loopback address only, not on {host!r}")


def is_loopback(host: str) -> bool:
    """Whether a host is ``localhost`` or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def objection(method: str, scheme: str, headers: CIMultiDictProxy[str], *, form: bool = False) -> str | None:
    """
    Return why a request is refused, in a sentence; ``None`` for one that may be served.

    :param scheme: ``http``.
    :param form: whether only a browser sends such a request, and therefore says where it comes from.
    """
    hosts = headers.getall("Host", [])
    if len(hosts) != 1 or not is_loopback(_host_of(hosts[0])):
        return "the Host of a request must be localhost or a loopback address, so that no other name leads here"
    origins = headers.getall("Origin", [])
    own = f"{scheme}://{hosts[0]}".lower()
    if any(origin.lower() != own for origin in origins) or (form and not origins):
        return f"the Origin of a request from a browser must be {own}"
    follows_a_link = method == "GET" and headers.get("Sec-Fetch-Mode") == "navigate"
    if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not follows_a_link:
        return "another page sent this request"
    return None


def _host_of(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
