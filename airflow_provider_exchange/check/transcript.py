"""
Writes down what a venue answered, without secrets, amounts, ids and names, fit to be attached to a bug report.

What is not known to be harmless is replaced. A name is replaced by another of the same form, always by the same
one, so that the answers still fit together; an amount is multiplied by a random factor. There is a factor for each
field, but for those of one order that are compared: a price is public, and would tell the factor of the others.

What remains is the form of the answers, words of the API, markets, times, and what the check was about.
"""

from __future__ import annotations

import json
import math
import random
import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from airflow_provider_exchange.check.wire import LIMIT_HEADER
from airflow_provider_exchange.exchanges.orders import AHEAD, amount, time_of
from airflow_provider_exchange.exchanges.texts import holds_secret

if TYPE_CHECKING:
    from airflow_provider_exchange.check.witness import Exchanged, Witness
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["FORMAT", "LOGIN", "transcript"]

FORMAT = 1
LOGIN = "(the login)"
"""Stands for the API key where an answer repeats it, as a later reader has another."""
HIDDEN = "***"
HEADERS = frozenset({"age", "cache-control", "content-type", "date", "x-cache"})
HEADER_VALUE = re.compile(r"[\w .,:;=/+-]{1,80}", re.ASCII)
PAGING = frozenset({"limit", "offset", "page", "pageSize"})
UNTOLD_PARAMETER = re.compile(r"sign|nonce|timestamp|key|secret|token", re.IGNORECASE)
OK = 200
SHORT_DIGITS = 3
"""So many digits in a parameter or a name of a field tell apart no order and no account."""
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,40}", re.ASCII)
TOKEN = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?")
DIGITS = re.compile(r"[0-9]+")
LONG_DIGITS = re.compile(r"[0-9]{4,}")
NO_DIGITS = re.compile(r"(?!)")
MAIL = re.compile(r"[^\s@]+@[^\s@]+")
SMALLEST_FACTOR, LARGEST_FACTOR = 1.25, 8.0
SIGNIFICANT = 8
ROUNDED = Context(prec=SIGNIFICANT)
LARGE = 10**6
MOST_TRIES = 20


def transcript(
    exchange: Exchange,
    conn_type: str,
    witness: Witness,
    login: str | None,
    *,
    chance: random.Random | None = None,
) -> str:
    """
    Return what was exchanged as a JSON document that tells nothing of the account.

    :param exchange: Says what its answers look like, and which secrets they must not show.
    :param conn_type: The type of the connection.
    :param witness: Knows what was exchanged.
    :param login: The connection's login, which an answer may repeat.
    :param chance: Draws what stands for what; None for one that cannot be guessed.
    """
    disguise = _Disguise(exchange, login, witness.exchanged, chance or random.SystemRandom())
    document = {
        "format": FORMAT,
        "venue": conn_type,
        "options": witness.options,
        "exchanges": [disguise.exchange(each) for each in witness.exchanged],
    }
    return json.dumps(document, indent=1) + "\n"


class _Place(NamedTuple):
    """
    Where in an answer a value is.

    :param path: Of the request.
    :param tells_time: Whether the answer is about the venue's time.
    :param is_public: Whether it is the list of markets, which everybody is shown alike.
    :param name: Of the field.
    :param is_order: Whether it is a field of an order.
    """

    path: str
    tells_time: bool
    is_public: bool
    name: str = ""
    is_order: bool = False


