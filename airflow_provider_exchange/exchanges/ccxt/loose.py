"""
Requests that ccxt makes up by itself, at an exchange that no profile describes.

Which answers mean a failure is decided by ccxt, from its tables of the exchange's codes. The request that names the
order is the cancel. What else is not known to be a read is never signed, neither on the way to a cancel nor to a
read: some of ccxt's classes would sign approvals of fees to ccxt's own address first, one of them even before it
reads the markets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.calls import TOO_MANY
from airflow_provider_exchange.exchanges.ccxt.client import Wanted, library
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.protocol.steps import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.protocol.messages import Request, Response

__all__ = [
    "LooseCall",
    "cancelling",
    "explained",
    "explained_in_vain",
    "is_of_a_balance",
    "is_public",
    "names",
    "reading",
]

OK = 200
LONGEST_PLAIN = 40
"""Characters of a parameter; what is longer may be a signature."""
BALANCE = re.compile(r"(?<![a-z])(balances?|BalanceEx|wallets|GetAccounts|getInfo|get_account_info|user_info)/?\Z")
"""How the paths end at which the exchanges that read by POST tell balances."""

MEANINGS: tuple[tuple[str, type[ExchangeError], str], ...] = (
    ("OrderNotFound", OrderNotFoundError, "the venue knows no such order"),
    ("BadSymbol", RequestRefusedError, "the venue lists no such market"),
    ("PermissionDenied", PermissionDeniedError, "the key may not do this; grant it the right to trade"),
    ("AuthenticationError", AuthenticationError, "the venue does not accept the key or the signature"),
    ("InvalidNonce", ClockSkewError, "the venue refuses the time or nonce of the request"),
    ("DDoSProtection", RateLimitedError, "too many requests"),
    ("RateLimitExceeded", RateLimitedError, "too many requests"),
    ("BadResponse", UnreadableResponseError, "the venue's answer cannot be read"),
    ("OperationFailed", ExchangeUnavailableError, "the venue is not available"),
    ("BadRequest", RequestRefusedError, "the venue refuses the parameters"),
    ("InvalidOrder", RequestRefusedError, "the venue cannot do this with the order as it is"),
    ("NotSupported", RequestRefusedError, "ccxt cannot do this at this exchange"),
    ("ArgumentsRequired", RequestRefusedError, "ccxt wants an argument more at this exchange"),
)
"""What ccxt's exceptions mean, the first that fits. Their texts hold URLs and signatures and go no further."""


def explained(error: Exception) -> ExchangeError:
    """Return the error of ours that one of ccxt's means."""
    for theirs, ours, meaning in MEANINGS:
        kind = getattr(library(), theirs, None)
        if kind is not None and isinstance(error, kind):
            return ours(meaning, code=type(error).__name__)
    return UnreadableResponseError(f"ccxt failed with a {type(error).__name__}")


def explained_in_vain(error: Exception) -> ExchangeError:
    """
    Return the error of ours that one means which ccxt raised over an answer that was none to the exchange.

    That an answer has no such order is no word of the exchange's that there is none: it may as well be cut short.
    """
    found = explained(error)
    if isinstance(found, OrderNotFoundError):
        return UnreadableResponseError("the answer does not show the order, and does not say that there is none")
    return found


@dataclass(frozen=True, slots=True, repr=False)
class LooseCall(Call[Any]):
    """
    A request that ccxt wants to make.

    :param client: Signs it.
    :param wanted: What ccxt wants to send.
    """

    client: Client
    wanted: Wanted

    def begin(self, timestamp: int) -> Request:
        """Let ccxt sign it; see :meth:`Call.begin`."""
        return self.client.sign(self.wanted, timestamp).request

    def finish(self, response: Response) -> Any:
        """Return what ccxt's coroutine is to be resumed with: the decoded answer."""
        text = response.body.decode(errors="replace")
        try:
            decode_json(response.body)
            decoded = json.loads(text)
        except (ValueError, UnreadableResponseError, RecursionError):
            decoded = None
        failure = self.client.failure(self.wanted, response.status, dict(response.headers), text, decoded)
        if response.status in TOO_MANY:
            raise RateLimitedError("too many requests", code=str(response.status))
        if failure is not None and decoded is not None:
            raise explained(failure)
        if response.status != OK:
            raise ExchangeUnavailableError(f"HTTP {response.status} without known words", code=str(response.status))
        if decoded is None:
            raise UnreadableResponseError("the response is not JSON")
        return decoded

    def unsigned(self) -> Any:
        """
        Return the parameters that are short and plain; see :meth:`Call.unsigned`.

        Some of ccxt's classes sign before they hand the request over, and have put the signature among them.
        """
        params = self.wanted.params
        if not isinstance(params, Mapping):
            return {}
        return {
            str(name): value
            for name, value in params.items()
            if type(value) in (str, int) and len(str(value)) <= LONGEST_PLAIN
        }


def names(order_id: str) -> Callable[[Wanted], bool]:
    """Return whether a request names an order."""
    return lambda wanted: order_id in set(_texts_in(wanted.params))


def is_public(wanted: Wanted) -> bool:
    """Whether a request goes to an API for which ccxt uses no key."""
    apis = [wanted.api] if isinstance(wanted.api, str) else wanted.api
    return any(str(api).startswith("public") for api in apis)


def is_of_a_balance(wanted: Wanted) -> bool:
    """Whether a request asks for the balance by its path, or uses no key."""
    return is_public(wanted) or BALANCE.search(wanted.path) is not None


def reading(client: Client, wanted: Any, is_read: Callable[[Wanted], bool]) -> Call[Any]:
    """
    Return the call of a read.

    :param is_read: Whether a request that is no GET is a read all the same.
    :raises PermanentError: when it may be none; nothing of it was signed.
    """
    request = _checked(wanted)
    if request.method != "GET" and not is_read(request):
        raise PermanentError(
            f"to read, ccxt wants to send {request.method} {request.path}, which may change something; "
            "it was neither signed nor sent"
        )
    return LooseCall(client, request, endpoint="total")


def cancelling(client: Client, wanted: Any, order_id: str) -> Call[Any]:
    """
    Return a call on the way to the cancel of an order.

    :raises PermanentError: when it is neither a read nor names the order; nothing of it was signed.
    """
    request = _checked(wanted)
    names_it = names(order_id)(request)
    if not (names_it or request.method == "GET" or is_public(request)):
        raise PermanentError(
            f"to cancel an order, ccxt wants to send {request.method} {request.path}, which does not name it; "
            "it was neither signed nor sent"
        )
    return LooseCall(client, request, endpoint="cancel" if names_it else "total", mutating=names_it)


def _checked(wanted: Any) -> Wanted:
    if not isinstance(wanted, Wanted):
        raise PermanentError(f"ccxt awaits a {type(wanted).__name__} and not an answer of the exchange")
    return wanted


def _texts_in(value: Any) -> list[str]:
    """Return every text and whole number in some parameters, however deep."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts_in(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts_in(each)]
    return [str(value)] if isinstance(value, str | int) else []
