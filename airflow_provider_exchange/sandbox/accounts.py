"""
The paper accounts: one a venue, with fixed credentials that open nothing but the paper exchange.

They are published here on purpose, so that a rehearsal needs no secret. Of the Loopring account the
exchange holds the public key alone, as the real one does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PAPER_LOOPRING_PRIVATE_KEY = "0x2f1c7a0b6de95384c1a2b3948576fe0d1c2b3a495867f0e1d2c3b4a5968770"
"""The EdDSA key a client of the paper Loopring account signs with. Worthless anywhere else."""

PAPER_LOOPRING_PUBLIC_KEY = (
    21503899089848189220592774169874129032577993467923956937125668456822619818936,
    21345749314600458501909273966245926389810836907823644683463544093909459232761,
)


@dataclass(frozen=True)
class HmacAccount:
    """
    An account whose requests carry an HMAC.

    :param key: the API key.
    :param secret: the API secret.
    :param identity: the owner's e-mail address (BitoPro).
    :param may_trade: ``False`` for a key that may read only.
    """

    key: str
    secret: str = field(repr=False)
    identity: str = ""
    may_trade: bool = True


@dataclass(frozen=True)
class LoopringAccount:
    """
    A Loopring account as the exchange knows it.

    :param key: the API key.
    :param account_id: the account's number.
    :param public_key: the point (x, y) its signatures verify against.
    :param private_key: only so that :meth:`Accounts.connection` can hand it to a client; never used here.
    """

    key: str
    account_id: int
    public_key: tuple[int, int]
    private_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Accounts:
    """The three accounts a paper exchange knows. Replace any to rehearse with other credentials."""

    nami: HmacAccount = HmacAccount("paper-nami-key", "paper-nami-secret")
    bitopro: HmacAccount = HmacAccount("paper-bitopro-key", "paper-bitopro-secret", "paper@example.com")
    loopring: LoopringAccount = LoopringAccount(
        "paper-loopring-key", 10010, PAPER_LOOPRING_PUBLIC_KEY, PAPER_LOOPRING_PRIVATE_KEY
    )

    def connection(self, venue: str, base_url: str) -> dict[str, Any]:
        """
        What an Airflow connection to this venue's paper account is made of.

        :param venue: ``nami``, ``bitopro`` or ``loopring``.
        :param base_url: where the paper exchange listens.
        :return: ``conn_type``, ``host``, ``login``, ``password`` and ``extra`` (a dict).
        """
        made: dict[str, tuple[str, str, dict[str, Any]]] = {
            "nami": (self.nami.key, self.nami.secret, {}),
            "bitopro": (self.bitopro.key, self.bitopro.secret, {"identity": self.bitopro.identity}),
            "loopring": (
                self.loopring.key,
                self.loopring.private_key,
                {"account_id": self.loopring.account_id},
            ),
        }
        login, password, extra = made[venue]
        return {"conn_type": venue, "host": base_url, "login": login, "password": password, "extra": extra}
