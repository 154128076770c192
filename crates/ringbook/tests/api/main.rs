//! The native API, route by route: a module for each branch of the tree of paths, every test on
//! SQLite and on PostgreSQL, against a real server.

mod world;

/// Makes a test of each case, on every store.
macro_rules! on_every_store {
    ($($module:ident { $($case:ident)+ })+) => {
        mod sqlite {
            $(mod $module {
                $(#[test]
                fn $case() {
                    crate::$module::$case(&mut crate::world::World::sqlite());
                })+
            })+
        }
        mod postgres {
            $(mod $module {
                $(#[test]
                fn $case() {
                    crate::$module::$case(&mut crate::world::World::postgres());
                })+
            })+
        }
    };
}

mod account;
mod bulk;
mod changes;
mod description;
mod explain;
mod operator;
mod phone_manage;
mod phones;
mod requests;
mod retention;
mod skills;
#[path = "../end_to_end/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests use the rest.
mod support;

use account::{
    key as account_key, keys as account_keys, profile as account_profile, rotate as account_rotate,
};
use bulk::{
    export as bulk_export, import as bulk_import, parts as bulk_parts, whole as bulk_whole,
};
use changes::{
    at as changes_at, feed as changes_feed, item as changes_item, list as changes_list,
    obstacle as changes_obstacle, request as changes_request, revert as changes_revert,
    stream as changes_stream,
};
use operator::{item as operator_item, list as operator_list};
use phones::{create as phones_create, item as phones_item, list as phones_list};
use skills::ring_order as skills_ring_order;

