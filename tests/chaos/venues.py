"""What random misbehaviour has to know of each book: its markets, its routes at the paper exchange, its habits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """
    A book that random clean-ups are played at.

    :param markets: as the paper exchange spells them.
    :param routes: those that misbehave, but for the lists.
    :param lists: routes that show lists of orders.
    :param nulls: of these, those whose list may be null where there is none.
    :param stops: the paper book of its stop orders, if these place another one when their price is reached.
    :param mark: what the ids of those begin with in the package.
    :param has_stops: False where stop orders become other orders of the same id, or of one that is not told; see
        ``tests/ccxt/test_triggered_orders.py``.
    :param stops_are_named: whether stop orders may have an id of the client's.
    :param remembers: states of orders that the venue still knows hours after they ended, None among them for those
        that live; None if it knows all.
    :param tells_age: whether the venue tells when an order was created.
    :param prefix: what ids of the client's begin with; None where the venue has none.
    :param other_prefix: what those of other clients begin with.
    :param id_length: how long an id of a client's is, where they are all of one length.
    """

    markets: tuple[str, ...]
    routes: tuple[str, ...]
    lists: tuple[str, ...]
    nulls: tuple[str, ...] = ()
    stops: str | None = None
    mark: str = ""
    has_stops: bool = True
    stops_are_named: bool = True
    remembers: frozenset[str | None] | None = None
    tells_age: bool = True
    prefix: str | None = "71"
    other_prefix: str = "80"
    id_length: int = 0


PLAYED = {
    "nami": Played(
        markets=("BTCUSDT", "ETHUSDT", "NAMIVNST"),
        routes=("cancel_order", "cancel_orders"),
        lists=("open_orders", "history"),
        prefix=None,
    ),
    "bitopro": Played(
        markets=("btc_usdt", "eth_usdt", "bito_eth"),
        routes=("cancel_order", "cancel_orders", "order"),
        lists=("open_orders", "orders_of_pair"),
        nulls=("open_orders", "orders_of_pair"),
    ),
    "loopring": Played(
        markets=("LRC-ETH", "ETH-USDT", "LRC-USDT"),
        routes=("cancel_order", "cancel_orders", "order"),
        lists=("orders",),
        tells_age=False,
        prefix="bot-",
    ),
    "binance": Played(
        markets=("BTCUSDT", "ETHUSDT", "ETHBTC"),
        routes=("cancel_order", "order"),
        lists=("open_orders", "all_orders"),
    ),
    "binance_linear": Played(
        markets=("BTCUSDT", "ETHUSDT"),
        routes=("cancel_linear_order", "cancel_linear_orders", "cancel_algo_order", "linear_order", "algo_order"),
        lists=("open_linear_orders", "all_linear_orders", "open_algo_orders"),
        stops="binance_algo",
        mark="algo:",
    ),
    "okx": Played(
        markets=("BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP"),
        routes=("cancel_order", "cancel_orders", "cancel_algo_orders", "order", "algo_order"),
        lists=("open_orders", "history", "open_algo_orders"),
        stops="okx_algo",
        mark="algo:",
        remembers=frozenset({None, "filled"}),
    ),
    "bybit": Played(
        markets=("BTCUSDT", "ETHUSDT"),
        routes=("cancel_order", "cancel_orders", "order"),
        lists=("open_orders", "history"),
        has_stops=False,
    ),
    "bybit_linear": Played(
        markets=("BTCUSDT", "BTCPERP"),
        routes=("cancel_order", "cancel_orders", "order"),
        lists=("open_orders", "history"),
    ),
    "kraken": Played(
        markets=("XBTUSD", "ETHUSD", "XBTUSDT"),
        routes=("cancel_order", "cancel_orders", "order", "api_key"),
        lists=("open_orders", "closed_orders"),
    ),
    "gate": Played(
        markets=("BTC_USDT", "ETH_USDT"),
        routes=("cancel_order", "cancel_auto_order", "order", "auto_order"),
        lists=("open_orders", "open_auto_orders", "history"),
        stops="gate_auto",
        mark="auto:",
        stops_are_named=False,
        remembers=frozenset({None, "filled"}),
        prefix="t-71",
        other_prefix="t-80",
    ),
    "gate_linear": Played(
        markets=("BTC_USDT", "ETH_USDT"),
        routes=(
            "cancel_linear_order",
            "cancel_linear_orders",
            "cancel_linear_auto_order",
            "linear_order",
            "linear_auto_order",
        ),
        lists=("open_linear_orders", "open_linear_auto_orders"),
        stops="gate_linear_auto",
        mark="auto:",
        remembers=frozenset({None, "filled"}),
        prefix="t-71",
        other_prefix="t-80",
    ),
    "coinbase": Played(
        markets=("BTC-USD", "ETH-USD", "BIT-26MAR27-CDE"),
        routes=("cancel_orders", "order"),
        lists=("open_orders", "history"),
    ),
    "deribit": Played(
        markets=("BTC-PERPETUAL", "ETH-PERPETUAL", "BTC_USDC"),
        routes=("cancel_order", "order"),
        lists=("open_orders", "open_orders_of_instrument", "history"),
        stops="deribit",
        remembers=frozenset({None}),
    ),
    "hyperliquid": Played(
        markets=("BTC", "@107", "kPEPE"),
        routes=("cancel_order", "cancel_orders", "order", "role", "markets"),
        lists=("open_orders", "history"),
        prefix="0x71",
        other_prefix="0x80",
        id_length=34,
    ),
    "bitget": Played(
        markets=("BTCUSDT", "ETHUSDT", "ETHBTC"),
        routes=(
            "cancel_order",
            "cancel_orders",
            "cancel_plan_order",
            "order",
            "plan_orders_of_market",
            "past_plan_orders",
            "plan_sub_orders",
        ),
        lists=("open_orders", "history", "open_plan_orders"),
        stops="bitget_plan",
        mark="plan:",
    ),
    "bitget_futures": Played(
        markets=("BTCUSDT", "ETHUSDT"),
        routes=(
            "cancel_futures_order",
            "cancel_futures_orders",
            "cancel_futures_plans",
            "futures_order",
            "futures_plan",
            "past_futures_plan",
        ),
        lists=("open_futures_orders", "futures_history", "open_futures_plans"),
        stops="bitget_futures_plan",
        mark="normal_plan:",
    ),
    "kucoin": Played(
        markets=("BTC-USDT", "ETH-USDT", "SOL-USDT"),
        routes=("cancel_order", "live_markets", "order", "account_mode", "account_type"),
        lists=("open_orders", "history", "open_stop_orders", "open_oco_orders"),
        nulls=("open_orders",),
        has_stops=False,
    ),
}
