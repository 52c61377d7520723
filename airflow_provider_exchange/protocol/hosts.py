"""Names and addresses of hosts."""

from __future__ import annotations

import ipaddress
import re

LABEL = r"\w([\w-]{0,61}\w)?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}\.?$){LABEL}(\.{LABEL})*\.?", re.ASCII)
"""With the underscores that containers have in their names, and the dot at the end that makes a name absolute."""
LARGEST_PORT = 65535


def host_in_url(host: str) -> str | None:
    """Return a host as it stands in a URL, an IPv6 address in brackets; None if it is no host."""
    if HOST_NAME.fullmatch(host):
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return None
    return None if address.scope_id else f"[{host}]"


def is_loopback(host: str) -> bool:
    """Whether a host is ``localhost`` or a loopback IP address."""
    if host.lower().removesuffix(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
