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
mod phones;
mod retention;
#[path = "../end_to_end/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests use the rest.
mod support;

use account::keys as account_keys;
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
    retention {
        history_that_is_too_old_is_deleted_and_told_so
    }
}
