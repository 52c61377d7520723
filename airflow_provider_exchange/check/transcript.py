"""
Writes down what a venue answered, without secrets, amounts, ids and names, fit to be attached to a bug report.

What is not known to be harmless is replaced, names of fields and words of a sentence as well. A name is replaced by
another of the same form, always by the same one, so that the answers still fit together; see :mod:`.disguise` and
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
from urllib.parse import parse_qsl, unquote, urlsplit

from airflow_provider_exchange.check.amounts import Amounts, OrderAmounts
from airflow_provider_exchange.check.disguise import Disguise, is_public, is_time
from airflow_provider_exchange.check.field_names import FieldNames
from airflow_provider_exchange.check.headers import is_plain_header
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.orders import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.check.witness import Exchanged, Witness
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["FORMAT", "transcript"]

FORMAT = 1
UNTOLD_PARAMETER = re.compile(r"sign|nonce|timestamp|key|secret|token", re.IGNORECASE)
LARGE = 10**6
ZEROS = frozenset("0.")


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
    chance = chance or random.SystemRandom()
    fields = FieldNames(exchange)
    disguise = Disguise(exchange, fields, login, witness.exchanged, asked, chance)
    writer = _Writer(exchange, fields, disguise, chance)
    document = {
        "format": FORMAT,
        "venue": conn_type,
        "extra": dict(exchange.distinction),
        "options": witness.options if asked is None else {**witness.options, "symbol": disguise.market(asked)},
        "exchanges": [writer.exchange(each) for each in witness.exchanged],
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


class _Writer:
    """
    Writes down requests and their answers.

    :param exchange: Says what its answers look like.
    :param disguise: Replaces what tells of the account.
    :param chance: Draws what stands for amounts.
    """

    def __init__(self, exchange: Exchange, fields: FieldNames, disguise: Disguise, chance: random.Random) -> None:
        self._forms = exchange.assumes.forms
        self._fields = fields
        self._disguise = disguise
        self._amounts = Amounts(chance)

    def exchange(self, each: Exchanged) -> dict[str, Any]:
        """Return one request and its answer."""
        told: dict[str, Any] = {
            "purpose": each.purpose,
            "method": each.request.method,
            "path": "/".join(self._disguise.segment(unquote(segment)) for segment in each.path.split("/")),
            "query": {
                name: self._disguise.parameter(name, value)
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
            name: value for name, value in each.response.headers.items() if self._is_told(name, value)
        }
        body = each.body()
        if body is None and each.response.body.strip() != b"null":
            told["bytes"] = len(each.response.body)  # such as a gateway's page, which may hold addresses
        else:
            told["body"] = self._value(body, _Place(each.path, each.purpose == "clock", is_public(each)))
        return told

    def _is_told(self, header: str, value: str) -> bool:
        return self._disguise.secret(value) is None and is_plain_header(header, value, self._disguise.is_id)

    def _value(self, value: Any, place: _Place) -> Any:
        if isinstance(value, dict):
            order = self._order(value, place.name) or place.order
            return {
                self._disguise.field(name, is_public=place.is_public): self._value(
                    member, place._replace(name=name, order=order)
                )
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
        if self._disguise.is_id(behind):
            fields = {form.order_id: behind for form in self._forms} | fields
        # A list of open orders may leave their state to be understood, or tell it around each of them.
        forms = [
            form
            for form in self._forms
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
        if (hidden := self._disguise.secret(text)) is not None:
            return hidden
        if place.is_public:
            return value if isinstance(value, str | int) else float(value)
        if name in fields.ids:
            return self._disguise.alias_of(value)
        if (place.tells_time or name in fields.times) and is_time(value):
            return value if isinstance(value, str | int) else float(value)
        if name in fields.markets and isinstance(value, str):
            return self._disguise.market(value)
        if fields.has_words(name) and not isinstance(value, Decimal):
            return self._disguise.word(value, is_state=name in fields.states)
        is_signed = name in fields.signed
        if text in ("0", "") or (text == "-1" and not is_signed):
            return value if isinstance(value, str | int) else int(value)
        is_whole = isinstance(value, int) or text.isdecimal()
        number = amount(value, is_signed=is_signed) if not is_whole or name in fields.amounts else None
        if number is not None:
            scaled = self._scaled(value, number, place)
            return _negative(scaled) if is_signed and text.startswith("-") else scaled
        return self._disguise.alias_of(value)

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
