"""What is asked of the paper venues so that they give the recorded answers of the real ones."""

from __future__ import annotations

from tests.sandbox.scenes import binance, bitopro, bybit, loopring, nami, okx  # noqa: F401  (they register their scenes)
from tests.sandbox.scenes.registry import SCENES

__all__ = ["SCENES"]
