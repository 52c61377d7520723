"""
How requests to Nami Exchange are signed.

Source: the vendor's page "Authentication". How a list of orders is signed it does not say;
see :func:`string_to_sign`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from cryptography.hazmat.primitives import hashes

from airflow_provider_exchange.exchanges.common import hmac_hex

if TYPE_CHECKING:
    from collections.abc import Mapping


def form_encode(text: str) -> str:
    """Encode a name or value as ``application/x-www-form-urlencoded``; lone surrogates become U+FFFD."""
    well_formed = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return quote_plus(well_formed, safe="*").replace("~", "%7E")


def string_to_sign(params: Mapping[str, Any], batch_signing: str = "url_search_params") -> str:
    """
    Return what JavaScript's ``new URLSearchParams(params).toString()`` returns.

    The vendor's "Authentication" page does not say how the array of a batch is signed. Its JavaScript example turns
    each member into ``[object Object]``.

    :param params: The parameters in the order in which they are sent.
    :param batch_signing: ``"json"`` signs an array as compact JSON instead.
    """
    return "&".join(
        f"{form_encode(name)}={form_encode(_js_text(value, batch_signing))}" for name, value in params.items()
    )


def _js_text(value: Any, batch_signing: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        as_json = batch_signing == "json"
        return json.dumps(value, separators=(",", ":")) if as_json else ",".join(["[object Object]"] * len(value))
    return str(value)


def sign_query(api_secret: bytes, text: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of a :func:`string_to_sign`."""
    return hmac_hex(api_secret, text.encode(), hashes.SHA256())