class _Disguise:
    """
    Replaces what tells of an account, always in the same way.

    :param exchanged: All of it: an id that one answer shows may stand in the middle of another's text.
    """

    def __init__(
        self, exchange: Exchange, login: str | None, exchanged: list[Exchanged], chance: random.Random
    ) -> None:
        self._secrets = exchange.secrets
        self._login = login
        self._chance = chance
        self._assumes = exchange.assumes
        self._aliases: dict[str, str] = {}
        self._taken: set[str] = set()
        self._factors: dict[tuple[str, str], Decimal] = {}
        form = self._assumes.order
        self._names = set() if form is None else {form.order_id, form.client_order_id or form.order_id}
        self._times = frozenset() if form is None else frozenset((*form.created_at, *form.changed_at))
        self._market = None if form is None else form.symbol
        self._words = self._assumes.words | (set() if form is None else {form.state, form.side})
        self._compared = (
            set() if form is None else {path.rpartition(".")[2] for path in (form.quantity, form.filled_quantity)}
        )
        if exchange.never_an_order_id is not None:  # it is the same for everybody
            self._aliases[exchange.never_an_order_id] = exchange.never_an_order_id
        ids = [
            str(value)
            for each in exchanged
            for row in each.orders(self._assumes)
            for name in self._names
            if type(value := row.get(name)) in (str, int)
        ]
        self._ids = frozenset(ids)
        self._taken |= self._ids
        self._phrases = [text for text in self._ids if not TOKEN.fullmatch(text)]
        for text in ids:
            self._alias(text)

    def exchange(self, each: Exchanged) -> dict[str, Any]:
        """Return one request and its answer."""
        told: dict[str, Any] = {
            "purpose": each.purpose,
            "method": each.request.method,
            "path": "/".join(self._segment(unquote(segment)) for segment in each.path.split("/")),
            "query": {
                name: self._parameter(name, value)
                for name, value in parse_qsl(urlsplit(each.request.url).query, keep_blank_values=True)
                if not UNTOLD_PARAMETER.search(name)
            },
            "sent_at": round(each.sent_at, 3),
            "seconds": None if each.seconds is None else round(each.seconds, 3),
        }
        if each.response is None:
            return told
        told["status"] = each.response.status
        told["headers"] = {
            name: value
            for name, value in each.response.headers.items()
            if (name in HEADERS or LIMIT_HEADER.search(name)) and self._is_plain_header(value)
        }
        body = each.body()
        if body is None and each.response.body.strip() != b"null":
            told["bytes"] = len(each.response.body)  # such as a gateway's page, which may hold addresses
        else:
            is_public = each.purpose == "markets" and each.response.status == OK
            told["body"] = self._value(body, _Place(each.path, each.purpose == "clock", is_public))
        return told

    def _factor(self, place: _Place) -> Decimal:
        """Return the factor of a field: orders share theirs, whatever answer shows them."""
        name = "quantity" if place.name in self._compared else place.name
        key = ("order" if place.is_order else place.path, name)
        if key not in self._factors:
            size = math.exp(self._chance.uniform(math.log(SMALLEST_FACTOR), math.log(LARGEST_FACTOR)))
            self._factors[key] = Decimal(size if self._chance.random() < 1 / 2 else 1 / size)
        return self._factors[key]

    def _value(self, value: Any, place: _Place) -> Any:
        if isinstance(value, dict):
            form = self._assumes.order
            is_order = place.is_order or (form is not None and {form.order_id, form.state} <= value.keys())
            return {
                self._key(name): self._value(member, place._replace(name=name, is_order=is_order))
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._value(member, place) for member in value]
        if value is ...:  # a field that the answer repeats
            return None
        return value if value is None or isinstance(value, bool) else self._leaf(value, place)

    def _leaf(self, value: str | int | Decimal, place: _Place) -> Any:
        """Return what stands for a text or a number."""
        if isinstance(value, Decimal) and not value.is_finite():
            return float(value)
        text, name = str(value), place.name
        if (hidden := self._secret(text)) is not None:
            return hidden
        if place.is_public:
            return value if isinstance(value, str | int) else float(value)
        if name in self._names:
            return self._like(value, self._alias(text))
        if (place.tells_time or name in self._times) and self._is_time(value):
            return value if isinstance(value, str | int) else float(value)
        if name == self._market or name in self._words:
            return value if isinstance(value, int) else self._plain(text, is_market=name == self._market)
        if text in ("0", "1", "-1", ""):
            return value if isinstance(value, str | int) else int(value)
        is_whole = isinstance(value, int) or text.isdecimal()
        if (not is_whole or name in self._amounts()) and (number := amount(value)) is not None:
            return self._scaled(value, number, self._factor(place))
        return self._like(value, self._alias(text))

    def _amounts(self) -> set[str]:
        form = self._assumes.order
        if form is None:
            return set()
        return {path.rpartition(".")[2] for path in (form.quantity, form.filled_quantity, form.price)}

    def _secret(self, text: str) -> str | None:
        """Return what stands for a text that holds a secret; None for another text."""
        if self._login is not None and text == self._login:
            return LOGIN
        is_secret = holds_secret(text, self._secrets) or any(secret in text for secret in self._secrets)
        return HIDDEN if is_secret else None

    def _is_time(self, value: Any) -> bool:
        latest = 4_102_444_800.0  # the year 2100: a time is kept however far ahead it is, as that may be the riddle
        try:
            return time_of(value, latest + AHEAD) is not None
        except (ValueError, ArithmeticError):
            return False

    def _scaled(self, value: str | int | Decimal, number: Decimal, factor: Decimal) -> Any:
        if not number:
            return value if isinstance(value, str | int) else float(value)
        scaled = ROUNDED.multiply(number, factor)
        if isinstance(value, str):
            return f"{scaled:f}"
        return int(scaled) if isinstance(value, int) and abs(scaled) >= LARGE else float(scaled)

    def _like(self, value: object, alias: str) -> Any:
        """Return an alias as a number, if that is what it stands for."""
        if isinstance(value, str):
            return alias
        try:
            return int(alias) if isinstance(value, int) else float(alias)
        except ValueError:
            return alias

    def _alias(self, text: str) -> str:
        """Return the name that stands for another: of the same form, and one for each."""
        if text not in self._aliases:
            self._taken.add(text)
            form, tries = text, 0
            while (alias := self._drawn(form)) in self._taken:
                if not any(map(str.isalnum, text)):
                    break  # nothing in it could tell anything
                tries += 1
                form += form[-1] if tries % MOST_TRIES == 0 else ""  # there are few short names
            self._taken.add(alias)
            self._aliases[text] = alias
        return self._aliases[text]

    def _drawn(self, text: str) -> str:
        prefix = next((mark for mark in ("SL-", "0x", "0X") if text.startswith(mark)), "")
        body = text[len(prefix) :]
        is_hex = prefix.startswith("0") and all(each in "0123456789abcdefABCDEF" for each in body)
        drawn = []
        for place, each in enumerate(body):
            if is_hex:
                drawn.append(each if each == "0" and not place else self._chance.choice("0123456789abcdef"))
            elif each.isdecimal():
                drawn.append(self._digit(each, is_first=not place, is_long=len(body) > SIGNIFICANT))
            elif each.isalpha():
                letters = "abcdefghijklmnopqrstuvwxyz"
                letter = self._chance.choice(letters)
                drawn.append(letter.upper() if each.isupper() else letter)
            else:
                drawn.append(each)
        return prefix + "".join(drawn)

    def _digit(self, digit: str, *, is_first: bool, is_long: bool) -> str:
        """Return a digit. The first of a long number grows no larger, so that it stays in its kind's range."""
        if not is_first:
            return str(self._chance.randint(0, 9))
        if digit == "0":
            return digit
        return str(self._chance.randint(1, max(1, int(digit) - 1) if is_long else 9))

    def _plain(self, text: str, *, is_market: bool = False) -> str:
        """Return words of the API: without what stands for something else, and without addresses."""
        numbers = (
            NO_DIGITS if is_market else DIGITS if " " in text else LONG_DIGITS
        )  # a sentence may name an amount

        def replaced(token: re.Match[str]) -> str:
            # A client may call an order BTC.
            is_id = token[0] in self._ids and not (is_market and not LONG_DIGITS.search(token[0]))
            return self._alias(token[0]) if is_id else numbers.sub(lambda part: self._alias(part[0]), token[0])

        if is_market:
            return TOKEN.sub(replaced, text)
        for phrase in self._phrases:
            text = text.replace(phrase, self._alias(phrase))
        return TOKEN.sub(replaced, MAIL.sub(HIDDEN, text))

    def _key(self, key: str) -> str:
        """Return the name of a field, which may be an id itself."""
        if key in self._ids and DIGITS.search(key):
            return self._alias(key)
        if (hidden := self._secret(key)) is not None:
            return hidden
        is_plain = PLAIN_NAME.fullmatch(key) and not LONG_DIGITS.search(key)
        return key if is_plain or (key.isdecimal() and len(key) <= SHORT_DIGITS) else self._alias(key)

    def _segment(self, segment: str) -> str:
        if self._secret(segment) is not None:
            return HIDDEN
        if segment in self._ids or (segment.isdecimal() and len(segment) > SHORT_DIGITS):
            return self._alias(segment)
        return quote(self._plain(segment, is_market=True), safe="")

    def _parameter(self, name: str, value: str) -> str:
        if self._secret(value) is not None:
            return HIDDEN
        is_short = len(value) <= SHORT_DIGITS or not any(each.isdigit() for each in value)
        return value if name in PAGING or (is_short and value not in self._ids) else self._alias(value)

    def _is_plain_header(self, value: str) -> bool:
        return HEADER_VALUE.fullmatch(value) is not None and self._secret(value) is None
