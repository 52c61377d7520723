"""A client of Loopring that places orders. Loopring wants the order signed, not the request."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.loopring import Loopring
from airflow_provider_exchange.models.orders import Side
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.sandbox.loopring.markets import MARKETS, TOKENS
from airflow_provider_exchange.sandbox.loopring.placing import EXCHANGE
from airflow_provider_exchange.sandbox.place import PlacingExchange, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from airflow_provider_exchange.exchanges.http import HttpCall
    from airflow_provider_exchange.sandbox.place import NewOrder

DAY = 86_400


class PlacingLoopring(Loopring, PlacingExchange):
    """Loopring's adapter, which here can also place orders."""

    limits: Mapping[str, RateLimit] = {**Loopring.limits, "place": RateLimit(5, 1)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A storage id is valid for one order of a token; random starts keep traders from using the same ids.
        self._storage_ids = itertools.count(2 * secrets.randbelow(2**30), 2)

    def order_call(self, order: NewOrder) -> HttpCall[str]:
        """
        Build the request that places an order.

        :param order: The order to place.
        """
        base, quote = MARKETS[order.symbol]
        amounts = [_token(base, order.quantity), _token(quote, order.quantity * order.price)]
        sell, buy = amounts if order.side is Side.SELL else reversed(amounts)
        params: dict[str, Any] = {
            "exchange": EXCHANGE,
            "accountId": self._account_id,
            "storageId": next(self._storage_ids),
            "sellToken": sell,
            "buyToken": buy,
            "validUntil": int(time.time()) + 30 * DAY,
            "maxFeeBips": 50,
            "fillAmountBOrS": order.side is Side.BUY,
            "allOrNone": False,
            "orderType": "LIMIT_ORDER",
        }
        if order.stop_price is not None:
            params |= {
                "extraOrderType": "STOP_LIMIT",
                "stopPrice": plain(order.stop_price),
                "stopSide": "LESS_THAN_AND_EQUAL" if order.side is Side.SELL else "GREAT_THAN_AND_EQUAL",
            }
        return self.placing_call("/api/v3/order", "hash", params)

    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:  # noqa: ARG002  (the venue signs no time)
        """
        Sign the order, not the request.

        :param call: The result of :meth:`order_call`.
        :param timestamp: Not used.
        """
        from airflow_provider_exchange.crypto import eddsa, poseidon

        order = call.params
        order_hash = poseidon.order_hash(
            [
                int(order["exchange"], 16),
                order["storageId"],
                order["accountId"],
                order["sellToken"]["tokenId"],
                order["buyToken"]["tokenId"],
                int(order["sellToken"]["volume"]),
                int(order["buyToken"]["volume"]),
                order["validUntil"],
                order["maxFeeBips"],
                int(order["fillAmountBOrS"]),
                0,  # no taker
            ]
        )
        signature = "0x" + "".join(f"{part:064x}" for part in eddsa.sign(self._private_key, order_hash))
        body = json.dumps({**order, "eddsaSignature": signature}, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json", "X-API-KEY": self._api_key}
        return Request("POST", self.base_url + call.path, headers, body)


def _token(token: int, amount: Decimal) -> dict[str, Any]:
    _, decimals = TOKENS[token]
    return {"tokenId": token, "volume": str(int(amount.scaleb(decimals)))}
