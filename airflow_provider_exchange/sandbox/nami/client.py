"""A client of Nami that places orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.sandbox.place import PlacingExchange, plain

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.http import HttpCall
    from airflow_provider_exchange.sandbox.place import NewOrder


class PlacingNami(Nami, PlacingExchange):
    """Nami's adapter, which here can also place orders."""

    def order_call(self, order: NewOrder) -> HttpCall[str]:
        """
        Build the request that places an order.

        :param order: The order to place.
        """
        params = {
            "symbol": order.symbol,
            "side": order.side.upper(),
            "type": order.kind,
            "quantity": plain(order.quantity),
            "price": plain(order.price),
        }
        if order.stop_price is not None:
            params["stopPrice"] = plain(order.stop_price)
        return self.placing_call("/api/v4/spot/order", "displayingId", params)
