# ruff: noqa: F401

"""The very tests that native adapters pass, through ccxt."""

from __future__ import annotations

from tests.operations.test_cancel_order import (
    test_a_cancel_in_progress_is_waited_for,
    test_a_lagging_read_is_not_believed,
    test_a_partial_fill_is_reported,
    test_a_refusal_is_repeated_once_and_then_final,
    test_a_refusal_of_what_is_gone_is_no_failure_where_reads_lag,
    test_an_ended_order_is_only_read,
    test_an_open_order_is_cancelled_and_read_back,
    test_an_order_cancelled_by_someone_else_meanwhile_is_gone_all_the_same,
    test_an_order_filled_while_being_cancelled_is_filled,
    test_an_order_that_becomes_readable_late_is_cancelled,
    test_an_order_that_stays_open_fails_by_name,
    test_an_unknown_order_is_not_found_only_after_a_grace_window,
    test_the_deadline_holds_while_nothing_answers,
    test_the_right_id_with_another_symbol_names_no_order,
    test_without_waiting_an_acknowledgement_suffices,
    test_without_waiting_an_ambiguous_cancel_is_still_read,
)
from tests.operations.test_cancel_orders import (
    test_a_dry_run_sends_nothing_but_reads,
    test_a_member_that_batches_ignore_is_reached_singly,
    test_bare_ids_stand_beside_one_symbol,
    test_everything_open_goes_conditional_orders_too,
    test_fills_on_the_way_are_counted_as_fills,
    test_max_orders_counts_over_all_rounds,
    test_more_than_max_orders_are_refused_before_any_cancel,
    test_named_orders_go_and_no_other,
    test_named_orders_of_other_markets_are_told_apart,
    test_named_orders_that_never_were_are_not_found,
    test_one_tasks_result_feeds_the_next,
    test_only_the_given_side_goes,
    test_only_the_given_symbols_go,
    test_only_the_old_ones_go_by_the_venues_clock,
    test_orders_that_appear_meanwhile_are_taken_in_the_next_round,
    test_stale_lists_only_take_longer,
    test_survivors_are_named_and_only_they,
    test_survivors_of_a_deadline_are_named,
    test_without_waiting_acknowledged_is_unknown,
)
from tests.operations.test_changes import (
    test_a_change_between_live_states_is_told,
    test_an_order_that_cannot_be_read_for_a_while_is_waited_for,
    test_each_change_is_told_once,
    test_nothing_left_the_list_costs_the_list_alone,
)
from tests.operations.test_watch import (
    test_one_order_is_read_by_itself,
    test_orders_that_no_list_shows_are_read_directly_a_few_at_a_time,
    test_while_the_list_lags_what_it_shows_is_not_settled,
)
