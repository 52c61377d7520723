"""Takes signatures out of what the log of requests keeps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

HIDDEN = "***"


def redacted_query(query: str, secret: Collection[str]) -> str:
    """
    Return a query, or a form, without the values of some fields.

    :param secret: the fields' names.
    """
    names = "|".join(map(re.escape, secret))
    return re.sub(rf"((?:^|&)(?:{names})=)[^&]*", rf"\1{HIDDEN}", query)


def redacted_body(body: bytes, secret: Collection[str]) -> Any:
    """
    Return a body without the values of some fields, however deep they are: parsed if it is JSON, else its text.

    :param secret: the fields' names.
    """
    text = body.decode("utf-8", "replace")
    try:
        return _redacted(json.loads(text), secret)
    except (ValueError, RecursionError):
        return redacted_query(text, secret)  # a form, or what is none


def _redacted(value: Any, secret: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: HIDDEN if key in secret else _redacted(each, secret) for key, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each, secret) for each in value]
    return value
