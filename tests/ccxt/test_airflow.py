# ruff: noqa: F401

"""The very tests that native adapters pass in Airflow: hook, operators in both modes, events, kill switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.hooks.ccxt import CcxtHook
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from tests.hooks.test_hooks import (
    test_an_order_is_read,
    test_an_unknown_order_among_several_is_none,
    test_cancels_confirm,
    test_reading_several_fails_at_the_first_trouble,
    test_the_connection_test_explains_a_missing_field,
    test_the_connection_test_explains_a_refusal,
    test_the_connection_test_reads_and_tells_the_clocks,
)
from tests.notifications.test_kill_switch import (
    fire,
    test_a_selection_restricts,
    test_arguments_are_templates,
    test_every_survivor_is_logged_and_raised,
    test_everything_goes,
    test_no_secret_is_logged_or_raised,
)
from tests.operators.test_operators import (
    deferrable,
    quick,
    test_a_cancel_that_was_lost_is_sent_again,
    test_a_dry_run,
    test_a_wrong_key_fails_without_a_retry,
    test_an_unknown_order_fails_after_the_grace_window,
    test_everything,
    test_max_orders,
    test_nothing_open,
    test_one_order,
    test_one_order_that_takes_its_time,
    test_one_result_feeds_the_next,
    test_orders_that_appear_while_the_task_is_deferred_go_too,
    test_survivors_are_named,
    test_what_is_stored_for_the_triggerer_holds_no_secret,
)
from tests.triggers.test_events import (
    test_a_look_that_fails_is_no_end,
    test_an_order_that_is_filled_fires_once,
)

if TYPE_CHECKING:
    from tests.connections import Connect


def test_they_run_through_ccxt(connect: Connect, venue: str) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    assert type(hook) is CcxtHook
    assert type(hook.exchange) is Ccxt
