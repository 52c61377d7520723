"""
Reads the orders of an answer. A field that cannot be read is noted in its order, and spoils nothing else.

An adapter describes how its venue writes an order; it has no code of its own that could fail at an odd one.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_exchange.errors import InvalidOrderRequest, UnreadableResponseError
from airflow_provider_exchange.exchanges.assumptions import ANY_NAME, only_value
from airflow_provider_exchange.exchanges.fields import text_of
from airflow_provider_exchange.exchanges.texts import comparable, holds_secret, lower, shown_name, shown_text
from airflow_provider_exchange.models.orders import Order, OrderState, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Names", "OrderForm", "OrderReader"]

SIDES = {side.value: side for side in Side}
AMOUNT_TYPES = frozenset({int, str, Decimal})
LARGEST_EXPONENT = 60

UNITS = (1000, 1, 1_000_000, 1_000_000_000)
"""Fractions of a second that venues count, milliseconds first: their ranges for plausible times do not overlap."""
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
"""No order is older, and a smaller number stands for "no time", as 0 does."""
AHEAD = 86400.0
"""Seconds by which a time may be ahead of this machine's clock."""
NUMBER = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
SHORTEST_TIME = len("2026-11-21T12:00")
"""A date alone does not tell how old an order is."""

LONGEST_KIND = 40
MARKETS_KEPT = 1024
STATES_KEPT = 64
NO_FIELDS: dict[str, Any] = {}
NOTHING_UNREADABLE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OrderForm:
    """
    How a venue writes an order: the fields that hold its attributes; a dot leads into a nested object, and ``*`` to
    the only field of one, whatever its name.

    :param order_id: The venue's id.
    :param symbol: The market.
    :param state: The state, in a word or number of ``states``.
    :param states: What the venue's words or numbers mean.
    :param side: ``buy`` or ``sell`` in any case.
    :param quantity: Ordered amount.
    :param filled_quantity: Executed amount; where the venue tells only what is left of the quantity, None.
    :param price: Limit price.
    :param client_order_id: The id that the client gave the order; None where the venue has none.
    :param created_at: Creation times, of which the first that is told counts. Each is an ISO 8601 text, or a number
        of seconds, milliseconds, microseconds or nanoseconds since 1970, also as text.
    :param changed_at: Times of an ended order's last change, written like creation times.
    :param kind: The type of the order; None where the venue does not tell.
    :param stop_price: The price that a stop order waits for; None where the venue does not tell.
    :param waiting: Those of ``states`` in which an order is not yet in the order book; empty if none tells that.
    :param state_spelling: Brings a word to the spelling of ``states``; None to take words as they are.
    :param sides: What the venue's words for a side mean; None where it is ``buy`` or ``sell`` in any case.
    :param state_word: Takes an order and returns its word of ``states``, where it takes other fields beside
        ``state`` to tell it; anything else that it returns is no word. None where ``state`` has the word.
    :param repeats_id: Whether an order without a client order id shows its own id there.
    :param client_ids_start: What every id that a client gives begins with, where the venue writes something else
        into that field for orders without one, such as where they came from.
    :param left: The part of the quantity that is not executed, where the venue tells no executed one.
    :param sign_tells_side: Whether ``side`` holds a signed amount, negative for a sale. A 0 does not tell.
    """

    order_id: str
    symbol: str
    state: str
    states: Mapping[Any, OrderState]
    side: str
    quantity: str
    filled_quantity: str | None
    price: str
    client_order_id: str | None = None
    created_at: tuple[str, ...] = ()
    changed_at: tuple[str, ...] = ()
    kind: str | None = None
    stop_price: str | None = None
    waiting: frozenset[Any] = frozenset()
    state_spelling: Callable[[str], str] | None = None
    sides: Mapping[str, Side] | None = None
    state_word: Callable[[Mapping[str, Any]], Any] | None = None
    repeats_id: bool = False
    client_ids_start: str = ""
    left: str | None = None
    sign_tells_side: bool = False


