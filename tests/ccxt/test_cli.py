# ruff: noqa: F401

"""The very tests of the command line that native adapters pass, through ccxt."""

from __future__ import annotations

from tests.cli.test_commands import (
    answer,
    no_audit_log,
    test_a_dry_run_sends_nothing_and_asks_nothing,
    test_a_selection,
    test_an_order_that_was_filled_is_a_failure,
    test_everything_is_cancelled_after_it_was_shown,
    test_one_order_is_cancelled,
    test_open_orders_are_listed,
    test_survivors_are_named_and_the_exit_code_says_so,
)
