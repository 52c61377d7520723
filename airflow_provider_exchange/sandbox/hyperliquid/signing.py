"""Checks the signature and the nonce of an action, from the bytes received."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.hyperliquid.answers import malformed, refusal
from airflow_provider_exchange.sandbox.hyperliquid.keccak import keccak_256
from airflow_provider_exchange.sandbox.hyperliquid.packing import packed
from airflow_provider_exchange.sandbox.hyperliquid.recovery import signer

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

MAINNET = b"a"
"""What stands for the main network in that which is signed; on the test network it is ``b``."""
DOMAIN = keccak_256(
    keccak_256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    + keccak_256(b"Exchange")
    + keccak_256(b"1")
    + (1337).to_bytes(32, "big")
    + bytes(32)
)
AGENT = keccak_256(b"Agent(string source,bytes32 connectionId)")
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_HEX = re.compile("0x[0-9a-fA-F]{1,64}")
KEPT = 100
"""How many of the highest nonces of a signer are kept."""
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Action:
    """
    What was posted to change something.

    :param asked: the action itself.
    :param signer: whose key signed it; ``None`` for a signature that no key can have made.
    """

    asked: dict[str, Any]
    nonce: int
    signer: str | None
    vault: str | None


def read(request: ReceivedRequest) -> Action:
    """
    Return the action of a request, and who signed it.

    :raises Refusal: a body in another form.
    """
    body = body_of(request)
    action, nonce, signature = body.get("action"), body.get("nonce"), body.get("signature")
    vault, expires = body.get("vaultAddress"), body.get("expiresAfter")
    if not isinstance(action, dict) or type(nonce) is not int or not isinstance(signature, dict):
        raise malformed()
    r, s, v = (signature.get(name) for name in "rsv")
    if not all(isinstance(part, str) and _HEX.fullmatch(part) for part in (r, s)) or type(v) is not int:
        raise malformed()
    if not (vault is None or (isinstance(vault, str) and ADDRESS.fullmatch(vault))):
        raise malformed()
    if not _is_number(nonce) or not (expires is None or _is_number(expires)):
        raise malformed()
    try:
        digest = digest_of(action, nonce, vault, expires)
    except ValueError:
        raise malformed() from None
    return Action(action, nonce, signer(digest, int(str(r), 16), int(str(s), 16), v), vault)


def body_of(request: ReceivedRequest) -> dict[str, Any]:
    """
    Return the JSON object that was posted.

    :raises Refusal: the body is none.
    """
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(body, dict):
        raise malformed()
    return body


def digest_of(action: Any, nonce: int, vault: str | None = None, expires: int | None = None) -> bytes:
    """
    Return the hash that is signed: that of an agent of the network, whose id is the hash of the action.

    :param vault: the address for which the action is, if not the signer's own account.
    :param expires: the time after which it must not be processed, in ms since the epoch.
    :raises ValueError: an action that cannot be packed.
    """
    content = packed(action) + nonce.to_bytes(8, "big")
    content += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])
    content += b"" if expires is None else b"\x00" + expires.to_bytes(8, "big")
    agent = keccak_256(AGENT + keccak_256(MAINNET) + keccak_256(content))
    return keccak_256(b"\x19\x01" + DOMAIN + agent)


class Nonces:
    """The highest nonces of one signer: each is used once, and may come in any order."""

    def __init__(self) -> None:
        self._used: set[int] = set()

    def take(self, nonce: int, now_ms: int) -> None:
        """
        Use a nonce.

        :raises Refusal: it was used, is below all that are kept, or is days off the venue's clock.
        """
        if nonce in self._used:
            raise refusal(f"Invalid nonce: duplicate nonce {nonce}")
        if not now_ms - 2 * DAY_MS < nonce < now_ms + DAY_MS:
            raise refusal(f"Invalid nonce: {nonce} is not near {now_ms}")
        if len(self._used) >= KEPT:
            least = min(self._used)
            if nonce < least:
                raise refusal(f"Invalid nonce: nonce too low {nonce} < {least}")
            self._used.discard(least)
        self._used.add(nonce)

    def clear(self) -> None:
        """Forget all."""
        self._used.clear()


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63
