"""What may look on while a plan sends requests and reads answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Call

__all__ = ["Observer"]


class Observer:
    """
    Is told of every request of an operation and of what came of it; this one takes no note.

    It decides nothing. What it does comes between two steps of a plan, so it must neither fail nor take long.
    Requests may be under way at the same time, so each has a number.
    """

    def sent(self, call: Call[Any], request: Request) -> int:  # noqa: ARG002
        """
        Take note of a request that is about to leave; return a number for it.

        :param call: What is asked.
        :param request: As it leaves, with key and signature.
        """
        return 0

    def received(self, number: int, response: Response) -> None:
        """Take note of the answer to a request, before it is read."""

    def meant(self, number: int, end: object) -> None:
        """
        Take note of what an answer means.

        :param end: The result of the call; or the ``ExchangeError`` that the answer means, or for which it does not
            count.
        """

    def lost(self, number: int, error: ExchangeError) -> None:
        """Take note that no answer came."""
