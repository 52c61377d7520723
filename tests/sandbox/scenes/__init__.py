"""What is asked of the paper venues so that they give the recorded answers of the real ones."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.sandbox.scenes import (  # noqa: F401  (they register their scenes)
    binance,
    bitget,
    bitopro,
    bybit,
    coinbase,
    loopring,
    nami,
    okx,
)
from tests.sandbox.scenes.registry import SCENES

__all__ = ["SCENES"]

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")  # each registers its scenes
