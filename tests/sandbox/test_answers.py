"""The paper venues are held to the recorded answers of the real ones: same status, same keys, same types."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .scenes import SCENES
from .shapes import differences

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

BEHIND = re.compile("[A-Z0-9]{6}(-[A-Z0-9]{5,6}){2}|[A-Z]{6,8}")
ANSWERS = Path(__file__).parents[1] / "answers"
NOT_PLAYED = {
    "another page of the vendor shows the same call in another shape": (
        "nami/open_orders_old_page",
        "bitopro/open_orders_empty",
        "loopring/cancel_order",
        "loopring/cancel_orders_in_part",
        "loopring/orders_dex_page",
        "loopring/error_nested_msg",
        "loopring/error_flat",
        "loopring/error_as_http_200",
        "bitopro/error_with_code",
    ),
    "states a paper order does not reach by itself, in shapes that other scenes cover": (
        "loopring/orders_states",
        "binance_linear/algo_order_triggering",
        "deribit/cancel_trigger_order",
        "kraken/asset_pairs_none",
    ),
    "in no document: kept to see what the adapter makes of it": (
        "nami/error_name_before_number",
        "nami/error_never_seen",
        "nami/error_renamed",
        "nami/error_stop_limit",
        "bitopro/cancel_orders_null",
        "bitopro/open_orders_without_data",
        "loopring/api_key_replaced",
        "loopring/orders_empty_left_out",
        "loopring/orders_empty_null",
        "loopring/orders_result_success",
        "loopring/orders_result_success_text",
    ),
    "what tells of a failure or contradicts itself beside a list, in no document": (
        "bitopro/open_orders_null_beside_error",
        "bitopro/open_orders_empty_beside_error",
        "bitopro/open_orders_null_without_error",
        "nami/open_orders_beside_status_code",
        "nami/open_orders_beside_error",
        "loopring/error_beside_list_text_code",
        "loopring/error_beside_list_without_message",
        "loopring/error_beside_list_word",
        "loopring/error_beside_list_only_message",
        "loopring/error_beside_list_no_object",
        "loopring/orders_total_too_small",
        "loopring/orders_total_without_list",
    ),
    "a list of a kind of market that is not empty on paper": ("coinbase/products_none",),
    "the venue says the same in two forms, of which the other one is on paper": (
        "coinbase/error_unknown_order",
        "kucoin/error_too_late_in_words",
        "kucoin/error_unknown_order_in_words",
    ),
    "states in which no order on paper ends": (
        "gate/order_closed_unfilled",
        "gate_linear/auto_order_invalid",
        "okx/algo_order_failed_in_part",
    ),
    "errors of parts of the venues that are not on paper": (
        "nami/error_unknown",
        "nami/error_unknown_error",
        "nami/error_invalid_symbol",
        "nami/error_too_much_orders",
        "nami/error_invalid_request_id",
        "nami/error_account_ban_trade",
        "nami/error_not_enough_base_asset",
        "nami/error_not_enough_quote_asset",
        "nami/error_not_enough_fee_asset",
        "nami/error_order_type_not_support",
        "nami/gateway_403",
        "nami/gateway_500",
        "bitopro/error_400",
        "bitopro/error_408",
        "bitopro/error_500",
        "bitopro/error_502",
        "loopring/error_100000",
        "loopring/error_100002",
        "loopring/error_102003",
        "loopring/error_102004",
        "loopring/error_107001",
        "loopring/error_500",
        "loopring/error_account_not_found",
        "okx/error_50001",
        "kraken/error_lockout",
        "kraken/error_throttled",
        "kraken/error_several",
        "hyperliquid/error_unknown_wallet_l1",
        "hyperliquid/error_no_deposit",
        "hyperliquid/error_requests",
    ),
}


def recorded(name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((ANSWERS / f"{name}.json").read_text())
    return answer


def told(response: requests.Response) -> Any:
    """Return the body of an answer, which may be plain words."""
    return response.json() if "json" in response.headers["Content-Type"] else response.text


def test_every_recorded_answer_is_played_or_excused() -> None:
    files = {f"{path.parent.name}/{path.stem}" for path in ANSWERS.glob("*/*.json")}
    excused = {name for names in NOT_PLAYED.values() for name in names}
    assert files == SCENES.keys() | excused
    assert not SCENES.keys() & excused


def test_every_recorded_answer_names_its_source() -> None:
    for path in ANSWERS.glob("*/*.json"):
        answer = json.loads(path.read_text())
        assert answer.keys() - {"asked", "expect", "to", "record", "also"} == {
            "source",
            "answers",
            "status",
            "headers",
            "body",
        }
        assert len(answer["source"]) > 10


def without_ids(body: Any) -> Any:
    """Put what stands behind ids of orders or markets into lists: any looks like any other."""
    if not isinstance(body, dict):
        return body
    inner = {name: without_ids(value) for name, value in body.items()}
    return list(inner.values()) if inner and all(BEHIND.fullmatch(name) for name in inner) else inner


@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_sandbox_answers_in_the_vendor_s_shape(name: str, sandbox: RunningSandbox) -> None:
    wanted = recorded(name)
    response = SCENES[name](sandbox)
    is_text = isinstance(wanted["body"], str)
    answered = told(response)
    assert response.status_code == wanted["status"], answered
    assert response.headers.keys() >= wanted["headers"].keys()
    assert response.headers["Content-Type"].startswith("text/plain" if is_text else "application/json")
    against = wanted["body"]
    if name == "nami/balance":  # keyed by asset: any asset looks like any other
        against, answered = ({**body, "data": list(body["data"].values())} for body in (against, answered))
    if name.startswith("kraken/"):
        against, answered = without_ids(against), without_ids(answered)
    assert differences(against, answered) == []


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in SCENES
        if re.search(r"error|gateway|order_(in|part|comp|post|canc|fill|exp|rej|fin|trig|stop|tpsl)", name)
    ),
)
def test_codes_names_and_states_are_the_vendor_s_to_the_letter(name: str, sandbox: RunningSandbox) -> None:
    def telling(body: Any) -> Any:
        if not isinstance(body, dict):
            return None
        keys = ("code", "status", "statusCode", "retCode", "orderStatus", "algoStatus", "finish_as") + (
            ("label",)
            if name.startswith("gate")
            else ("error",)
            if "kraken" in name or ("bitopro" in name and "422_p" not in name)
            else ()
        )
        inner = body.get("resultInfo", body.get("result", body.get("order")))
        rows = [telling(row) for row in body.get("list", ()) if "orderStatus" in row]
        return {**{key: body.get(key) for key in keys}, "inner": telling(inner), "rows": rows}

    if name.startswith("loopring/cancel_order"):
        assert SCENES[name](sandbox).json()["status"] == recorded(name)["body"]["status"]
    else:
        assert telling(told(SCENES[name](sandbox))) == telling(recorded(name)["body"])
