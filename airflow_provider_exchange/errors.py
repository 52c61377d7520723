"""
The errors of this package, none of which depends on Airflow.

::

    ExchangeError
    ├── PermanentError                  a retry changes nothing
    │   ├── ConnectionConfigError
    │   ├── InvalidOrderRequest
    │   ├── RunTooLateError
    │   ├── AuthenticationError
    │   ├── PermissionDeniedError
    │   ├── RequestRefusedError
    │   ├── OrderFilledError
    │   ├── OrderRejectedError
    │   └── OrderStateError
    └── TransientError                  the outcome is unknown or may change
        ├── ClockSkewError
        ├── RateLimitedError
        ├── ExchangeUnavailableError
        │   └── NoResultError
        ├── UnreadableResponseError
        ├── OrderNotFoundError
        ├── OrdersStillOpenError
        │   └── UndecidedOrdersError
        └── SeveralAccountsError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_exchange.one_line import one_line, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_exchange.models.orders import Order, OrderRef
    from airflow_provider_exchange.models.reports import CancelReport

__all__ = [
    "AuthenticationError",
    "ClockSkewError",
    "ConnectionConfigError",
    "ExchangeError",
    "ExchangeUnavailableError",
    "InvalidOrderRequest",
    "NoResultError",
    "OrderFilledError",
    "OrderNotFoundError",
    "OrderRejectedError",
    "OrderStateError",
    "OrdersStillOpenError",
    "PermanentError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RequestRefusedError",
    "RunTooLateError",
    "SeveralAccountsError",
    "Stopped",
    "TransientError",
    "UndecidedOrdersError",
    "UnreadableResponseError",
    "load_error",
]

ORDERS_NAMED_IN_TEXT = 20
LONGEST_MESSAGE = 4000
LONGEST_CODE = 200


class ExchangeError(Exception):
    """
    The base class of this package's errors.

    :param message: What happened and what to do; never contains a key, a secret or a signature.
    :param exchange: The venue, such as ``"nami"``.
    :param code: The venue's own error code or name, as text.
    :param request_id: The venue's id of the failed request, for its support desk.
    :param orders: The orders concerned, in their last known state.
    """

    retryable: ClassVar[bool] = False
    report: CancelReport | None = None
    """What is known of every order, if the error ended a cancel."""

    def __init__(
        self,
        message: str,
        *,
        exchange: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        orders: Iterable[OrderRef] = (),
    ) -> None:
        # An adapter of a library's may pass on what the library says, which may be what the venue says.
        self.message = one_line(message)[:LONGEST_MESSAGE]
        super().__init__(self.message)
        self.exchange = exchange
        self.code = None if code is None else one_line(code)[:LONGEST_CODE]
        self.request_id = None if request_id is None else one_line(request_id)[:LONGEST_CODE]
        self.orders = tuple(orders)
        self.shown: tuple[Order, ...] = ()
        """Orders that other parts of a list have shown, where a read of it failed; not kept in copies."""

    def __str__(self) -> str:
        parts = [f"{self.exchange}: {self.message}" if self.exchange else self.message]
        marks = [
            f"{name} {value}"
            for name, value in (("code", self.code), ("request id", self.request_id))
            if value is not None
        ]
        if marks:
            parts.append(f"({', '.join(marks)})")
        text = " ".join(parts)
        return sentences(text, f"Orders: {name_orders(self.orders)}.") if self.orders else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self._context()), {"report": self.report}

    def concerning(self, orders: Iterable[OrderRef]) -> ExchangeError:
        """Return the same error with these orders instead of those named so far."""
        error = _rebuild(type(self), self.message, {**self._context(), "orders": tuple(orders)})
        error.report = self.report
        return error

    def saying(self, *texts: str) -> ExchangeError:
        """Return the same error, whose message goes on with these sentences."""
        error = _rebuild(type(self), sentences(self.message, *texts), self._context())
        error.report = self.report
        return error

    def summary(self) -> dict[str, Any]:
        """Return the error as JSON for a report, which has the orders in full."""
        return {
            "type": type(self).__name__,
            "message": self.message,
            "code": self.code,
            "request_id": self.request_id,
            "retryable": self.retryable,
        }

    def dump(self) -> dict[str, Any]:
        """Return the error as JSON for a trigger event; :func:`load_error` reads it back."""
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
    """A retry changes nothing: a person has to fix something, or the order has already ended."""


class TransientError(ExchangeError):
    """The outcome is unknown or may change: a retry may help."""

    retryable = True


class ConnectionConfigError(PermanentError):
    """The Airflow connection cannot be used; nothing was sent."""


class InvalidOrderRequest(PermanentError):  # noqa: N818
    """
    The arguments do not say which orders to cancel or read.

    Most are refused before anything is sent. But a symbol that names no market of the venue is found out after
    everything else has been cancelled, and ``max_orders`` may be exceeded while a sweep runs.
    """


class RunTooLateError(PermanentError):
    """A scheduled run started later than ``max_lateness`` allows; nothing was sent."""


class AuthenticationError(PermanentError):
    """The venue does not accept the key or the signature."""


class PermissionDeniedError(PermanentError):
    """The venue knows the key, but the key lacks the permission."""


class RequestRefusedError(PermanentError):
    """The venue understood the request and refuses it, for instance because of a parameter."""


class OrderFilledError(PermanentError):
    """The order was filled before it could be cancelled."""


class OrderRejectedError(PermanentError):
    """The venue rejected the order when it was placed; it was never live."""


class OrderStateError(PermanentError):
    """The order ended in a state other than the one that was waited for."""


class ClockSkewError(TransientError):
    """The venue refuses the request's timestamp or nonce."""


