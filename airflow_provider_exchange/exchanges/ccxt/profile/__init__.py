"""
What is to know of one exchange, beyond what ccxt knows.

A profile is data and small functions. Whatever is not in it is never asked of the exchange: its endpoints are the
list of what may be signed.
"""

from __future__ import annotations

from airflow_provider_exchange.exchanges.ccxt.profile.account import Owner, Requirement
from airflow_provider_exchange.exchanges.ccxt.profile.book import Book
from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint, Failure, Named, Params
from airflow_provider_exchange.exchanges.ccxt.profile.certified import Profile
from airflow_provider_exchange.exchanges.ccxt.profile.changes import Batch, Cancel, Numbers
from airflow_provider_exchange.exchanges.ccxt.profile.lists import Counted, EachMarket, History, Listing, whole
from airflow_provider_exchange.exchanges.ccxt.profile.markets import Markets, MarketType, Unified
from airflow_provider_exchange.exchanges.ccxt.profile.reads import Placed, Several, Single, Trail

__all__ = [
    "Batch",
    "Book",
    "Cancel",
    "Counted",
    "EachMarket",
    "Endpoint",
    "Failure",
    "History",
    "Listing",
    "MarketType",
    "Markets",
    "Named",
    "Numbers",
    "Owner",
    "Params",
    "Placed",
    "Profile",
    "Requirement",
    "Several",
    "Single",
    "Trail",
    "Unified",
    "whole",
]
