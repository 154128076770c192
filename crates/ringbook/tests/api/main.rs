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
mod explain;
mod operator;
mod phone_manage;
mod phones;
mod retention;
#[path = "../end_to_end/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests use the rest.
mod support;

use account::{
    key as account_key, keys as account_keys, profile as account_profile, rotate as account_rotate,
};
use operator::{item as operator_item, list as operator_list};
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
