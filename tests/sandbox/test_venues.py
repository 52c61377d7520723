"""Venues come from a registry: a made-up one needs no edit of the package."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
import requests

from airflow_provider_exchange.models.orders import Side
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.cancelling import cancel_one
from airflow_provider_exchange.sandbox.exchange import PaperExchange
from airflow_provider_exchange.sandbox.nami.venue import PaperNami
from airflow_provider_exchange.sandbox.place import NewOrder, Trader
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, route
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from airflow_provider_exchange.sandbox.venue import PaperVenue
from airflow_provider_exchange.sandbox.venues import VENUES, titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder
    from airflow_provider_exchange.sandbox.venue import AnyVenue

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


@dataclass(frozen=True)
class MoonAccount:
    key: str
    phase: str = field(repr=False)

    def connection_fields(self) -> dict[str, Any]:
        return {"login": self.key, "password": self.phase, "extra": {"crater": 7}}


@dataclass(frozen=True)
class MoonSettings:
    manners: Literal["polite", "curt"] = "polite"


class PaperMoon(PaperVenue[MoonAccount, MoonSettings]):
    """Lives below a prefix of Loopring's, numbers orders M-1, M-2 and so on, and trades cheese."""

    name = "moon"
    title = "Moon"
    prefixes = ("/api/v3/moon/",)
    account = MoonAccount("paper-moon-key", "full")
    settings = MoonSettings()
    limits = {"cancel_order": (2, 60)}  # noqa: RUF012  (never changed)
    signature_fields = frozenset({"seal"})
    data_fields = ("cheese",)

    def __init__(self, book: Book, account: MoonAccount | None = None) -> None:
        super().__init__(book, account)
        self.last = 0
        self.routes = (
            route("open_orders", "GET", "/api/v3/moon/orders", self.open_orders),
            route("cancel_order", "DELETE", "/api/v3/moon/orders/(?P<id>[^/]+)", self.cancel, mutating=True),
            route("cancel_by_link", "GET", "/api/v3/moon/cancel/(?P<id>[^/]+)", self.cancel, mutating=True),
            route("asked_orders", "POST", "/api/v3/moon/orders", self.open_orders),
        )

    def too_many_requests(self) -> Answer:
        return Answer({"moon": "eclipse"}, 429)

    def no_such_path(self) -> Answer:
        return Answer({"moon": "dark side"}, 404)

    def told(self, refusal: Refusal) -> Answer:
        return refusal.answer if self.settings.manners == "polite" else Answer({}, refusal.answer.status)

    def next_id(self, kind: str) -> str:
        self.last += 1
        return f"M-{self.last}"

    def admitted(self, order: PaperOrder) -> PaperOrder:
        if not order.symbol.startswith("cheese"):
            raise ValueError("the moon trades nothing but cheese")
        return order

    def open_orders(self, request: ReceivedRequest) -> Answer:
        self._let_in(request)
        live = [order for order in self.book.view(request.behaviour.lag).values() if order.state.live]
        return Answer({"cheese": [order.order_id for order in live]})

    def cancel(self, request: ReceivedRequest) -> Answer:
        self._let_in(request)
        cancel_one(self.book, request.args["id"], request.behaviour)
        return Answer({"cheese": request.args["id"]})

    def _let_in(self, request: ReceivedRequest) -> None:
        if request.headers.get("moon-key") != self.account.key:
            raise Refusal(Answer({"moon": "new"}, 401))


@pytest.fixture
def moon() -> Iterator[RunningSandbox]:
    with running_sandbox(venues=[*VENUES, PaperMoon], moon_manners="curt", nami_error_status=200) as sandbox:
        yield sandbox


def ask(sandbox: RunningSandbox, method: str, path: str, key: str = "paper-moon-key") -> requests.Response:
    return requests.request(method, f"{sandbox.base_url}/api/v3/moon{path}", headers={"moon-key": key}, timeout=10)


