"""Which headers of an answer a transcript shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_exchange.check.disguise import CODE_DIGITS, is_time
from airflow_provider_exchange.check.vocabulary import VOCABULARY
from airflow_provider_exchange.check.wire import LIMIT_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_plain_header"]

HEADERS = frozenset({"age", "cache-control", "content-type", "date", "x-cache"})
HEADER_PARTS = re.compile(r"[ ,;:=/\"+.-]+")
LONGEST_HEADER = 80
DIRECTIVE_WORDS = VOCABULARY | {"application", "charset", "cloudfront", "hit", "html", "revalidate", "utf"}
LIMIT_WORDS = frozenset({"q", "r", "t", "w", "window"})
SPAN = re.compile(r"[0-9]{1,2}[dhms]", re.ASCII)
DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT", re.ASCII)


def is_plain_header(name: str, value: str, is_id: Callable[[str], bool]) -> bool:
    """
    Whether a header is of use, and consists of words and numbers that tell of nobody.

    :param is_id: Whether a text is the id of an order.
    """
    is_limit = LIMIT_HEADER.search(name) is not None
    if not (is_limit or name in HEADERS) or len(value) > LONGEST_HEADER:
        return False
    if name == "date" or DATE.fullmatch(value):
        return DATE.fullmatch(value) is not None
    if is_limit and not all(
        part in VOCABULARY or SPAN.fullmatch(part) for part in name.removeprefix("x-").split("-")
    ):
        return False
    return all(
        _is_number(part, is_id) or part.lower() in (LIMIT_WORDS if is_limit else DIRECTIVE_WORDS)
        for part in filter(None, HEADER_PARTS.split(value))
    )


def _is_number(text: str, is_id: Callable[[str], bool]) -> bool:
    """Whether a text is a number of requests or seconds, or a time, and no id."""
    is_number = text.isascii() and text.isdecimal() and not is_id(text)
    return is_number and (len(text) <= CODE_DIGITS or is_time(text))
