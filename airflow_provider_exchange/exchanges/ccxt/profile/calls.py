"""Calls of an exchange, and the failures that its answers tell of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Endpoint", "Failure", "Named", "Params"]

Params = dict[str, Any] | list[Any]
"""The parameters of a request; some exchanges take a list."""
Named = tuple[str, str]
"""An order as the exchange names it: its id, and that of its market."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    One call of the exchange.

    :param name: ccxt's method for it, such as ``privateGetOpenOrders``.
    :param limit: The rate limit that it counts against beside the total, of :attr:`Profile.limits`.
    :param weight: How much it counts.
    :param changes: Whether it changes anything. That does not follow from the HTTP method.
    :param complete: Takes ccxt's object of the account, the parameters, and the exchange's time in ms, and returns
        what is sent. It is for exchanges of which ccxt signs in other methods than ``sign``, or where a read has to
        name the account. None to send the parameters as they are.
    """

    name: str
    limit: str = "total"
    weight: int = 1
    changes: bool = False
    complete: Callable[[Any, Params, int], Params] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """
    What an answer in the exchange's documented form says of a failure.

    :param code: The exchange's code.
    :param text: Its words.
    """

    code: str
    text: Any = ""
