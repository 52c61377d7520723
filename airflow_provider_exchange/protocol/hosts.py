"""Names and addresses of hosts."""

from __future__ import annotations

import ipaddress
import re

LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
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
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
