"""A client of BitoPro that places orders."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.bitopro import BitoPro
from airflow_provider_exchange.models.orders import Side
from airflow_provider_exchange.sandbox.place import PlacingExchange, plain

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.http import HttpCall
    from airflow_provider_exchange.sandbox.place import NewOrder


class PlacingBitoPro(BitoPro, PlacingExchange):
    """BitoPro's adapter, which here can also place orders."""

    def order_call(self, order: NewOrder) -> HttpCall[str]:
        """
        Build the request that places an order.

        :param order: The order to place.
        """
        params: dict[str, Any] = {
            "action": order.side.upper(),
            "amount": plain(order.quantity),
            "price": plain(order.price),
            "timestamp": int(time.time() * 1000),
            "type": order.kind,
        }
        if order.stop_price is not None:
            params |= {
                "stopPrice": plain(order.stop_price),
                "condition": "<=" if order.side is Side.SELL else ">=",
            }
        return self.placing_call(f"/orders/{order.symbol}", "orderId", params)
