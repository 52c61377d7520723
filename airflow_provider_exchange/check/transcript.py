"""
Writes down what a venue answered, without secrets, amounts, ids and names, fit to be attached to a bug report.

What is not known to be harmless is replaced, names of fields and words of a sentence as well. A name is replaced by
another of the same form, always by the same one, so that the answers still fit together; see :mod:`.aliases` and
:mod:`.amounts`. Known are the words of :mod:`.vocabulary`, the names that the adapter tells, and what everybody is
shown alike: the list of markets.

What remains is the form of the answers, words of the API, markets, times, and what the check was about.
"""

from __future__ import annotations

import json
import random
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from airflow_provider_exchange.check.aliases import Aliases
from airflow_provider_exchange.check.amounts import Amounts, OrderAmounts
from airflow_provider_exchange.check.vocabulary import VOCABULARY, words_of
from airflow_provider_exchange.check.wire import LIMIT_HEADER
from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.fields import GOOD
from airflow_provider_exchange.exchanges.orders import AHEAD, amount, time_of
from airflow_provider_exchange.exchanges.texts import holds_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_exchange.check.witness import Exchanged, Witness
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["FORMAT", "LOGIN", "transcript"]

FORMAT = 1
LOGIN = "(the login)"
"""Stands for the API key where an answer repeats it, as a later reader has another."""
HIDDEN = "***"
HEADERS = frozenset({"age", "cache-control", "content-type", "date", "x-cache"})
HEADER_PARTS = re.compile(r"[ ,;:=/\"+.-]+")
LONGEST_HEADER = 80
DIRECTIVE_WORDS = VOCABULARY | {"application", "charset", "cloudfront", "hit", "html", "revalidate", "utf"}
LIMIT_WORDS = frozenset({"q", "r", "t", "w", "window"})
SPAN = re.compile(r"[0-9]{1,2}[dhms]", re.ASCII)
DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT", re.ASCII)
PAGING = frozenset({"limit", "offset", "page", "pageSize"})
UNTOLD_PARAMETER = re.compile(r"sign|nonce|timestamp|key|secret|token", re.IGNORECASE)
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
LARGE = 10**6
ZEROS = frozenset("0.")
LONGEST_SENTENCE = 2000
"""A longer text is no message."""


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
    asked = witness.options.get("symbol")
    disguise = _Disguise(exchange, login, witness.exchanged, asked, chance or random.SystemRandom())
    document = {
        "format": FORMAT,
        "venue": conn_type,
        "extra": dict(exchange.distinction),
        "options": witness.options if asked is None else {**witness.options, "symbol": disguise.market(asked)},
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
    :param order: The order that it is a field of; None for another field.
    """

    path: str
    tells_time: bool
    is_public: bool
    name: str = ""
    order: OrderAmounts | None = None


class _Disguise:
    """
    Replaces what tells of an account, always in the same way.

    :param exchanged: All of it: an id that one answer shows may stand in the middle of another's text.
    :param asked: The market that the check was asked for.
    """

    def __init__(
        self,
        exchange: Exchange,
        login: str | None,
        exchanged: list[Exchanged],
        asked: str | None,
        chance: random.Random,
    ) -> None:
        self._exchange = exchange
        self._secrets = exchange.secrets
        self._login = login
        self._assumes = exchange.assumes
        self._aliases = Aliases(chance)
        self._amounts = Amounts(chance)
        self._fields = _Fields(exchange)
        rows = [row for each in exchanged for row, _ in each.orders(exchange)]
        ids = [
            str(value) for row in rows for name in self._fields.ids if type(value := row.get(name)) in (str, int)
        ]
        self._aliases.avoid(ids)
        if exchange.never_an_order_id is not None:  # it is the same for everybody
            self._aliases.keep(exchange.never_an_order_id)
        self._ids: dict[str, str] = {}
        for text in filter(None, ids):
            self._ids.setdefault(text.lower(), text)
        phrases = sorted((text for text in self._ids if not TOKEN.fullmatch(text)), key=len, reverse=True)
        self._names = re.compile("|".join([*map(re.escape, phrases), MAIL, CHUNK]), re.IGNORECASE)
        public = {text for each in exchanged if _is_public(each) for text in _texts(each.body())}
        self._public = {text.lower() for text in public if PUBLIC_WORD.fullmatch(text)}
        # A market's name alone may be that of several, as of one for spot and one for futures.
        self._listed = public | {symbol for text in public if (symbol := self._symbol(text)) is not None}
        self._markets: dict[str, str] = {}
        markets = [row.get(name) for row in rows for name in self._fields.markets]
        for market in [asked, None if asked is None else asked.rpartition(":")[2], *markets]:
            if isinstance(market, str):
                self._markets[market] = self.market(market)
                self._markets[self._symbol(market) or market] = self.market(market)

    def exchange(self, each: Exchanged) -> dict[str, Any]:
        """Return one request and its answer."""
        told: dict[str, Any] = {
            "purpose": each.purpose,
            "method": each.request.method,
            "path": "/".join(self._segment(unquote(segment)) for segment in each.path.split("/")),
            "query": {
                name: self._parameter(name, value)
                for name, value in _parameters(each)
                if not UNTOLD_PARAMETER.search(name)
            },
            "sent_at": round(each.sent_at, 3),
            "seconds": None if each.seconds is None else round(each.seconds, 3),
        }
        if each.response is None:
            return told
        told["status"] = each.response.status
        told["headers"] = {
            name: value for name, value in each.response.headers.items() if self._is_plain_header(name, value)
        }
        body = each.body()
        if body is None and each.response.body.strip() != b"null":
            told["bytes"] = len(each.response.body)  # such as a gateway's page, which may hold addresses
        else:
            told["body"] = self._value(body, _Place(each.path, each.purpose == "clock", _is_public(each)))
        return told

    def market(self, text: str) -> str:
        """Return a market as it is if the venue lists it; else what stands for it, in the adapter's spelling."""
        symbol = self._symbol(text)
        is_known = text in self._listed or symbol in self._listed or (symbol is not None and self._is_known(text))
        if is_known and self._secret(text) is None:
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

    def _value(self, value: Any, place: _Place) -> Any:
        if isinstance(value, dict):
            order = self._order(value, place.name) or place.order
            return {
                self._key(name, place): self._value(member, place._replace(name=name, order=order))
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._value(member, place) for member in value]
        if value is ...:  # a field that the answer repeats
            return None
        return value if value is None or isinstance(value, bool) else self._leaf(value, place)

    def _order(self, fields: dict[str, Any], behind: str) -> OrderAmounts | None:
        """
        Return the order whose fields these are; None if they are of something else.

        :param behind: The name of the field that they are the value of, which may be the order's id.
        """
        if behind.lower() in self._ids:
            fields = {form.order_id: behind for form in self._assumes.forms} | fields
        # A list of open orders may leave their state to be understood, or tell it around each of them.
        forms = [
            form
            for form in self._assumes.forms
            if form.order_id in fields and not {form.state, form.quantity}.isdisjoint(fields)
        ]
        if not forms:
            return None
        form = next((form for form in forms if fields[form.order_id]), forms[0])  # some show an empty id of another
        name = fields[form.order_id]
        ordered = amount(value_at(fields, form.quantity), is_signed=form.sign_tells_side)
        return OrderAmounts(str(name) if type(name) in (str, int) else repr(fields), ordered or None)

    def _leaf(self, value: str | int | Decimal, place: _Place) -> Any:
        """Return what stands for a text or a number."""
        if isinstance(value, Decimal) and not value.is_finite():
            return float(value)
        text, name, fields = str(value), place.name, self._fields
        if (hidden := self._secret(text)) is not None:
            return hidden
        if place.is_public:
            return value if isinstance(value, str | int) else float(value)
        if name in fields.ids:
            return self._like(value, self._alias(text))
        if (place.tells_time or name in fields.times) and self._is_time(value):
            return value if isinstance(value, str | int) else float(value)
        if name in fields.markets and isinstance(value, str):
            return self.market(value)
        if fields.has_words(name) and not isinstance(value, Decimal):
            return self._word(value, is_state=name in fields.states)
        is_signed = name in fields.signed
        if text in ("0", "") or (text == "-1" and not is_signed):
            return value if isinstance(value, str | int) else int(value)
        is_whole = isinstance(value, int) or text.isdecimal()
        number = amount(value, is_signed=is_signed) if not is_whole or name in fields.amounts else None
        if number is not None:
            scaled = self._scaled(value, number, place)
            return _negative(scaled) if is_signed and text.startswith("-") else scaled
        return self._like(value, self._alias(text))

    def _secret(self, text: str) -> str | None:
        """Return what stands for a text that holds a secret; None for another text."""
        if self._login is not None and text == self._login:
            return LOGIN
        is_secret = holds_secret(text, self._secrets) or any(secret in text for secret in self._secrets)
        return HIDDEN if is_secret else None

    def _is_time(self, value: Any) -> bool:
        try:
            return time_of(value, LATEST_TIME + AHEAD) is not None
        except (ValueError, ArithmeticError):
            return False

    def _scaled(self, value: str | int | Decimal, number: Decimal, place: _Place) -> Any:
        if not number:  # such as "0", "0.00" or 0; but digits after an exponent tell something
            if isinstance(value, str):
                return value if ZEROS.issuperset(value) else "0"
            return int(value) if isinstance(value, int) else float(value)
        if place.order is not None and place.name in self._fields.quantities:
            scaled = self._amounts.quantity(number, place.order)
        elif place.order is not None and place.name == self._fields.remaining:
            scaled = self._amounts.remaining(number, place.order)
        else:
            scaled = self._amounts.of(number, place.order or place.path, place.name)
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
        """
        Return the name that stands for another; an id is the same one however it is spelt.

        What all ids of clients begin with stays, as it is by that that they are told from other texts.
        """
        start = next((each for each in self._fields.starts if text.startswith(each)), "")
        return start + self._aliases.of(self._ids.get(text.lower(), text))

    def _word(self, value: str | int, *, is_state: bool) -> Any:
        """Return a word of the API, or the number of an error, without what is no such thing."""
        text = str(value)
        if text.lower() in self._ids:
            return self._like(value, self._alias(text))
        if (is_state and STATE.fullmatch(text)) or text in self._fields.state_words:
            return value
        if text.isascii() and text.removeprefix("-").isdecimal():
            is_code = len(text.removeprefix("-")) <= CODE_DIGITS
            return value if is_code else self._like(value, self._alias(text))
        return self._sentence(text)

    def _sentence(self, text: str) -> str:
        """Return a text with its words, and with something else for what is no word."""
        return self._names.sub(self._name, text) if len(text) <= LONGEST_SENTENCE else self._alias(text)

    def _name(self, found: re.Match[str]) -> str:
        """Return what stands for one name in a sentence."""
        text = found[0]
        if text.lower() in self._ids:
            return self._alias(text)
        if "@" in text:
            return HIDDEN
        name = text.strip("._-")
        before, _, after = text.partition(name) if name else (text, "", "")
        if name.lower() in self._ids or (DIGITS.search(name) and not self._is_known(name)):
            return before + self._alias(name) + after
        return PART.sub(lambda part: part[0] if self._is_known(part[0]) else self._alias(part[0]), text)

    def _is_known(self, text: str) -> bool:
        """Whether a name consists of words that tell of nobody."""
        if text in self._fields.names or text.lower() in self._public:
            return True
        words = words_of(text)
        return words is not None and all(word in VOCABULARY or word in self._public for word in words)

    def _key(self, key: str, place: _Place) -> str:
        """Return the name of a field, which may be an id itself."""
        if (hidden := self._secret(key)) is not None:
            return hidden
        is_short = key.isascii() and key.isdecimal() and len(key) <= SHORT_DIGITS
        if (is_short and key not in self._ids) or not key or _tells_of_failure(key) or self._is_known(key):
            return key
        return key if place.is_public and key.lower() not in self._ids else self._alias(key)

    def _segment(self, segment: str) -> str:
        if self._secret(segment) is not None:
            return HIDDEN
        if segment in self._markets:
            return quote(self._markets[segment], safe="")
        is_id = segment.lower() in self._ids and not self._is_known(segment)
        return self._alias(segment) if is_id or LONG_DIGITS.search(segment) else quote(segment, safe="")

    def _parameter(self, name: str, value: str) -> str:
        if self._secret(value) is not None:
            return HIDDEN
        if value in self._markets:
            return self._markets[value]
        if value.isascii() and value.isdecimal():
            is_short = len(value) <= SHORT_DIGITS and value not in self._ids
            return value if name in PAGING or is_short else self._alias(value)
        is_known = self._symbol(value) in self._listed or self._is_known(value)
        return value if is_known and value.lower() not in self._ids else self._alias(value)

    def _is_plain_header(self, name: str, value: str) -> bool:
        """Whether a header is of use, and consists of words and numbers that tell of nobody."""
        is_limit = LIMIT_HEADER.search(name) is not None
        if not (is_limit or name in HEADERS) or len(value) > LONGEST_HEADER or self._secret(value) is not None:
            return False
        if name == "date" or DATE.fullmatch(value):
            return DATE.fullmatch(value) is not None
        if is_limit and not all(
            part in VOCABULARY or SPAN.fullmatch(part) for part in name.removeprefix("x-").split("-")
        ):
            return False
        return all(
            self._is_number(part) or part.lower() in (LIMIT_WORDS if is_limit else DIRECTIVE_WORDS)
            for part in filter(None, HEADER_PARTS.split(value))
        )

    def _is_number(self, text: str) -> bool:
        """Whether a text is a number of requests or seconds, or a time, and no id."""
        is_number = text.isascii() and text.isdecimal() and text not in self._ids
        return is_number and (len(text) <= CODE_DIGITS or self._is_time(text))


class _Fields:
    """What the adapter tells of the fields of answers, by their names."""

    def __init__(self, exchange: Exchange) -> None:
        assumes = exchange.assumes
        forms = assumes.forms
        told_left = next((form.left for form in forms if form.left), None)
        remaining = assumes.remaining or told_left
        self.remaining = None if remaining is None else _last(remaining)
        self.markets = {_last(form.symbol) for form in forms} | assumes.markets
        self.ids = set(
            map(_last, _told(field for form in forms for field in (form.order_id, form.client_order_id)))
        )
        self.state_words = {word for form in forms for word in form.states}
        self.starts = _told(form.client_ids_start for form in forms)
        self.times = {field for form in forms for field in (*form.created_at, *form.changed_at)}
        self.states = {form.state for form in forms}
        signed = {
            field for form in forms if form.sign_tells_side for field in (form.side, form.quantity, form.left)
        }
        self.signed = frozenset(map(_last, filter(None, signed)))
        sides = {_last(form.side) for form in forms if not form.sign_tells_side}
        self._words = assumes.words | self.states | sides
        quantities = _told(field for form in forms for field in (form.quantity, form.filled_quantity))
        prices = {form.price for form in forms}
        self.quantities = set(map(_last, quantities))
        self.amounts = self.quantities | set(map(_last, prices)) | _told([self.remaining]) | self.signed
        paths = {*assumes.words, *assumes.fields, *_told((assumes.total, remaining))}
        paths |= {place for places in assumes.orders.values() for place in places}
        paths |= self.markets | self.ids | self.times | self._words | quantities | prices
        paths |= {form.symbol for form in forms} | {form.side for form in forms}
        paths |= _told(form.client_order_id for form in forms)
        paths |= _told(field for form in forms for field in (form.kind, form.stop_price))
        self.names = frozenset(name for path in paths for name in path.split(".") if name)

    def has_words(self, name: str) -> bool:
        """Whether a field holds words of the API, or tells by a number whether a request went well."""
        return name in self._words or _tells_of_failure(name)


def _parameters(each: Exchanged) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a request: those of its query, and those that a read posts."""
    yield from parse_qsl(urlsplit(each.request.url).query, keep_blank_values=True)
    if each.call is None or each.call.mutating:
        return
    try:
        posted = json.loads(each.request.body or b"{}")
    except ValueError:
        return  # a form, which has a path of its own for each read
    for name, value in posted.items() if isinstance(posted, dict) else ():
        if isinstance(value, str | int):
            yield str(name), str(value)


def _negative(number: str | float) -> str | float:
    return f"-{number}" if isinstance(number, str) else -number


def _tells_of_failure(name: str) -> bool:
    """Whether a field of that name tells how a request went, whatever the venue."""
    return name.replace("_", "").lower() in GOOD


def _told(fields: Iterable[str | None]) -> set[str]:
    """Return the fields that there are."""
    return {field for field in fields if field}


def _last(path: str) -> str:
    """Return the name of the field that a path leads to."""
    return path.rpartition(".")[2]


def _is_public(each: Exchanged) -> bool:
    """Whether an answer is the list of markets."""
    return each.purpose == "markets" and each.response is not None and each.response.status == OK


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