class Names(Protocol):
    """Whose orders are read: an exchange, or a part of one. See :class:`.Exchange` for what the members mean."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def secrets(self) -> frozenset[str]: ...  # noqa: D102

    def parse_order_id(self, text: str, /) -> str: ...  # noqa: D102

    def check_symbol(self, value: Any, /) -> str: ...  # noqa: D102


class OrderReader:
    """
    Makes orders of the JSON values in an answer.

    Type, quantities, prices and last change decide nothing: what is odd there becomes None. Of the others,
    :attr:`Order.unreadable` names those that cannot be read. A field that is absent or null is not told, which is
    no fault, except for the names and the state, which every order has.

    :param exchange: Checks ids and symbols.
    :param form: How the venue writes an order.
    :param now: This machine's time in seconds since 1970. It only tells apart what can be a time and what cannot,
        within a day; ages are measured by the venue's clock.
    """

    def __init__(self, exchange: Names, form: OrderForm, now: Callable[[], float] = time.time) -> None:
        self._exchange = exchange
        self._form = form
        self._now = now
        # A list shows thousands of orders, and few markets and states.
        self._symbol = lru_cache(MARKETS_KEPT)(exchange.check_symbol)
        self._state = lru_cache(STATES_KEPT)(self._state_of)
        self._state_type = type(next(iter(form.states)))
        self._quantity = form.quantity.split(".")
        self._filled = None if form.filled_quantity is None else form.filled_quantity.split(".")
        self._left = None if form.left is None else form.left.split(".")
        self._price = form.price.split(".")
        self._stop_price = None if form.stop_price is None else form.stop_price.split(".")
        self._kind = lru_cache(STATES_KEPT)(self._kind_of)
        names = (form.order_id, form.symbol, form.state, form.side, form.client_order_id, form.kind)
        self._is_nested = any(name is not None and "." in name for name in names)

    @property
    def form(self) -> OrderForm:
        """How the venue writes these orders."""
        return self._form

    def parse_list(self, value: Any, name: str) -> list[Order]:
        """
        Return the orders of a JSON array.

        :param value: The array. Whatever its members are, each is one order.
        :param name: Its place in the response, for the message.
        :raises UnreadableResponseError: when it is no array.
        """
        if not isinstance(value, list):
            raise UnreadableResponseError(f"the response's {name} is not a list")
        return [self.parse(member) for member in value]

    def parse(self, value: Any) -> Order:
        """Return the order that a JSON value shows."""
        form = self._form
        unreadable: list[str] = []
        fields = value if isinstance(value, dict) else NO_FIELDS
        told = partial(_told, fields) if self._is_nested else fields.get
        order_id = self._name("order_id", told(form.order_id), self._exchange.parse_order_id, unreadable)
        word = told(form.state) if form.state_word is None else form.state_word(fields)
        if type(word) is self._state_type:
            state, venue_state, is_waiting = self._state(word)
        else:
            venue_state = shown_name(word, self._exchange.secrets, "(no state)")
            state, is_waiting = OrderState.UNKNOWN, None
            unreadable.append("state")
        return Order(
            self._exchange.name,
            order_id,
            self._name("symbol", told(form.symbol), self._symbol, unreadable),
            state,
            venue_state,
            None if (side := told(form.side)) is None else self._side(side, unreadable),
            self._amount(fields, self._quantity, is_signed=form.sign_tells_side),
            self._executed(fields) if self._filled is None else self._amount(fields, self._filled),
            self._amount(fields, self._price),
            self._client_order_id(told, order_id, unreadable),
            self._created_at(fields, unreadable),
            frozenset(unreadable) if unreadable else NOTHING_UNREADABLE,
            self._time(fields, form.changed_at)[0] if state.is_terminal else None,
            self._kind(kind) if form.kind is not None and type(kind := told(form.kind)) is str else None,
            # A 0 stands for no stop price.
            None if self._stop_price is None else self._amount(fields, self._stop_price) or None,
            is_waiting,
        )

    def _name(self, attribute: str, value: Any, check: Callable[[str], str], unreadable: list[str]) -> str:
        try:
            return check(self._without_secret(text_of(value)))
        except (InvalidOrderRequest, ValueError):
            unreadable.append(attribute)
            if attribute == "order_id":
                return shown_name(value, self._exchange.secrets, "(no id)")
            return shown_name(value, self._exchange.secrets, "") if isinstance(value, str) else ""

    def _without_secret(self, text: str) -> str:
        """Return a text as it is; raise ``ValueError`` if it holds a secret, which nobody shall read then."""
        if holds_secret(text, self._exchange.secrets):
            raise ValueError
        return text

    def _amount(self, fields: dict[str, Any], path: list[str], *, is_signed: bool = False) -> Decimal | None:
        value = _at(fields, path)
        is_secret = type(value) is str and holds_secret(value, self._exchange.secrets)
        return None if is_secret else amount(value, is_signed=is_signed)

    def _executed(self, fields: dict[str, Any]) -> Decimal | None:
        """Return the executed amount of an order that tells only what is left."""
        if self._left is None:
            return None
        is_signed = self._form.sign_tells_side
        ordered = self._amount(fields, self._quantity, is_signed=is_signed)
        left = self._amount(fields, self._left, is_signed=is_signed)
        return None if ordered is None or left is None or left > ordered else ordered - left

    def _side(self, value: Any, unreadable: list[str]) -> Side | None:
        if self._form.sign_tells_side:
            return _side_by_sign(value, unreadable)
        side = None
        if type(value) is str:
            side = SIDES.get(lower(value)) if self._form.sides is None else self._form.sides.get(value)
        if side is None:
            unreadable.append("side")
        return side

    def _state_of(self, word: Any) -> tuple[OrderState, str, bool | None]:
        form, secrets = self._form, self._exchange.secrets
        spelt = word if form.state_spelling is None else form.state_spelling(word)
        state = form.states.get(spelt, OrderState.UNKNOWN)
        if state is not OrderState.UNKNOWN and isinstance(word, str):
            shown = word  # a long one would be taken for something secret
        else:
            shown = shown_text(word, secrets) if isinstance(word, str) else shown_name(word, secrets, "")
        return state, shown, spelt in form.waiting if form.waiting and state is OrderState.OPEN else None

    def _kind_of(self, word: str) -> str | None:
        return shown_text(word, self._exchange.secrets, LONGEST_KIND) or None

    def _client_order_id(self, told: Callable[[str], Any], order_id: str, unreadable: list[str]) -> str | None:
        if self._form.client_order_id is None:
            return None
        value = told(self._form.client_order_id)
        if value is None or value == "":
            return None
        try:
            text = comparable(self._without_secret(text_of(value)))
        except ValueError:
            unreadable.append("client_order_id")
            return None
        if not text.startswith(self._form.client_ids_start):
            return None
        return None if self._form.repeats_id and text == order_id else text

    def _created_at(self, fields: dict[str, Any], unreadable: list[str]) -> datetime | None:
        told, is_readable = self._time(fields, self._form.created_at)
        if not is_readable:
            unreadable.append("created_at")
        return told

    def _time(self, fields: dict[str, Any], names: tuple[str, ...]) -> tuple[datetime | None, bool]:
        """Return the first time that some fields tell, and whether none is told because one cannot be read."""
        is_readable = True
        for name in names:
            value = fields.get(name)
            if value is None or value == "":
                continue
            try:
                told = time_of(value, self._now() + AHEAD)
            except (ValueError, ArithmeticError):
                is_readable = False
                continue
            if told is not None:
                return told, True
        return None, is_readable


def amount(value: Any, *, is_signed: bool = False) -> Decimal | None:
    """
    Return a non-negative amount; None for everything else, such as the -1 of a market order's price.

    :param is_signed: Whether the sign means something else, and is left out.
    """
    if type(value) not in AMOUNT_TYPES:
        return None
    if type(value) is str and value.endswith("0") and "." in value:
        value = value.rstrip("0").removesuffix(".")  # some venues write as many digits as the market has
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite() or (number < 0 and not is_signed) or abs(number.adjusted()) > LARGEST_EXPONENT:
        return None
    return abs(number) if is_signed else number


def time_of(value: Any, latest: float) -> datetime | None:
    """
    Return a time of a venue in UTC; None if it lies before 2015 or too far ahead, where it can mean no creation.

    :param value: An ISO 8601 text, which is in UTC when it has no offset, or a number or its digits: of seconds or
        thousandths, millionths or billionths of one since 1970, told apart by their range.
    :param latest: The latest time that is believed, in seconds since 1970.
    :raises ValueError: when it is none of these, or ``ArithmeticError``.
    """
    if type(value) is str:
        if not NUMBER.fullmatch(value):
            return _iso_time(value, latest)
        value = Decimal(value)
    elif type(value) is not int and type(value) is not Decimal:
        raise ValueError
    for unit in UNITS:
        if EARLIEST * unit <= value <= latest * unit:
            return datetime.fromtimestamp(float(value) / unit, UTC)
    return None


def _iso_time(text: str, latest: float) -> datetime | None:
    if len(text) < SHORTEST_TIME:
        raise ValueError
    told = datetime.fromisoformat(text)
    if told.tzinfo is not UTC:
        told = (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    return told if EARLIEST <= told.timestamp() <= latest else None


def _side_by_sign(value: Any, unreadable: list[str]) -> Side | None:
    size = amount(value, is_signed=True)
    if size is None:
        unreadable.append("side")
        return None
    return (Side.SELL if Decimal(value) < 0 else Side.BUY) if size else None


def _told(fields: dict[str, Any], path: str) -> Any:
    """Return the value of a field, which may be in a nested object."""
    return _at(fields, path.split("."))


def _at(fields: Any, path: list[str]) -> Any:
    """Return the value at the end of a path of field names; None when it leads nowhere."""
    for name in path:
        if type(fields) is not dict:
            return None
        fields = only_value(fields) if name == ANY_NAME else fields.get(name)
    return fields
