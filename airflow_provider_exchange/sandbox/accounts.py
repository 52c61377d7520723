"""
The paper accounts: one per venue, with fixed credentials that only the paper exchange accepts.

They are public, each in its venue's folder, so that a rehearsal needs no secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.sandbox.venue import Account, AnyVenue


class Accounts:
    """
    The accounts of a paper exchange: ``Accounts()["nami"]`` is Nami's.

    :param venues: the venues, each with its public account.
    :param accounts: accounts that replace the public ones, by venue.
    :raises TypeError: an account for an unknown venue.
    """

    def __init__(self, venues: Iterable[type[AnyVenue]] = VENUES, /, **accounts: Account) -> None:
        kinds = list(venues)
        published = {kind.name: kind.account for kind in kinds}
        if unknown := accounts.keys() - published.keys():
            raise TypeError(f"no such venue: {', '.join(sorted(unknown))}")
        self._accounts = {**published, **accounts}
        self._types = {kind.name: kind.conn_type or kind.name for kind in kinds}

    def __getitem__(self, venue: str) -> Any:
        return self._accounts[venue]

    def connection(self, venue: str, base_url: str) -> dict[str, Any]:
        """
        Return the fields of an Airflow connection to this venue's paper account.

        :param venue: the venue's name.
        :param base_url: where the paper exchange listens.
        :return: ``conn_type``, ``host``, ``login``, ``password``, and ``extra`` (a dict) if the account needs one.
        :raises KeyError: no such venue.
        """
        fields = self._accounts[venue].connection_fields()
        # Airflow writes every other dict as JSON, but hands an empty one to the database, which has no such type.
        return {
            "conn_type": self._types[venue],
            "host": base_url,
            **{name: value for name, value in fields.items() if value != {}},
        }
