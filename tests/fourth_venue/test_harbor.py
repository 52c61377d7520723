"""Harbor from end to end: an operator, in the task and deferred, on a connection to the paper exchange."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests
from airflow.providers.common.compat.sdk import BaseHook

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.get_provider_info import get_provider_info
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from airflow_provider_exchange.sandbox.venues import VENUES
from tests.accounts import Account
from tests.exchanges.evidence import EVIDENCE
from tests.fourth_venue.entries import PAPER_VENUE
from tests.fourth_venue.exchange import BATCH_WEIGHT, LIST_WEIGHT, Harbor
from tests.fourth_venue.hook import HarborHook
from tests.provider.test_info import schema
from tests.stepping import first_call
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

HARBOR = EVIDENCE["harbor"]
HERE, THERE = HARBOR.symbols[:2]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(venues=[*VENUES, PAPER_VENUE]) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> RunningSandbox:
    """The paper exchange, while the package knows Harbor and a connection goes there."""
    running.reset()
    HARBOR.register(monkeypatch)
    monkeypatch.setenv("AIRFLOW_CONN_HARBOR_DEFAULT", json.dumps(running.connection("harbor")))
    return running


@pytest.fixture(params=[False, True], ids=["in the task", "deferred"])
def quick(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {
        "task_id": "cancel",
        "exchange_conn_id": "harbor_default",
        "poll_interval": 0.05,
        "timeout": 20,
        "deferrable": request.param,
    }


def states(sandbox: RunningSandbox) -> dict[tuple[str, str], State]:
    return {order.key: order.state for order in sandbox.book("harbor")}


def test_everything_is_cancelled(sandbox: RunningSandbox, quick: dict[str, Any]) -> None:
    for market in (HERE, THERE):
        for number in range(1, 31):
            sandbox.place("harbor", market, order_id=str(number))
    sandbox.place("harbor", HERE, order_id="31", stop_price=90)
    sandbox.faults.add(kind="cancelling", reads=2, orders=["7"])
    task = Task(CancelAllOrdersOperator(**quick))
    pushed = task.run()
    assert sandbox.live("harbor") == []
    assert (pushed["outcomes"], pushed["open_after"]) == ({"cancelled": 61}, 0)
    assert (task.deferred > 0) == quick["deferrable"]
    assert [logged.route for logged in sandbox.mutations("harbor")][:4] == ["cancel_orders"] * 4


def test_a_market_is_cancelled_beside_another_with_the_same_ids(
    sandbox: RunningSandbox, quick: dict[str, Any]
) -> None:
    for market in (HERE, THERE):
        for number in ("1", "2"):
            sandbox.place("harbor", market, order_id=number)
    pushed = Task(CancelAllOrdersOperator(symbols=[THERE], **quick)).run()
    assert {order["symbol"] for order in pushed["orders"]} == {THERE}
    assert states(sandbox) == {
        (HERE, "1"): State.OPEN,
        (HERE, "2"): State.OPEN,
        (THERE, "1"): State.CANCELLED,
        (THERE, "2"): State.CANCELLED,
    }


def test_one_of_two_orders_of_the_same_id_is_cancelled_for_a_reason(
    sandbox: RunningSandbox, quick: dict[str, Any]
) -> None:
    for market in (HERE, THERE):
        sandbox.place("harbor", market, order_id="5", quantity=2, filled=1)
    operator = CancelOrderOperator(order_id="5", symbol=THERE, options={"reason": "end of day & more"}, **quick)
    pushed = Task(operator).run()
    assert (pushed["symbol"], pushed["outcome"], pushed["filled_quantity"]) == (THERE, "cancelled", "1")
    assert states(sandbox) == {(HERE, "5"): State.OPEN, (THERE, "5"): State.CANCELLED}
    (cancel,) = sandbox.mutations("harbor")
    assert cancel.query == "reason=end+of+day+%26+more"


def test_its_option_is_a_text(sandbox: RunningSandbox) -> None:
    hook = HarborHook()
    sandbox.place("harbor", HERE, order_id="5")
    with pytest.raises(InvalidOrderRequest, match="is not of type str"):
        hook.cancel_order("5", HERE, options={"reason": True})
    hook.close()
    assert sandbox.mutations("harbor") == []


def test_heavy_calls_use_the_limit_up_sooner(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "harbor")
    limit = account.exchange.limits["total"]
    for _ in range(limit.requests // LIST_WEIGHT):
        account.run(account.exchange.list_open())
    assert account.transport.slept == []
    account.run(account.exchange.list_open(), timeout=2 * limit.seconds)
    assert sum(account.transport.slept) > limit.seconds / 2
    account.close()
    (batch,) = account.exchange.cancel_several(HARBOR.refs(2), {})
    assert first_call(batch.operation).weight == BATCH_WEIGHT


def test_airflow_is_told_of_it(sandbox: RunningSandbox) -> None:
    info = get_provider_info()
    jsonschema.validate(info, schema("provider_info.schema.json"))
    (entry,) = [each for each in info["connection-types"] if each["connection-type"] == "harbor"]
    assert entry["hook-class-name"] == f"{HarborHook.__module__}.HarborHook"
    assert entry["hook-name"] == HarborHook.hook_name == Harbor.title
    assert {"get_connection_form_widgets", "get_ui_field_behaviour"} <= set(vars(HarborHook))
    assert HarborHook.get_ui_field_behaviour()["relabeling"] == {"login": "API key", "password": "API secret"}
    assert issubclass(HarborHook, BaseHook)


def test_its_connection_makes_its_hook(sandbox: RunningSandbox) -> None:
    hook = ExchangeHook.for_connection("harbor_default")
    assert type(hook) is HarborHook
    ok, message = hook.test_connection()
    assert ok, message
    assert message.startswith("Harbor accepts the key for reading. Its clock is ")
    hook.close()


def test_it_leaves_nothing_behind_in_the_package() -> None:
    assert "harbor" not in EXCHANGES
    assert "harbor" not in {each["connection-type"] for each in get_provider_info()["connection-types"]}


def test_its_signature_is_checked_to_the_last_byte(sandbox: RunningSandbox) -> None:
    """The paper venue verifies with code of its own: whatever is changed after the signature shuts the door."""
    account = Account(sandbox, "harbor")
    request = first_call(account.exchange.list_open()).begin(sandbox.exchange.now_ms())
    changes: list[tuple[str, dict[str, str]]] = [
        (request.url + "0", {}),
        (request.url, {"Harbor-Time": str(int(request.headers["Harbor-Time"]) + 1)}),
        (request.url, {"Harbor-Signature": "0" * 64}),
        (request.url, {"Harbor-Key": "another"}),
    ]
    assert requests.get(request.url, headers=dict(request.headers), timeout=10).ok
    for url, headers in changes:
        assert requests.get(url, headers={**request.headers, **headers}, timeout=10).status_code == 401
    account.close()