class RateLimitedError(TransientError):
    """
    The venue refuses the request because too many were sent.

    :param retry_after: Seconds that the venue asks to wait; None when it does not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after

    def _context(self) -> dict[str, Any]:
        return {**super()._context(), "retry_after": self.retry_after}


class ExchangeUnavailableError(TransientError):
    """No usable response: a timeout, a dropped connection, a 5xx. The venue may have acted on the request."""


class NoResultError(ExchangeUnavailableError):
    """The time was up before there was a result, and no request had failed."""


class UnreadableResponseError(TransientError):
    """The response is not in a documented form. The venue may have acted on the request."""


class OrderNotFoundError(TransientError):
    """The venue does not know the order: it may be too new to be readable, or it never existed."""


class OrdersStillOpenError(TransientError):
    """The deadline passed before these orders were confirmed gone; ``orders`` names every one of them."""


class UndecidedOrdersError(OrdersStillOpenError):
    """
    Open orders may be of the selection, which the venue does not show in a form that can be read.

    Every other order of the selection is gone. ``orders`` names them by what the venue shows.
    """

    @classmethod
    def of(cls, orders: Sequence[Order], exchange: str) -> UndecidedOrdersError:
        """
        Return the error for some orders.

        :param orders: The orders as the venue shows them, at least one.
        :param exchange: The venue.
        """
        unreadable = sorted({name for order in orders for name in order.unreadable})
        hidden = " and ".join(unreadable) if unreadable else "all that the selection asks for"
        count, them = ("1 open order", "it") if len(orders) == 1 else (f"{len(orders)} open orders", "them")
        return cls(
            f"{count} of the account may be selected, too, but the venue does not show {hidden} in a form that can "
            f"be read, so no cancel was sent for {them}. Check {them} at the exchange",
            exchange=exchange,
            orders=[order.ref for order in orders],
        )


class SeveralAccountsError(TransientError):
    """
    Of several accounts that were swept at once, not all are proved flat.

    :param reports: The reports of those that are, by connection id.
    :param errors: Why each of the others is not, by connection id. An ``ExchangeError`` among them names the orders
        of its account that may still be open; ``orders`` holds those of all accounts.
    """

    def __init__(
        self,
        message: str,
        *,
        reports: Mapping[str, CancelReport] | None = None,
        errors: Mapping[str, Exception] | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.reports = dict(reports or {})
        self.errors = dict(errors or {})

    def __str__(self) -> str:
        """Return the message alone, in which each order stands beside its account."""
        return self.message

    def dump(self) -> dict[str, Any]:
        """Return the error as JSON, without reports and errors."""
        return {name: value for name, value in super().dump().items() if name not in ("reports", "errors")}

    def _context(self) -> dict[str, Any]:
        return {**super()._context(), "reports": self.reports, "errors": self.errors}


class Stopped(Exception):  # noqa: N818  (not an error of the exchange)
    """The run was stopped from outside, for instance by ``on_kill``; nothing more is sent."""


def foreign_summary(error: BaseException) -> dict[str, Any]:
    """
    Return an error that is none of this package's in the form of :meth:`ExchangeError.summary`.

    Nobody has looked at its text, which may hold anything, so it is left out.
    """
    return {
        "type": type(error).__name__,
        "message": "an error that this package did not expect; the log tells more",
        "code": None,
        "request_id": None,
        "retryable": True,
    }


def name_orders(orders: Iterable[OrderRef], most: int = ORDERS_NAMED_IN_TEXT) -> str:
    """Return orders as one line of text; those beyond ``most`` are only counted."""
    named = [str(order) for order in orders]
    shown = ", ".join(named[:most])
    rest = len(named) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def load_error(dumped: Mapping[str, Any]) -> ExchangeError:
    """
    Return the error that :meth:`ExchangeError.dump` wrote.

    :raises LookupError, TypeError, ValueError: for anything else.
    """
    from airflow_provider_exchange.models.orders import OrderRef

    context = dict(dumped)
    kind = _KINDS[context.pop("type")]
    message = context.pop("message")
    named = [dict(order) for order in context.pop("orders")]
    texts = [message, *context.values(), *(text for order in named for text in order.values())]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise TypeError("an error holds texts")
    return _rebuild(kind, message, {**context, "orders": tuple(OrderRef(**order) for order in named)})


def _rebuild(kind: type[ExchangeError], message: str, context: Mapping[str, Any]) -> ExchangeError:
    return kind(message, **context)


_KINDS: dict[str, type[ExchangeError]] = {
    kind.__name__: kind
    for kind in globals().copy().values()
    if isinstance(kind, type) and issubclass(kind, ExchangeError)
}
