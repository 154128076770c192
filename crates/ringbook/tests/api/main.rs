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
mod changes;
mod phones;
mod retention;
#[path = "../end_to_end/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests use the rest.
mod support;

use account::keys as account_keys;
use changes::{
    at as changes_at, feed as changes_feed, item as changes_item, list as changes_list,
    revert as changes_revert, stream as changes_stream,
};
use phones::{create as phones_create, item as phones_item, list as phones_list};

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
    changes_revert {
        an_edit_and_a_deletion_are_taken_back
        an_import_is_taken_back_as_a_whole
        what_stands_in_the_way_is_named
        a_wrong_request_is_told_so
        a_revert_that_is_sent_again_gets_the_first_answer
        a_change_is_taken_back_once
        a_revert_undoes_no_edit_that_it_does_not_name
    }
    changes_stream {
        a_stream_begins_now_and_tells_each_change
        a_stream_goes_on_where_it_is_told
        a_stream_that_cannot_begin_is_a_problem
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
    retention {
        history_that_is_too_old_is_deleted_and_told_so
    }
}
