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
mod phones;
mod retention;
#[path = "../end_to_end/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests use the rest.
mod support;

use account::keys as account_keys;
use bulk::{
    export as bulk_export, import as bulk_import, parts as bulk_parts, whole as bulk_whole,
};
use phones::{create as phones_create, item as phones_item, list as phones_list};

on_every_store! {
    account_keys {
        strangers_and_narrow_keys_are_kept_out
        a_key_is_told_once_and_listed
        a_key_is_made_for_so_many_days
        all_that_is_wrong_with_a_new_key_is_told
        a_trial_makes_no_key
        a_replay_tells_no_key
        each_account_has_its_own_keys
    }
    phones {
        strangers_and_narrow_keys_are_kept_out
        a_phone_of_another_account_is_not_found
        a_request_that_is_sent_again_gets_the_first_answer
    }
    phones_list {
        a_list_is_filtered_sorted_and_paged
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
    }
}
