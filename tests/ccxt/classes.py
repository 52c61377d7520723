"""Every class of the installed ccxt: an account of it that no profile describes, and steps taken by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.loose import LooseCall
from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.protocol.steps import Pause, VenueTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.exchanges.ccxt.client import Wanted
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Operation

TIMESTAMP = 1_763_942_400_000
NOW = datetime.fromtimestamp(TIMESTAMP / 1000, UTC)
HOST = "http://127.0.0.1:1"
ORDER_ID = "12345678"
KEY = "the-key-of-this-account"
SECRET = "MHcCAQEEIGvGc0yDm9cnU0rb3bBvTzzvSgkF1yBVs2HRWF0Rv3J5oAoGCCqGSM49AwEHoUQDQgAE"
PASSPHRASE = "the-passphrase-of-it"
PRIVATE_KEY = "0x" + "2" * 64
SECRETS = (KEY, SECRET, PASSPHRASE, PRIVATE_KEY)
MOST_STEPS = 30

_MARKET: dict[str, Any] = {
    "id": "BTCUSDT",
    "numericId": 7,
    "uppercaseId": "BTCUSDT",
    "lowercaseId": "btcusdt",
    "base": "BTC",
    "quote": "USDT",
    "baseId": "1",
    "quoteId": "2",
    "active": True,
    "info": {},
    "precision": {"amount": 0.001, "price": 0.01},
    "margin": False,
    "future": False,
    "option": False,
}
SPOT: dict[str, Any] = {
    **_MARKET,
    "symbol": "BTC/USDT",
    "type": "spot",
    "spot": True,
    "swap": False,
    "contract": False,
}
SWAP: dict[str, Any] = {
    **_MARKET,
    "symbol": "BTC/USDT:USDT",
    "type": "swap",
    "spot": False,
    "swap": True,
    "contract": True,
    "linear": True,
    "inverse": False,
    "settle": "USDT",
    "settleId": "2",
    "contractSize": 1.0,
}


def classes() -> list[str]:
    """Return the ids of ccxt's exchanges without importing it, as a test is collected by every worker."""
    spec = find_spec("ccxt")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "async_support"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def connection(exchange: str, **changes: Any) -> ConnectionSettings:
    """Return a connection to an exchange as one that is not certified, with every credential there is."""
    extra = {
        "exchange": exchange,
        "uncertified": True,
        "uid": "1234",
        "passphrase": PASSPHRASE,
        "wallet_address": "0x" + "1" * 40,
        "private_key": PRIVATE_KEY,
        **changes.pop("extra", {}),
    }
    return ConnectionSettings(
        **{"conn_id": "any", "conn_type": "ccxt", "login": KEY, "password": SECRET, "host": HOST, "extra": extra}
        | changes
    )


def account(exchange: str, market: dict[str, Any] | None = None, **changes: Any) -> Uncertified:
    """Return an account; it knows one market if one is given."""
    made: Ccxt | Uncertified = Ccxt.from_settings(connection(exchange, **changes))
    if isinstance(made, Ccxt):  # it is certified; here it is one of many
        made = Uncertified(made.client, made.secrets)
    assert isinstance(made, Uncertified)
    if market is not None:
        made.client.set_markets([made.client.ccxt.safe_market_structure(dict(market))])
    return made


@dataclass
class Steps:
    """
    What an operation did.

    :param asked: What ccxt wanted, what would have been sent for it, and whether that would have been a change.
    :param result: What the operation returned.
    :param error: What it raised; an error that is not ours goes on.
    """

    asked: list[tuple[Wanted, Request, bool]] = field(default_factory=list)
    result: Any = None
    error: ExchangeError | None = None

    @property
    def changes(self) -> list[Wanted]:
        return [wanted for wanted, _, is_change in self.asked if is_change]

    @property
    def reads(self) -> list[Wanted]:
        return [wanted for wanted, _, is_change in self.asked if not is_change]

    @property
    def sent(self) -> list[Request]:
        return [request for _, request, _ in self.asked]


def taken(operation: Operation[Any], answer: Callable[[Request], Response]) -> Steps:
    """Take the steps of an operation, as a plan does that repeats nothing and pauses for no time."""
    steps = Steps()
    try:
        step: Any = next(operation)
        while True:
            if isinstance(step, VenueTime):
                step = operation.send((NOW, NOW))
                continue
            if isinstance(step, Pause):
                step = operation.send(None)
                continue
            assert isinstance(step, LooseCall)
            assert len(steps.asked) < MOST_STEPS
            request = step.begin(TIMESTAMP + len(steps.asked))
            steps.asked.append((step.wanted, request, step.mutating))
            try:
                finished = step.finish(answer(request))
            except ExchangeError as error:
                step = operation.throw(error)
            else:
                step = operation.send(finished)
    except StopIteration as done:
        steps.result = done.value
    except ExchangeError as error:
        steps.error = error
    finally:
        operation.close()
    return steps
