"""Names of markets: ccxt's own, the exchange's, and the one spelling in which this package compares them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.arguments import required_text
from airflow_provider_exchange.exchanges.ccxt.profile import Unified
from airflow_provider_exchange.exchanges.markets import ASSET
from airflow_provider_exchange.exchanges.texts import lower, upper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import MarketType

__all__ = ["MarketNames", "capitals_joined"]

UNIFIED = re.compile(r"(?P<base>[^/:]+)/(?P<quote>[^/:]+)(:(?P<settle>[^/:-]+)(-(?P<expiry>[^/:]+))?)?")
JOINED = re.compile(r"[-_](?=[^0-9])")
ALIKE = re.compile(ASSET)


def capitals_joined(market_id: str) -> str:
    """Return an id in capitals, its currencies joined; what comes before digits stays, as they are a date."""
    return upper(JOINED.sub("", market_id))


class MarketNames:
    """
    The markets of a connection.

    Where several kinds of market have the same ids, as Binance's spot and futures markets have, the one spelling
    begins with the kind: ``linear:BTCUSDT``. Where the connection covers a single kind, it is the exchange's own
    id.

    :param types: The kinds of market that the connection covers.
    :param title: The exchange's name, for messages.
    """

    def __init__(self, types: Sequence[MarketType], title: str) -> None:
        self._types = {each.name: each for each in types}
        self._title = title

    @property
    def example(self) -> str:
        """A market as a user may write it."""
        return " or ".join(self._named(name, each.ids.example) for name, each in self._types.items())

    def of(self, market_type: str, market_id: str) -> str:
        """
        Return the name of a market that the exchange shows.

        :raises InvalidOrderRequest: when its id is malformed.
        """
        kind = self._types[market_type]
        spelt = kind.spell(market_id) if isinstance(market_id, str) else market_id
        return self._named(market_type, kind.ids.check(spelt, "symbol"))

    def _named(self, market_type: str, market_id: str) -> str:
        return market_id if len(self._types) == 1 else f"{market_type}:{market_id}"

    def split(self, name: str) -> tuple[str, str]:
        """Return the kind of a market, and its id at the exchange; ``name`` comes from :meth:`check`."""
        if len(self._types) == 1:
            return next(iter(self._types)), name
        market_type, _, market_id = name.partition(":")
        return market_type, market_id

    def check(self, value: Any, field: str) -> str:
        """
        Return a market in the one spelling.

        :param value: ccxt's name such as ``BTC/USDT:USDT``, the exchange's id, or the one spelling.
        :param field: The argument's name, for the message.
        :raises InvalidOrderRequest: when it names no market, or may name several.
        """
        text = required_text(value, field)
        kind, colon, market_id = text.partition(":")
        if colon and (market_type := self._types.get(lower(kind))):
            return self.of(market_type.name, self._spelt(market_type, market_id, field))
        if "/" in text:
            return self._from_unified(text, field)
        ids = [(each, self._spelt(each, text, field)) for each in self._types.values()]
        if len(ids) == 1:
            return self.of(ids[0][0].name, ids[0][1])
        names = " or ".join(self.of(each.name, market_id) for each, market_id in ids)
        raise InvalidOrderRequest(
            f"{field} {ascii(text)[:60]} may be one of several markets of {self._title}: write {names}, or ccxt's "
            "name of it, or set the connection's extra 'default_type' to cover one kind of market only"
        )

    def _spelt(self, market_type: MarketType, market_id: str, field: str) -> str:
        try:
            return market_type.ids.check(market_type.spell(market_id), field)
        except InvalidOrderRequest:
            raise market_type.ids.malformed(market_id, field) from None

    def _from_unified(self, text: str, field: str) -> str:
        parts = UNIFIED.fullmatch(upper(text))
        if parts is not None and all(ALIKE.fullmatch(part) or not part.isascii() for part in parts.group(1, 2)):
            unified = Unified(parts["base"], parts["quote"], parts["settle"], parts["expiry"])
            for market_type in self._types.values():
                if (market_id := market_type.from_unified(unified)) is not None:
                    return self.of(market_type.name, self._spelt(market_type, market_id, field))
        kinds = " and ".join(self._types)
        raise InvalidOrderRequest(
            f"{field} {ascii(text)[:60]} is no market that this connection to {self._title} covers, which are "
            f"{kinds} markets such as {self.example}"
        )
