"""What the paper Hyperliquid looks at: whose account is named, who signed, when, and what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.hyperliquid.signing import KEPT
from tests.sandbox.clients import now_ms

from .client import GONE, HyperliquidClient, cancels

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

OTHER = "0x" + "7" * 40


@pytest.fixture
def client(sandbox: RunningSandbox) -> HyperliquidClient:
    return HyperliquidClient(sandbox)


def test_everybody_may_look_and_another_account_is_empty(
    client: HyperliquidClient, sandbox: RunningSandbox
) -> None:
    order_id = int(sandbox.place("hyperliquid", "BTC").order_id)
    for user, ids, found in ((client.key, [order_id], "order"), (OTHER, [], "unknownOid")):
        assert [row["oid"] for row in client.info("frontendOpenOrders", user=user).json()] == ids
        assert client.info("orderStatus", user=user, oid=order_id).json()["status"] == found
        assert len(client.info("historicalOrders", user=user).json()) == len(ids)
    assert client.of_mine("frontendOpenOrders", dex="xyz").json() == []
    assert {logged.signature for logged in sandbox.request_log} == {None}


def test_what_an_address_is(client: HyperliquidClient, sandbox: RunningSandbox) -> None:
    agent = client.signing.eth_get_address_from_private_key(client.secret)
    assert client.of_mine("userRole").json() == {"role": "user"}
    assert client.info("userRole", user=agent).json() == {"role": "agent", "data": {"user": client.key}}
    assert client.info("userRole", user=OTHER).json() == {"role": "missing"}
    sandbox.exchange.apply_settings(hyperliquid_approval="expired")
    assert client.info("userRole", user=agent).json() == {"role": "missing"}
    assert client.cancel((0, GONE)).json() == {
        "status": "err",
        "response": f"User or API Wallet {agent} does not exist.",
    }


def test_an_order_is_cancelled_by_its_market_and_its_id(client: HyperliquidClient, sandbox: RunningSandbox) -> None:
    named = {0: "BTC", 4: "kPEPE", 10_000: "PURR/USDC", 10_107: "@107"}
    ids = {number: sandbox.place("hyperliquid", market).order_id for number, market in named.items()}
    for number, order_id in ids.items():
        wrong = [(other, order_id) for other in (*(named.keys() - {number}), 99, 10_099)]
        told = client.cancel(*wrong).json()["response"]["data"]["statuses"]
        assert [each["error"].partition(" asset=")[2] for each in told] == [str(other) for other, _ in wrong]
        assert sandbox.book("hyperliquid")[order_id].state.live
        assert client.cancel((number, order_id)).json()["response"]["data"]["statuses"] == ["success"]
    assert sandbox.live("hyperliquid") == []


@pytest.mark.parametrize(
    "spoilt",
    [
        {"action": cancels((0, 8))},
        {"action": {**cancels((0, 7)), "extra": 1}},
        {"nonce": 1},
        {"vaultAddress": OTHER},
        {"expiresAfter": 10**13},
    ],
)
def test_a_signature_is_that_of_another_key_if_anything_else_was_sent(
    client: HyperliquidClient, sandbox: RunningSandbox, spoilt: dict[str, Any]
) -> None:
    signed = client.signed(cancels((0, 7)))
    told = client.post("/exchange", {**signed, **spoilt}).json()["response"]
    assert told.startswith("User or API Wallet 0x")
    assert sandbox.request_log[-1].signature is False
    assert client.post("/exchange", signed).json()["status"] == "ok"


def test_a_nonce_is_used_once_and_may_come_late(client: HyperliquidClient) -> None:
    now = now_ms()
    for nonce, told in (
        (now, None),
        (now - 1, None),
        (now, f"Invalid nonce: duplicate nonce {now}"),
        (now - 3 * 86_400_000, "Invalid nonce: "),
        (now + 2 * 86_400_000, "Invalid nonce: "),
    ):
        answered = client.act(cancels((0, 7)), nonce).json()
        assert answered["status"] == ("ok" if told is None else "err")
        assert told is None or answered["response"].startswith(told)
    for later in range(1, KEPT + 1):
        client.act(cancels((0, 7)), now + later)
    assert client.act(cancels((0, 7)), now - 2).json()["response"].startswith("Invalid nonce: nonce too low")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/info", b""),
        ("/info", b"[]"),
        ("/info", {"type": "nonsense"}),
        ("/info", {"type": "frontendOpenOrders"}),
        ("/info", {"type": "frontendOpenOrders", "user": "0x12"}),
        ("/info", {"type": "frontendOpenOrders", "user": OTHER, "coin": "BTC"}),
        ("/info", {"type": "orderStatus", "user": OTHER, "oid": "mine"}),
        ("/exchange", b""),
        ("/exchange", {"action": cancels((0, 7))}),
        ("/exchange", {"action": cancels((0, 7)), "nonce": 1, "signature": {"r": "0x1", "s": "x", "v": 27}}),
    ],
)
def test_another_body_is_told_to_be_none_in_plain_words(client: HyperliquidClient, path: str, body: Any) -> None:
    answered = client.post(path, body)
    assert (answered.status_code, answered.text) == (
        422,
        "Failed to deserialize the JSON body into the target type",
    )


@pytest.mark.parametrize(
    "action", [{"type": "cancel", "cancels": []}, cancels(), {"type": "twapCancel", "a": 0, "t": 1}]
)
def test_an_action_that_is_none_here_is_refused(client: HyperliquidClient, action: Any) -> None:
    assert client.act(action).status_code == 422


def test_the_history_shows_each_change_the_latest_first(client: HyperliquidClient, sandbox: RunningSandbox) -> None:
    first = sandbox.place("hyperliquid", "BTC", age=60).order_id
    client.cancel((0, first))
    second = sandbox.place("hyperliquid", "@1", age=30, state="filled").order_id
    rows = client.of_mine("historicalOrders").json()
    assert [(str(row["order"]["oid"]), row["status"]) for row in rows] == [
        (first, "canceled"),
        *[(second, status) for status in ("filled", "open")],
        (first, "open"),
    ]


@pytest.mark.parametrize("order", [{"client_order_id": "mine"}, {"type": "TRAILING"}, {"order_id": "0x7"}])
def test_an_order_that_it_cannot_have_is_not_placed(sandbox: RunningSandbox, order: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Hyperliquid"):
        sandbox.place("hyperliquid", "BTC", **order)
