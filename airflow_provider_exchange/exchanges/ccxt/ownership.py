"""Whether the key of a connection may act for the account that is read, where reads are not signed with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import AuthenticationError, OrderNotFoundError
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.exchanges.ccxt.profile import Owner
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Ownership"]

T = TypeVar("T")


class Ownership:
    """
    Proves once that an account is the key's own, or one that the key was given the right to act for.

    :param owner: How that is read; None where each read proves it, as it is signed.
    :param asking: Makes the call.
    :param client: Has the credentials.
    """

    def __init__(self, owner: Owner | None, asking: Asking, client: Client) -> None:
        self._owner = owner
        self._asking = asking
        self._client = client
        self._is_proved = owner is None
        self._denial: AuthenticationError | None = None

    def prove(self) -> Operation[None]:
        """
        Make sure of it.

        :raises AuthenticationError: when the exchange does not say so.
        """
        owner = self._owner
        if owner is None or self._is_proved:
            return

        def parse(data: Any) -> None:
            owner.check(self._client.ccxt, data)

        try:
            yield from ask(self._asking.call(owner.endpoint, dict(owner.params), parse))
        except AuthenticationError as error:
            self._denial = error
            raise
        self._is_proved = True
        self._denial = None

    def permit(self) -> None:
        """
        Let a cancel be sent unless the exchange has said that the account is not the key's.

        It is not asked here: a cancel is signed, so it reaches orders of the key's own account only, and one that
        is due does not wait for a read that brings no answer.

        :raises AuthenticationError: when it has said so.
        """
        if self._denial is not None:
            raise AuthenticationError(self._denial.message, code=self._denial.code)

    def of(self, operation: Operation[T]) -> Operation[T]:
        """Run an operation that reads, and return its result, or that there is no such order, once it is proved."""
        try:
            result = yield from operation
        except OrderNotFoundError:
            yield from self.prove()
            raise
        yield from self.prove()
        return result
