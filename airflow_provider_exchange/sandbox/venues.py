"""The registry of the paper exchange's venues. To add a venue, add its folder and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.binance.venue import PaperBinance
from airflow_provider_exchange.sandbox.bitget.venue import PaperBitget
from airflow_provider_exchange.sandbox.bitopro.venue import PaperBitoPro
from airflow_provider_exchange.sandbox.bybit.venue import PaperBybit
from airflow_provider_exchange.sandbox.coinbase.venue import PaperCoinbase
from airflow_provider_exchange.sandbox.deribit.venue import PaperDeribit
from airflow_provider_exchange.sandbox.gate.venue import PaperGate
from airflow_provider_exchange.sandbox.hyperliquid.venue import PaperHyperliquid
from airflow_provider_exchange.sandbox.kraken.venue import PaperKraken
from airflow_provider_exchange.sandbox.kucoin.venue import PaperKucoin
from airflow_provider_exchange.sandbox.loopring.venue import PaperLoopring
from airflow_provider_exchange.sandbox.nami.venue import PaperNami
from airflow_provider_exchange.sandbox.okx.venue import PaperOkx

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.sandbox.venue import AnyVenue

VENUES: tuple[type[AnyVenue], ...] = (
    PaperNami,
    PaperBitoPro,
    PaperLoopring,
    PaperBinance,
    PaperOkx,
    PaperBybit,
    PaperGate,
    PaperCoinbase,
    PaperDeribit,
    PaperHyperliquid,
    PaperKraken,
    PaperBitget,
    PaperKucoin,
)


def titles(venues: Iterable[type[AnyVenue]] = VENUES) -> str:
    """Return the venues' names as ``A, B and C``."""
    *others, last = (venue.title for venue in venues)
    return f"{', '.join(others)} and {last}" if others else last