on_every_store! {
    changes {
        strangers_and_narrow_keys_are_kept_out
        what_another_account_has_done_is_not_there
    }
    changes_at {
        every_state_is_found_again
        before_the_account_there_was_nothing
        the_past_stays_while_others_write
    }
    changes_feed {
        the_feed_has_each_change_once_and_oldest_first
        a_reader_waits_for_the_next_change
        a_key_that_is_deleted_meanwhile_is_told_nothing
        a_cursor_that_is_ahead_is_refused
        who_waits_holds_no_stop_up
    }
    changes_item {
        a_change_is_the_one_of_the_list
    }
    changes_list {
        changes_tell_what_they_changed
        what_is_not_of_phones_is_told_without_secrets
        the_history_is_paged_newest_first
        a_phone_and_a_skill_have_a_history
        wrong_parameters_are_all_told
    }
    changes_obstacle {
        what_a_phone_has_that_another_one_had_is_named
        what_became_of_a_skill_is_named
        a_limit_that_is_reached_is_named_or_who_reached_it
        the_limit_is_the_operators
        a_place_that_was_given_out_again_makes_room
    }
    changes_request {
        an_import_is_taken_back_as_a_whole
        an_import_that_took_long_is_taken_back_as_a_whole
        what_is_brought_back_is_named
    }
    changes_revert {
        an_edit_and_a_deletion_are_taken_back
        what_stands_in_the_way_is_named
        a_wrong_request_is_told_so
        a_revert_that_is_sent_again_gets_the_first_answer
        a_change_is_taken_back_once
        a_revert_undoes_no_edit_that_it_does_not_name
    }
    changes_stream {
        a_stream_begins_now_and_tells_each_change
        a_stream_goes_on_where_it_is_told
        a_stream_is_for_who_wants_one
        a_stream_that_cannot_begin_is_a_problem
        a_reader_that_is_overtaken_is_told_so
        a_stream_ends_with_the_key_that_opened_it
        a_stream_ends_with_the_account
        streams_hold_no_stop_up
        a_stream_without_changes_shows_that_it_is_there
        an_account_has_so_many_readers_and_no_more
    }
    account_keys {
        strangers_and_narrow_keys_are_kept_out
        a_key_is_told_once_and_listed
        a_key_is_made_for_so_many_days
        all_that_is_wrong_with_a_new_key_is_told
        a_trial_makes_no_key
        a_replay_tells_no_key
        each_account_has_its_own_keys
    }
    account_key {
        a_key_is_renamed_and_lasts_longer
        all_that_is_wrong_with_an_edit_is_told
        a_deleted_key_is_not_valid
        the_own_key_is_neither_edited_nor_deleted
    }
    account_rotate {
        a_rotated_key_goes_on_for_the_overlap
        without_an_overlap_the_old_key_is_gone
        the_own_key_goes_on_as_another_one
        a_rotation_is_done_once
        a_wrong_rotation_is_told
    }
    operator {
        nobody_else_gets_here
        a_deleted_key_is_not_valid
        an_account_sees_what_the_operator_sets
        the_log_tells_which_account_was_worked_on
    }
    operator_list {
        accounts_are_listed_page_by_page
        an_account_is_made_and_works_at_once
        an_account_comes_with_the_key_that_is_brought
        an_account_is_made_once
        all_that_is_wrong_with_a_new_account_is_told
    }
    operator_item {
        an_account_is_edited
        one_of_many_edits_of_a_state_is_done
        what_an_account_does_is_none_of_its_settings
        a_deleted_account_is_gone_and_its_name_is_free
        a_lost_key_is_replaced
    }
    account_profile {
        an_account_sees_what_it_holds
        an_account_sets_its_authentication_and_no_limit
    }
    explain {
        strangers_and_narrow_keys_are_kept_out
        a_phone_that_rings_has_its_place
        what_is_nearly_the_same_is_told
        what_the_history_knows_is_told
    }
    phone_manage {
        what_would_be_done_is_told
        the_check_that_fails_is_told
        a_request_that_was_carried_out_would_be_replayed
        strangers_learn_nothing
    }
    phones {
        strangers_and_narrow_keys_are_kept_out
        a_phone_of_another_account_is_not_found
        a_request_that_is_sent_again_gets_the_first_answer
    }
    requests {
        a_refusal_stays_what_it_was
        a_condition_that_nobody_looks_at_is_refused
        what_a_client_has_is_not_sent_again
        whatever_is_wrong_with_a_path_is_a_problem
        an_encoded_body_is_refused
        a_large_body_that_is_refused_is_told_so
    }
    phones_list {
        a_list_is_filtered_sorted_and_paged
        a_cursor_is_of_one_order
        wrong_parameters_are_all_told
    }
    phones_create {
        a_phone_is_created_where_it_says
        all_that_is_wrong_with_a_new_phone_is_told
        a_trial_creates_nothing
    }
    phones_item {
        a_phone_is_found_by_id_and_by_number
        an_edit_changes_what_it_names
        an_edit_of_another_state_is_refused
        a_deleted_phone_is_gone
    }
    bulk {
        strangers_and_narrow_keys_are_kept_out_of_bulk
        what_is_wrong_with_a_bulk_request_is_told
        a_file_that_cannot_be_read_is_said
        a_key_is_of_one_request
    }
    bulk_whole {
        rows_are_done_in_order_and_told
        one_refused_row_leaves_all_out_and_every_one_is_told
        phones_of_another_account_are_not_found_by_rows
        a_trial_of_rows_changes_nothing
        rows_that_are_sent_again_are_done_once
        a_hundred_thousand_rows_are_one_request
    }
    bulk_parts {
        good_rows_are_done_and_bad_ones_told
        a_file_that_breaks_in_the_middle_tells_what_was_done
        parts_that_are_sent_again_are_done_once
        an_import_that_is_cut_off_goes_on_where_it_was
        whoever_goes_away_leaves_whole_parts
        an_account_has_few_bulk_requests_at_a_time
    }
    bulk_import {
        a_file_from_a_spreadsheet_is_imported_over_http
        json_lines_are_imported
        numbers_that_a_spreadsheet_spoilt_are_explained
    }
    bulk_export {
        an_export_is_filtered_and_can_be_imported
        an_export_has_the_format_that_is_asked_for
        an_export_shows_the_past
        an_export_of_many_phones_is_whole
    }
    retention {
        history_that_is_too_old_is_deleted_and_told_so
        a_request_that_is_kept_is_taken_back
    }
    description {
        the_description_and_the_router_agree
    }
    skills {
        strangers_and_narrow_keys_are_kept_out
        a_skill_of_another_account_is_not_found
        skills_are_made_renamed_and_deleted
        names_that_cannot_be_are_refused
        a_rename_that_is_sent_again_gets_the_first_answer
    }
    skills_ring_order {
        one_phone_is_moved_and_the_others_keep_their_order
        a_whole_order_is_replaced
        an_order_that_somebody_else_has_changed_is_not_replaced
        all_that_is_wrong_with_an_order_is_told
    }
}
