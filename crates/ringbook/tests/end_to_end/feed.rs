//! The feed of changes over one SQLite file.

use test_support::{Home, follow_through_kills};

#[test]
fn a_reader_who_comes_and_goes_sees_each_change_once() {
    follow_through_kills(&Home::new(), 1);
}

#[test]
fn so_does_one_of_two_processes() {
    follow_through_kills(&Home::new(), 2);
}
