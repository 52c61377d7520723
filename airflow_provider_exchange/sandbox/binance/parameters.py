"""Reads the parameters of a request to Binance, and refuses those that are wrong, missing or too many."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.binance.errors import illegal, invalid, missing, refused
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from decimal import Decimal

WHOLE = "^[0-9]{1,20}$"
DECIMAL = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
CLIENT_ORDER_ID = "^[a-zA-Z0-9-_.:/]{1,36}$"
LARGEST_LONG = 2**63 - 1


class Parameters:
    """
    The parameters of one request.

    :param given: names and values, as sent.
    :param strict: whether names count as they are written, and none may be left unread; that is so of the spot API.
    :raises Refusal: one is given twice, or is empty.
    """

    def __init__(self, given: Iterable[tuple[str, str]], *, strict: bool) -> None:
        self._strict = strict
        self._values: dict[str, str] = {}
        self._read: set[str] = set()
        for name, value in given:
            if self._named(name) in self._values:
                raise refused(-1101, "Duplicate values for a parameter detected.")
            if value == "":
                raise refused(-1105, f"Parameter '{name}' was empty.")
            self._values[self._named(name)] = value

    def __contains__(self, name: str) -> bool:
        return self._named(name) in self._values

    def text(self, name: str, legal: str = "") -> str | None:
        """
        Return a parameter; ``None`` when it was not sent.

        :param legal: a regular expression that it must match; any text when empty.
        :raises Refusal: it does not match.
        """
        self._read.add(self._named(name))
        value = self._values.get(self._named(name))
        if value is not None and legal and not re.fullmatch(legal, value, re.ASCII):
            raise illegal(name, legal)
        return value

    def required(self, name: str, legal: str = "") -> str:
        """
        Return a parameter that the request must have.

        :raises Refusal: it is missing, or does not match.
        """
        value = self.text(name, legal)
        if value is None:
            raise missing(name)
        return value

    def one_of(self, name: str, allowed: Collection[str], code: int, message: str) -> str:
        """
        Return a parameter that the request must have, and that is one of a few words.

        :raises Refusal: it is missing; or, with this code and message, it is another word.
        """
        value = self.required(name)
        if value not in allowed:
            raise refused(code, message)
        return value

    def whole(self, name: str) -> int | None:
        """
        Return a parameter that is a number without a sign; ``None`` when it was not sent.

        :raises Refusal: it is something else.
        """
        value = self.text(name, WHOLE)
        if value is not None and int(value) > LARGEST_LONG:
            raise refused(-1108, f"Parameter '{name}' overflowed.")
        return None if value is None else int(value)

    def amount(self, name: str) -> Decimal:
        """
        Return a parameter that the request must have, and that is a positive decimal.

        :raises Refusal: it is missing, or something else.
        """
        read = positive(self.required(name, DECIMAL))
        if read is None:
            raise refused(-1013, f"Invalid {name}.")
        return read

    def limit(self, most: int, *, cut: bool) -> int:
        """
        Return the size of a page; 500 unless sent.

        :param cut: whether one above the maximum is taken as the maximum.
        :raises Refusal: it is above the maximum, or none.
        """
        size = self.whole("limit")
        if size is None:
            return min(500, most)
        if size == 0 or (size > most and not cut):
            raise invalid("limit")
        return min(size, most)

    def finish(self) -> None:
        """
        Take note that everything was read that this call knows.

        :raises Refusal: something else was sent, and the API is one that minds.
        """
        if self._strict and self._values.keys() - self._read:
            known, sent = len(self._values.keys() & self._read), len(self._values)
            message = f"Not all sent parameters were read; read '{known}' parameter(s) but was sent '{sent}'."
            raise refused(-1104, message)

    def _named(self, name: str) -> str:
        return name if self._strict else name.lower()
