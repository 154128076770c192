//! What every store does alike: one suite, written once over `dyn Store`, run on each store of
//! the list at the end.
//!
//! [`place`] knows the stores, [`book`] says what an account must be after each commit, and
//! [`model`] compares the directory on each store with what the rules decide. [`opening`] is about files
//! only, [`groups`] and [`indexing`] about the history in SQLite's file, and [`database`] about what
//! is PostgreSQL's alone.

mod accounts;
mod answers;
mod backup;
mod book;
mod catch_up;
mod commits;
mod copy;
mod damage;
mod database;
mod groups;
mod history;
mod indexing;
mod kept;
mod keys;
mod model;
mod opening;
mod prune;
mod tables;
mod tokens;
mod versions;

use test_support::place;

/// Makes a test of each case.
macro_rules! tests {
    ($store:ident: $($module:ident { $($case:ident)+ })+) => {
        $(mod $module {
            $(#[test]
            fn $case() {
                crate::$module::$case(&crate::place::$store());
            })+
        })+
    };
}

/// What every store does.
macro_rules! every {
    ($store:ident) => {
        tests! { $store:
            accounts {
                a_new_account_is_found_under_its_name
                accounts_are_listed_by_name_with_their_counts
                a_deleted_account_is_gone_and_gives_its_id_to_no_other
            }
            answers {
                answers_are_kept_with_what_is_committed
                answers_of_what_is_stale_are_not_kept
                answers_without_changes_are_kept_and_raise_no_version
                answers_outlive_their_account
                a_new_account_comes_with_its_answer
            }
            catch_up {
                what_is_current_is_told_so
                rows_lead_to_what_is_stored
                a_version_that_is_not_in_the_history_means_reload
                too_much_to_follow_means_reload
                what_is_deleted_is_gone
            }
            commits {
                a_commit_writes_what_changed_and_raises_the_version
                a_stale_account_is_left_out_and_the_others_are_committed
                a_batch_without_changes_confirms_the_versions
                a_large_batch_is_committed_as_one
                a_commit_that_fails_leaves_nothing
            }
            history {
                pages_lead_through_the_history_of_each_account
                the_history_of_a_phone_is_its_own
            }
            keys {
                keys_are_kept_until_they_are_deleted
                keys_are_followed
                the_last_use_of_a_key_is_kept
                the_operators_keys_have_names
            }
            prune {
                changes_are_kept_from_some_time_on
                what_comes_after_a_kept_change_is_kept
                it_goes_on_in_slices_to_the_end
                old_answers_are_deleted_whoever_was_given_them
            }
            tokens {
                a_token_is_kept_until_the_next_one
                issues_of_more_than_an_hour_ago_are_forgotten
            }
            model {
                commands_do_what_the_rules_decide
            }
        }
    };
}

/// What a store does that outlives its process, is shared by several, and has tables that can be
/// read with plain SQL.
macro_rules! kept {
    ($store:ident) => {
        mod kept_and_shared {
            tests! { $store:
                damage {
                    a_sound_store_is_counted
                    what_breaks_a_rule_is_found
                    a_row_that_is_no_value_is_found
                    rows_that_do_not_belong_together_are_found
                    several_faults_are_all_told
                    each_account_is_looked_at
                    a_gap_in_the_history_means_reload
                }
                history {
                    the_history_is_one_whoever_wrote_it
                    a_page_of_a_phone_may_be_short
                }
                prune {
                    what_a_deleted_account_has_left_is_deleted
                }
                kept {
                    a_new_store_can_be_opened_by_many_at_once
                    a_store_can_be_opened_and_closed_by_many_at_once
                    all_is_there_again_after_reopening
                    what_one_commits_the_other_sees
                    what_others_commit_makes_stale
                    writers_at_once_lose_nothing
                }
                tables {
                    a_phone_is_a_row
                    assignments_are_listed_in_ring_order
                    each_change_is_a_row_of_the_history
                    a_change_tells_what_was_and_what_is
                    a_secret_is_told_as_changed
                }
                versions {
                    returns_the_version_of_the_last_commit_of_any_process
                    never_returns_a_version_older_than_a_finished_commit
                }
            }
        }
    };
}

/// What a store does that makes backups by itself.
macro_rules! copied {
    ($store:ident) => {
        tests! { $store:
            backup {
                a_backup_has_all_rows_and_can_be_edited
                refuses_a_target_that_exists_or_has_no_directory
            }
        }
    };
}

/// The same, of a store that others write to.
macro_rules! copied_while_shared {
    ($store:ident) => {
        mod copied_while_shared {
            tests! { $store:
                backup {
                    a_backup_is_one_snapshot_while_others_commit
                }
            }
        }
    };
}

/// What a store does whose engine has its own tools for backups.
macro_rules! copied_by_others {
    ($store:ident) => {
        tests! { $store:
            backup {
                postgres_refuses_and_names_its_own_tools
            }
        }
    };
}

/// Runs the suite on stores.
macro_rules! stores {
    ($($store:ident: $($more:ident)+;)+) => {
        $(mod $store {
            every! { $store }
            $($more! { $store })+
        })+
    };
}

stores! {
    memory: copied;
    sqlite: copied kept copied_while_shared;
    postgres: copied_by_others kept;
}
