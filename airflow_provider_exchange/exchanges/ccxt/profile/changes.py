"""Cancels, each of which names its orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint, Named, Params

__all__ = ["Batch", "Cancel", "Numbers"]


@dataclass(frozen=True, slots=True)
class Cancel:
    """
    The cancel of one order.

    :param by_id: Takes the ids of an order and its market, and returns the parameters.
    :param acknowledged: Takes the data, and returns the ids that the exchange takes for cancelled or to be
        cancelled; or, where the answer names no order, whether it takes the order of the request for that.
    :param by_place: Whether the answer names no order: ``acknowledged`` then returns, for each of the orders in the
        order of the request, whether its cancel was taken.
    """

    endpoint: Endpoint
    by_id: Callable[[str, str], Params]
    acknowledged: Callable[[Any], Iterable[Any] | bool]
    by_place: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """
    The cancel of several orders, each by its name.

    :param size: How many orders it may name.
    :param of_one_market: Whether all of them have to be of one market.
    :param by_ids: Takes the orders, and returns the parameters.
    :param acknowledged: Takes the data, and returns the ids as in :class:`Cancel`; or how many cancels the exchange
        took, where it does not say which. Then they count only if they are as many as were named.
    :param weighs_each: Whether the weight counts for each of the orders, and not once.
    :param by_place: See :class:`Cancel`.
    """

    endpoint: Endpoint
    size: int
    of_one_market: bool
    by_ids: Callable[[Sequence[Named]], Params]
    acknowledged: Callable[[Any], Iterable[Any] | int]
    weighs_each: bool = False
    by_place: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """
    The numbers by which a cancel names markets, where it does not name them by their ids.

    A number never comes to mean another market, so what was read once holds.

    :param params: Of the public list that tells them.
    :param of: Takes the id of a market, and the data of that list, or None before it was read; returns the number,
        or None where it is not told.
    """

    endpoint: Endpoint
    params: Mapping[str, Any]
    of: Callable[[str, Any], int | None]
