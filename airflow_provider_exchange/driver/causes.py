"""
Says why a request has got no answer: from which host, over which connection of Airflow, and for what cause.

The text of a library's error may hold the signed URL, so no part of it is used: only numbers and words that the
operating system, OpenSSL or the HTTP protocol give.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_exchange.errors import ExchangeUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.driver.route import Route

PROXYS_REFUSAL = re.compile(r"Tunnel connection failed: (\d{3})\b")
"""What ``http.client`` says of a proxy that does not let us through."""


def unanswered(url: str, route: Route, seconds: float) -> ExchangeUnavailableError:
    """
    Return the error of a request whose time was up.

    :param url: The request's.
    :param route: The way that it went.
    :param seconds: The request's time.
    """
    return ExchangeUnavailableError(f"no response from {_place(url, route)} within {seconds:.3g} s")


def failed(url: str, route: Route, error: BaseException) -> ExchangeUnavailableError:
    """
    Return the error of a request whose connection failed.

    :param url: The request's.
    :param route: The way that it went.
    :param error: What the library raised.
    """
    return ExchangeUnavailableError(f"the connection to {_place(url, route)} {_end(error)}")


def _place(url: str, route: Route) -> str:
    host = urlsplit(url).netloc.rpartition("@")[2]
    proxy = route.proxy_to(url)
    through = f" through the proxy {urlsplit(proxy.url).netloc}" if proxy else ""
    whose = f" of connection {route.conn_id!r}" if route.conn_id else ""
    return f"{host}{through}{whose}"


def _end(error: BaseException) -> str:
    cause = _cause(error)
    return "was refused" if cause == os.strerror(errno.ECONNREFUSED) else f"failed: {cause}"


def _cause(error: BaseException) -> str:
    """Return the most telling cause among an error and those that it wraps."""
    causes = list(_wrapped(error))
    for each in causes:
        # aiohttp has errors of these kinds without these attributes, which wrap one that has them.
        if isinstance(each, ssl.SSLCertVerificationError) and hasattr(each, "verify_message"):
            return f"the certificate is not trusted ({each.verify_message})"
    for each in causes:
        if isinstance(each, ssl.SSLError) and isinstance(getattr(each, "reason", None), str):
            return f"no TLS ({each.reason})"
        if isinstance(each, socket.gaierror):
            return f"the name cannot be looked up ({each.strerror})"
        if refusal := PROXYS_REFUSAL.search(str(each)):
            return f"the proxy answered {refusal[1]}"
        if isinstance(each, http.client.RemoteDisconnected):
            return "it was closed before the answer"
    for each in causes:
        if isinstance(each, OSError) and each.errno is not None and each.errno > 0:
            return os.strerror(each.errno)
    return type(error).__name__


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that it came from, wherever the libraries keep those; each once."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        yield each
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
