"""What stands for the names, ids, words and markets of an account, always the same for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_exchange.check.aliases import Aliases
from airflow_provider_exchange.check.field_names import tells_of_failure
from airflow_provider_exchange.check.vocabulary import VOCABULARY, words_of
from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.orders import AHEAD, time_of
from airflow_provider_exchange.exchanges.texts import holds_secret

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from decimal import Decimal

    from airflow_provider_exchange.check.field_names import FieldNames
    from airflow_provider_exchange.check.witness import Exchanged
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["CODE_DIGITS", "LOGIN", "Disguise", "is_public", "is_time"]

LOGIN = "(the login)"
"""Stands for the API key where an answer repeats it, as a later reader has another."""
HIDDEN = "***"
PAGING = frozenset({"limit", "offset", "page", "pageSize"})
OK = 200
SHORT_DIGITS = 3
"""So many digits in a parameter or a name of a field tell apart no order and no account."""
CODE_DIGITS = 6
"""Numbers of errors, limits and totals have no more digits."""
TOKEN = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?")
CHUNK = r"[^\x00-,/:-@[-^`{-~\s]+"
"""What may be one name in a sentence: letters of any script, digits, and the marks ``_``, ``-`` and ``.``."""
PART = re.compile(r"[^.-]+")
STATE = re.compile(r"[A-Za-z]{1,16}(?:[ _-][A-Za-z]{1,16}){0,4}|-?[0-9]{1,3}", re.ASCII)
"""The form of a state. One that is not known has to be told: it is what the report is about."""
PUBLIC_WORD = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,12}", re.ASCII)
LONGEST_PUBLIC = 80
DIGITS = re.compile(r"[0-9]+")
LONG_DIGITS = re.compile(r"[0-9]{4,}")
MAIL = r"[^\s@]+@[^\s@]+"
LATEST_TIME = 4_102_444_800.0
"""The year 2100. A time is kept however far ahead it is, as that may be the riddle."""
LONGEST_SENTENCE = 2000
"""A longer text is no message."""


class Disguise:
    """
    Replaces what tells of an account, always in the same way.

    :param fields: What the adapter tells of the fields of answers.
    :param exchanged: All of it: an id that one answer shows may stand in the middle of another's text.
    :param asked: The market that the check was asked for.
    :param chance: Draws what stands for what.
    """

    def __init__(
        self,
        exchange: Exchange,
        fields: FieldNames,
        login: str | None,
        exchanged: list[Exchanged],
        asked: str | None,
        chance: random.Random,
    ) -> None:
        self._exchange = exchange
        self._secrets = exchange.secrets
        self._login = login
        self._aliases = Aliases(chance)
        self._fields = fields
        rows = [row for each in exchanged for row, _ in each.orders(exchange)]
        ids = [str(value) for row in rows for name in fields.ids if type(value := row.get(name)) in (str, int)]
        self._aliases.avoid(ids)
        if exchange.never_an_order_id is not None:  # it is the same for everybody
            self._aliases.keep(exchange.never_an_order_id)
        self._ids: dict[str, str] = {}
        for text in filter(None, ids):
            self._ids.setdefault(text.lower(), text)
        phrases = sorted((text for text in self._ids if not TOKEN.fullmatch(text)), key=len, reverse=True)
        self._names = re.compile("|".join([*map(re.escape, phrases), MAIL, CHUNK]), re.IGNORECASE)
        public = {text for each in exchanged if is_public(each) for text in _texts(each.body())}
        self._public = {text.lower() for text in public if PUBLIC_WORD.fullmatch(text)}
        # A market's name alone may be that of several, as of one for spot and one for futures.
        self._listed = public | {symbol for text in public if (symbol := self._symbol(text)) is not None}
        self._markets: dict[str, str] = {}
        markets = [row.get(name) for row in rows for name in fields.markets]
        for market in [asked, None if asked is None else asked.rpartition(":")[2], *markets]:
            if isinstance(market, str):
                self._markets[market] = self.market(market)
                self._markets[self._symbol(market) or market] = self.market(market)

    def is_id(self, text: str) -> bool:
        """Whether an answer shows a text as the id of an order, in any letter case."""
        return text.lower() in self._ids

    def market(self, text: str) -> str:
        """Return a market as it is if the venue lists it; else what stands for it, in the adapter's spelling."""
        symbol = self._symbol(text)
        is_known = text in self._listed or symbol in self._listed or (symbol is not None and self._is_known(text))
        if is_known and self.secret(text) is None:
            return text
        kind, colon, name = (symbol or text).rpartition(":")
        is_of_a_kind = symbol is not None and bool(colon)
        return kind + colon + self.market(name) if is_of_a_kind else self._alias(symbol or text)

    def _symbol(self, text: str) -> str | None:
        """Return the adapter's spelling of a market; None for what can be none."""
        try:
            return self._exchange.check_symbol(text) if len(text) <= LONGEST_PUBLIC else None
        except InvalidOrderRequest:
            return None

    def secret(self, text: str) -> str | None:
        """Return what stands for a text that holds a secret; None for another text."""
        if self._login is not None and text == self._login:
            return LOGIN
        is_secret = holds_secret(text, self._secrets) or any(secret in text for secret in self._secrets)
        return HIDDEN if is_secret else None

    def alias_of(self, value: str | int | Decimal) -> Any:
        """Return what stands for a text or a number, as a number if it is one."""
        alias = self._alias(str(value))
        if isinstance(value, str):
            return alias
        try:
            return int(alias) if isinstance(value, int) else float(alias)
        except ValueError:
            return alias

    def _alias(self, text: str) -> str:
        """
        Return the name that stands for another; an id is the same one however it is spelt.

        What all ids of clients begin with stays, as it is by that that they are told from other texts.
        """
        start = next((each for each in self._fields.starts if text.startswith(each)), "")
        return start + self._aliases.of(self._ids.get(text.lower(), text))

    def word(self, value: str | int, *, is_state: bool) -> Any:
        """Return a word of the API, or the number of an error, without what is no such thing."""
        text = str(value)
        if self.is_id(text):
            return self.alias_of(value)
        if (is_state and STATE.fullmatch(text)) or text in self._fields.state_words:
            return value
        if text.isascii() and text.removeprefix("-").isdecimal():
            is_code = len(text.removeprefix("-")) <= CODE_DIGITS
            return value if is_code else self.alias_of(value)
        return self._sentence(text)

    def _sentence(self, text: str) -> str:
        """Return a text with its words, and with something else for what is no word."""
        return self._names.sub(self._name, text) if len(text) <= LONGEST_SENTENCE else self._alias(text)

    def _name(self, found: re.Match[str]) -> str:
        """Return what stands for one name in a sentence."""
        text = found[0]
        if self.is_id(text):
            return self._alias(text)
        if "@" in text:
            return HIDDEN
        name = text.strip("._-")
        before, _, after = text.partition(name) if name else (text, "", "")
        if self.is_id(name) or (DIGITS.search(name) and not self._is_known(name)):
            return before + self._alias(name) + after
        return PART.sub(lambda part: part[0] if self._is_known(part[0]) else self._alias(part[0]), text)

    def _is_known(self, text: str) -> bool:
        """Whether a name consists of words that tell of nobody."""
        if text in self._fields.names or text.lower() in self._public:
            return True
        words = words_of(text)
        return words is not None and all(word in VOCABULARY or word in self._public for word in words)

    def field(self, key: str, *, is_public: bool) -> str:
        """
        Return the name of a field, which may be an id itself.

        :param is_public: Whether everybody is shown the answer alike.
        """
        if (hidden := self.secret(key)) is not None:
            return hidden
        is_short = key.isascii() and key.isdecimal() and len(key) <= SHORT_DIGITS
        if (is_short and not self.is_id(key)) or not key or tells_of_failure(key) or self._is_known(key):
            return key
        return key if is_public and not self.is_id(key) else self._alias(key)

    def segment(self, segment: str) -> str:
        """Return a segment of a path."""
        if self.secret(segment) is not None:
            return HIDDEN
        if segment in self._markets:
            return quote(self._markets[segment], safe="")
        is_id = self.is_id(segment) and not self._is_known(segment)
        return self._alias(segment) if is_id or LONG_DIGITS.search(segment) else quote(segment, safe="")

    def parameter(self, name: str, value: str) -> str:
        """Return the value of a request's parameter."""
        if self.secret(value) is not None:
            return HIDDEN
        if value in self._markets:
            return self._markets[value]
        if value.isascii() and value.isdecimal():
            is_short = len(value) <= SHORT_DIGITS and not self.is_id(value)
            return value if name in PAGING or is_short else self._alias(value)
        is_known = self._symbol(value) in self._listed or self._is_known(value)
        return value if is_known and not self.is_id(value) else self._alias(value)


def is_public(each: Exchanged) -> bool:
    """Whether an answer is the list of markets."""
    return each.purpose == "markets" and each.response is not None and each.response.status == OK


def is_time(value: Any) -> bool:
    """Whether a value is a time that an adapter would read."""
    try:
        return time_of(value, LATEST_TIME + AHEAD) is not None
    except (ValueError, ArithmeticError):
        return False


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in an answer, and every name of a field."""
    if isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value
