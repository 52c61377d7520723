"""The oracle itself, before anything is held to it: the vendor's client computed these."""

from __future__ import annotations

from typing import Any

import pytest

from tests.crypto import textbook
from tests.crypto.cases import CASES, Case, parts
from tests.vectors import load


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"key {case.key:.3g}" if isinstance(case, Case) else None)
def test_signature(case: Case) -> None:
    assert textbook.multiply(textbook.B, case.key) == case.public
    assert textbook.sign(case.key, case.message) == case.signature
    assert textbook.verify(case.public, case.message, case.signature)
    assert not textbook.verify(case.public, (case.message + 1) % textbook.r, case.signature)


@pytest.mark.parametrize("order", load("loopring_order")["orders"], ids=lambda order: order["name"])
def test_order(order: dict[str, Any]) -> None:
    digest = textbook.poseidon([int(value) for value in order["inputs"]], width=12, full=6, partial=53)
    assert digest == int(order["hash"])
    assert textbook.sign(int(order["key"]), digest) == parts(order["signature"])


def test_base_point() -> None:
    assert textbook.on_curve(textbook.B)
    assert textbook.multiply(textbook.B, textbook.L) == textbook.NEUTRAL