def admin(sandbox: RunningSandbox, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{sandbox.base_url}/sandbox/{path}", json=body, timeout=10)


def test_a_made_up_venue_trades_beside_the_others(moon: RunningSandbox) -> None:
    first, second = (moon.place("moon", "cheese").order_id for _ in range(2))
    assert ask(moon, "GET", "/orders").json() == {"cheese": ["M-1", "M-2"]}
    assert ask(moon, "DELETE", f"/orders/{first}").ok
    assert [order.order_id for order in moon.live("moon")] == [second]
    assert [logged.route for logged in moon.mutations("moon")] == ["cancel_order"]
    assert ask(moon, "GET", "/nothing").json() == {"moon": "dark side"}
    # What begins like its paths and is none of them is Loopring's still.
    assert requests.get(f"{moon.base_url}/api/v3/timestamp", timeout=10).ok


@pytest.mark.parametrize(
    ("method", "path", "changes"),
    [
        ("GET", "/orders?page=2", False),
        ("POST", "/orders", False),
        ("DELETE", "/orders/M-1", True),
        ("GET", "/cancel/M-1", True),
        ("GET", "/nothing", False),
        ("POST", "/nothing", True),
    ],
)
def test_what_changes_something_is_told_by_its_route(
    moon: RunningSandbox, method: str, path: str, changes: bool
) -> None:
    assert moon.exchange.changes(method, f"/api/v3/moon{path}", {"moon-key": "paper-moon-key"}, b"") is changes
    ask(moon, method, path)
    assert moon.request_log[-1].mutating is changes


def test_the_admin_api_knows_it(moon: RunningSandbox) -> None:
    assert admin(moon, "GET", "health").json()["venues"] == [*(venue.name for venue in VENUES), "moon"]
    (placed,) = admin(moon, "POST", "moon/orders", {"symbol": "cheese"}).json()
    assert admin(moon, "POST", f"moon/orders/{placed['order_id']}/fill").json()["state"] == "filled"
    refused = admin(moon, "POST", "moon/orders", {"symbol": "dust"})
    assert (refused.status_code, refused.json()) == (400, {"error": "the moon trades nothing but cheese"})


def test_its_account_makes_a_connection(moon: RunningSandbox) -> None:
    assert moon.connection("moon") == {
        "conn_type": "moon",
        "host": moon.base_url,
        "login": "paper-moon-key",
        "password": "full",
        "extra": {"crater": 7},
    }


def test_its_account_can_be_another() -> None:
    venues: list[type[AnyVenue]] = [*VENUES, PaperMoon]
    accounts = Accounts(venues, moon=MoonAccount("another", "waning"))
    with running_sandbox(accounts, venues=venues) as sandbox:
        assert ask(sandbox, "GET", "/orders").status_code == 401
        assert ask(sandbox, "GET", "/orders", key="another").ok
    assert PaperMoon.account.key == "paper-moon-key", "the published account is as it was"
    with pytest.raises(TypeError, match="no such venue: moon"):
        Accounts(moon=MoonAccount("another", "waning"))


def test_its_settings_are_addressed_by_its_name(moon: RunningSandbox) -> None:
    shown = admin(moon, "GET", "settings").json()
    assert (shown["moon_manners"], shown["nami_error_status"]) == ("curt", 200)
    assert ask(moon, "GET", "/orders", key="none").json() == {}
    assert admin(moon, "PUT", "settings", {"moon_manners": "polite"}).json()["moon_manners"] == "polite"
    assert ask(moon, "GET", "/orders", key="none").json() == {"moon": "new"}


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"moon_manners": "rude"}, ValueError, "moon_manners is polite or curt"),
        ({"nami_batch_signing": "runes"}, ValueError, "nami_batch_signing is url_search_params, json or refuse"),
        ({"nami_error_status": 500}, ValueError, "nami_error_status is 400 or 200"),
        ({"moon_phase": "full"}, TypeError, "unknown setting: moon_phase"),
        ({"sun_manners": "curt"}, TypeError, "unknown setting: sun_manners"),
    ],
)
def test_a_setting_that_cannot_be_changes_nothing(
    moon: RunningSandbox, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = moon.exchange.all_settings()
    with pytest.raises(error, match=words):
        moon.exchange.apply_settings(skew=5.0, loopring_error_shape="flat", **changes)
    assert moon.exchange.all_settings() == before


def test_faults_limits_and_secrets_are_its_own(moon: RunningSandbox) -> None:
    moon.faults.add(kind="null_data", venue="moon", times=1)
    moon.place("moon", "cheese")
    assert ask(moon, "GET", "/orders?seal=broken&signature=shown").json() == {"cheese": None}
    assert moon.request_log[-1].query == "seal=***&signature=shown"
    moon.exchange.apply_settings(rate_limits=True)
    assert [ask(moon, "DELETE", "/orders/M-9").status_code for _ in range(3)] == [200, 200, 429]
    assert all(ask(moon, "GET", "/orders").ok for _ in range(20))


def test_nobody_places_orders_there_as_a_client() -> None:
    with pytest.raises(LookupError, match="at Moon as a client"):
        Trader("moon", "http://127.0.0.1:1", venues=[PaperMoon])


class PaperNamiElsewhere(PaperNami):
    """Nami under another name, with the client that comes with it."""

    name = "elsewhere"
    title = "Elsewhere"


def test_a_venue_brings_the_client_that_places_orders_there() -> None:
    venues = [PaperNamiElsewhere]
    with running_sandbox(venues=venues) as sandbox:
        trader = Trader("elsewhere", sandbox.base_url, venues=venues)
        order_id = trader.place(NewOrder("BTCUSDT", Side.SELL, Decimal(1), Decimal(100)))
        trader.close()
        assert [order.order_id for order in sandbox.live("elsewhere")] == [order_id]
        assert list(sandbox.exchange.venues) == ["elsewhere"]


@pytest.mark.parametrize(("name", "prefix"), [("nami", "/elsewhere/"), ("elsewhere", "/api/v4/")])
def test_venues_that_cannot_be_told_apart_are_refused(name: str, prefix: str) -> None:
    clash = type("Clash", (PaperNami,), {"name": name, "title": "Clash", "prefixes": (prefix,)})
    with pytest.raises(ValueError, match="Nami and Clash both claim"):
        PaperExchange(venues=[*VENUES, clash])


def test_exchanges_share_no_settings() -> None:
    changed, untouched = PaperExchange(nami_error_status=200), PaperExchange()
    assert changed.venues["nami"].settings.error_status == 200
    assert untouched.venues["nami"].settings.error_status == 400


def test_titles_make_a_sentence() -> None:
    assert titles(VENUES[:3]) == "Nami, BitoPro and Loopring"
    assert titles([PaperMoon]) == "Moon"


def test_the_page_names_every_route_and_setting() -> None:
    page = PAGE.read_text()
    exchange = PaperExchange()
    for name, venue in exchange.venues.items():
        (row,) = re.findall(rf"^\| {name} \| (.*) \|$", page, re.MULTILINE)
        assert sorted(re.findall(r"`(\w+)`", row)) == sorted({route.name for route in venue.routes})
    assert [setting for setting in exchange.all_settings() if f"`{setting}`" not in page] == []


# -- what every venue of the registry offers


@pytest.mark.parametrize(
    ("path", "rows", "name", "shape"),
    [
        (
            "/api/v3/spot/config",
            lambda body: body["data"],
            "symbol",
            {"status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT"},
        ),
        ("/v3/provisioning/trading-pairs", lambda body: body["data"], "pair", {"base": "btc", "quote": "usdt"}),
        (
            "/api/v3/exchange/markets",
            lambda body: body["markets"],
            "market",
            {"baseTokenId": 1, "quoteTokenId": 0, "enabled": True},
        ),
        (
            "/api/v3/exchangeInfo",
            lambda body: body["symbols"],
            "symbol",
            {"status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT"},
        ),
        (
            "/fapi/v1/exchangeInfo",
            lambda body: body["symbols"],
            "symbol",
            {"contractType": "PERPETUAL", "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT"},
        ),
    ],
    ids=["nami", "bitopro", "loopring", "binance", "binance-linear"],
)
def test_the_markets_are_public(
    sandbox: RunningSandbox, path: str, rows: Any, name: str, shape: dict[str, Any]
) -> None:
    answer = requests.get(sandbox.base_url + path, timeout=10)
    assert answer.ok
    markets = {row[name]: row for row in rows(answer.json())}
    first = {"nami": "BTCUSDT", "bitopro": "btc_usdt", "loopring": "LRC-ETH", "binance": "BTCUSDT"}
    assert first[sandbox.request_log[-1].venue] == next(iter(markets))
    assert next(iter(markets.values())).items() >= shape.items()
    assert len(markets) > 2


def test_loopring_markets_say_all_that_the_vendor_s_do(sandbox: RunningSandbox) -> None:
    body = requests.get(f"{sandbox.base_url}/api/v3/exchange/markets", timeout=10).json()
    assert body["markets"][1] == {
        "market": "ETH-USDT",
        "baseTokenId": 0,
        "quoteTokenId": 2,
        "precisionForPrice": 6,
        "orderbookAggLevels": 5,
        "enabled": True,
    }
    assert sandbox.request_log[-1].route == "markets"
