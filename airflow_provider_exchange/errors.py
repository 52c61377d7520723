"""
What can go wrong with an order, as exceptions. Free of Airflow.

::

    ExchangeError
    ├── PermanentError                  trying again changes nothing
    │   ├── ConnectionConfigError       the Airflow connection cannot be used; nothing was sent
    │   ├── InvalidOrderRequest         the arguments name no order we may cancel; refused before sending
    │   ├── AuthenticationError         the venue does not accept the key or the signature
    │   ├── PermissionDeniedError       the key may not do this
    │   ├── RequestRefusedError         the venue understood the request and refuses it
    │   ├── OrderFilledError            the order was filled and can no longer be cancelled
    │   ├── OrderRejectedError          the venue had rejected the order
    │   └── OrderStateError             the order ended in another state than was waited for
    └── TransientError                  the outcome is unknown or may change
        ├── ClockSkewError              the venue refuses our time or nonce
        ├── RateLimitedError            too many requests; ``retry_after`` seconds when the venue says so
        ├── ExchangeUnavailableError    no answer, a dropped connection, a 5xx
        ├── UnreadableResponseError     an answer that is not what the venue documents
        ├── OrderNotFoundError          a direct read does not know the order
        └── OrdersStillOpenError        orders were not proved gone in time
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.models import OrderRef

__all__ = [
    "AuthenticationError",
    "ClockSkewError",
    "ConnectionConfigError",
    "ExchangeError",
    "ExchangeUnavailableError",
    "InvalidOrderRequest",
    "OrderFilledError",
    "OrderNotFoundError",
    "OrderRejectedError",
    "OrderStateError",
    "OrdersStillOpenError",
    "PermanentError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RequestRefusedError",
    "Stopped",
    "TransientError",
    "UnreadableResponseError",
    "load_error",
]

ORDERS_NAMED_IN_TEXT = 20


class ExchangeError(Exception):
    """
    Anything this package refuses, or an exchange refuses to it.

    :param message: What happened and what to do; never holds a key, a secret or a signature.
    :param exchange: The venue, such as ``"nami"``.
    :param code: The venue's own error code or name, as text.
    :param request_id: The venue's id of the failed request, for its support desk.
    :param orders: The orders concerned, in their last known state.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        exchange: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        orders: Iterable[OrderRef] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exchange = exchange
        self.code = code
        self.request_id = request_id
        self.orders = tuple(orders)

    def __str__(self) -> str:
        parts = [f"{self.exchange}: {self.message}" if self.exchange else self.message]
        marks = [
            f"{name} {value}"
            for name, value in (("code", self.code), ("request id", self.request_id))
            if value is not None
        ]
        if marks:
            parts.append(f"({', '.join(marks)})")
        if self.orders:
            parts.append(f"Orders: {name_orders(self.orders)}.")
        return " ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self._context())

    def concerning(self, orders: Iterable[OrderRef]) -> ExchangeError:
        """
        Return the same error, naming the orders that it leaves unproved.

        :param orders: The orders to name instead of those named so far.
        """
        return _rebuild(type(self), self.message, {**self._context(), "orders": tuple(orders)})

    def dump(self) -> dict[str, Any]:
        """Return the error as JSON, for the event of a trigger; see :func:`load_error`."""
        context = {name: value for name, value in self._context().items() if name != "orders"}
        orders = [ref.name() for ref in self.orders]
        return {"type": type(self).__name__, "message": self.message, "orders": orders, **context}

    def _context(self) -> dict[str, Any]:
        return {
            "exchange": self.exchange,
            "code": self.code,
            "request_id": self.request_id,
            "orders": self.orders,
        }


class PermanentError(ExchangeError):
    """Trying again changes nothing: a person has to mend something, or the order has come to its end."""


class TransientError(ExchangeError):
    """The outcome is unknown or may change: trying again may help."""

    retryable = True


class ConnectionConfigError(PermanentError):
    """The Airflow connection cannot be used as it is; nothing was sent."""


class InvalidOrderRequest(PermanentError):  # noqa: N818  (the contract's name)
    """The arguments do not name orders that may be cancelled; refused before anything was sent."""


class AuthenticationError(PermanentError):
    """The venue does not accept the key or the signature."""


class PermissionDeniedError(PermanentError):
    """The venue knows the key, but it may not do this."""


class RequestRefusedError(PermanentError):
    """The venue understood the request and refuses it, for instance for its parameters."""


class OrderFilledError(PermanentError):
    """The order was filled, before the cancel or meanwhile; there is nothing left to cancel."""


class OrderRejectedError(PermanentError):
    """The venue had rejected the order; it was never live."""


class OrderStateError(PermanentError):
    """The order has ended in a state other than the one that was waited for."""


class ClockSkewError(TransientError):
    """The venue refuses the request's time or nonce."""


class RateLimitedError(TransientError):
    """
    The venue refuses the request for coming too often.

    :param retry_after: Seconds after which the venue says to try again; None when it does not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after

    def _context(self) -> dict[str, Any]:
        return {**super()._context(), "retry_after": self.retry_after}


class ExchangeUnavailableError(TransientError):
    """No usable answer: a time-out, a dropped connection, a 5xx. What was asked may have happened."""


class UnreadableResponseError(TransientError):
    """An answer that is not what the venue documents. What was asked may have happened."""


class OrderNotFoundError(TransientError):
    """The venue does not know the order. It may not be readable yet, or never have existed."""


class OrdersStillOpenError(TransientError):
    """At the deadline these orders were not proved gone; ``orders`` names every one of them."""


class Stopped(Exception):  # noqa: N818  (no error: whoever ran the operation asked for it)
    """Raised out of a run that was stopped from outside; nothing is sent any more."""


def name_orders(orders: Iterable[OrderRef], most: int = ORDERS_NAMED_IN_TEXT) -> str:
    """
    Name orders in one line.

    :param orders: What to name; each shows its symbol and its last known state where known.
    :param most: How many to name in full.
    """
    named = [str(order) for order in orders]
    shown = ", ".join(named[:most])
    rest = len(named) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def load_error(dumped: Mapping[str, Any]) -> ExchangeError:
    """
    Return the error that :meth:`ExchangeError.dump` put down.

    :param dumped: What it returned.
    """
    from airflow_provider_exchange.models import OrderRef

    context = dict(dumped)
    kind = _KINDS[context.pop("type")]
    message = context.pop("message")
    orders = tuple(OrderRef(**order) for order in context.pop("orders"))
    return _rebuild(kind, message, {**context, "orders": orders})


def _rebuild(kind: type[ExchangeError], message: str, context: Mapping[str, Any]) -> ExchangeError:
    return kind(message, **context)


_KINDS: dict[str, type[ExchangeError]] = {
    kind.__name__: kind
    for kind in globals().copy().values()
    if isinstance(kind, type) and issubclass(kind, ExchangeError)
}
