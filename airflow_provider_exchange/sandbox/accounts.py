"""
The paper accounts: one a venue, with fixed credentials that open nothing but the paper exchange.

They are published, each in its venue's folder, so that a rehearsal needs no secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.sandbox.venue import Account, AnyVenue


class Accounts:
    """
    The accounts that a paper exchange knows: ``Accounts()["nami"]`` is Nami's.

    :param venues: the venues, each with its published account.
    :param accounts: by venue, accounts that take the place of the published ones.
    :raises TypeError: an account for a venue that there is not.
    """

    def __init__(self, venues: Iterable[type[AnyVenue]] = VENUES, /, **accounts: Account) -> None:
        published = {venue.name: venue.account for venue in venues}
        if unknown := accounts.keys() - published.keys():
            raise TypeError(f"no such venue: {', '.join(sorted(unknown))}")
        self._accounts = {**published, **accounts}

    def __getitem__(self, venue: str) -> Any:
        return self._accounts[venue]

    def connection(self, venue: str, base_url: str) -> dict[str, Any]:
        """
        What an Airflow connection to this venue's paper account is made of.

        :param venue: the venue's name, which is the connection type.
        :param base_url: where the paper exchange listens.
        :return: ``conn_type``, ``host``, ``login``, ``password`` and ``extra`` (a dict).
        :raises KeyError: no such venue.
        """
        return {"conn_type": venue, "host": base_url, **self._accounts[venue].connection_fields()}
