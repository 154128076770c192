//! The feed of changes over one SQLite file.

use test_support::{Home, follow_through_kills};

#[test]
fn a_follower_sees_each_change_once_through_kills() {
    follow_through_kills(&Home::new(), 1);
}

#[test]
fn a_follower_of_two_processes_sees_each_change_once() {
    follow_through_kills(&Home::new(), 2);
}
