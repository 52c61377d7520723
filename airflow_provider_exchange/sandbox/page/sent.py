"""What a client sent, as the page shows it: short, and without anything secret."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.redaction import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.sandbox.exchange import Logged

__all__ = ["Sent", "shortened"]

SECRET_NAME = re.compile("sig|secret|pass|auth|private|api.?key", re.IGNORECASE)
"""In the name of a field that may hold what is secret, whatever venue it is for."""
FORM = re.compile(r"[\w.\[\]%+-]{1,64}=[^&]*(&[\w.\[\]%+-]{1,64}=[^&]*)*", re.ASCII)
MOST_CHARACTERS = 240
MOST_READ = 4000
"""Characters of a form or a text that are looked at."""
MOST_MEMBERS = 12
DEEPEST = 4


def shortened(key: str) -> str:
    """Return the beginning of an API key, enough to recognise it."""
    return f"{key[: min(4, len(key) // 2)]}…"


class Sent:
    """
    Shows requests.

    :param accounts: the connection fields of each account, whose secrets and keys are never shown.
    """

    def __init__(self, accounts: Iterable[Mapping[str, Any]]) -> None:
        self._replaced: dict[str, str] = {}
        for account in accounts:
            extra = account.get("extra") or {}
            secrets = [account["password"], *(text for name, text in extra.items() if name != "exchange")]
            self._replaced |= {text: HIDDEN for text in secrets if isinstance(text, str) and text}
            self._replaced[account["login"]] = shortened(account["login"])

    def of(self, logged: Logged) -> str:
        """Return query and body of a request in a line; empty when it had neither."""
        parts = [_form(logged.query[:MOST_READ]), _body(logged.body)]
        return self.cut("  ".join(filter(None, parts)))

    def cut(self, text: str) -> str:
        """Return the beginning of a text, with nothing secret of an account."""
        for secret, shown in self._replaced.items():
            text = text.replace(secret, shown)
        return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def _form(text: str) -> str:
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    return " ".join(f"{name}={HIDDEN if SECRET_NAME.search(name) else value}" for name, value in pairs)


def _body(body: Any) -> str:
    if body == "":
        return ""
    if not isinstance(body, str):
        return json.dumps(_beginning(body), ensure_ascii=False)
    if FORM.fullmatch(body[:MOST_READ]):
        return _form(body[:MOST_READ])
    return f"({len(body)} characters that are neither JSON nor a form)"


def _beginning(value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict | list) and depth == DEEPEST:
        return "…"
    if isinstance(value, dict):
        members = list(value.items())[:MOST_MEMBERS]
        return {name: HIDDEN if SECRET_NAME.search(name) else _beginning(each, depth + 1) for name, each in members}
    if isinstance(value, list):
        return [_beginning(each, depth + 1) for each in value[:MOST_MEMBERS]]
    return value[:MOST_READ] if isinstance(value, str) else value
