//! The ring order of a skill.

use super::commands::{create, delete, edit, order, place, whole};
use super::*;

const THREE: &str = "111 Ravi General:1; 222 Mira General:2; 333 Noor General:3";

#[test]
fn listed_phones_ring_first_and_others_keep_their_order() {
    check(
        THREE,
        &order("General", "333"),
        "~ 111 Ravi General:2; ~ 222 Mira General:3; ~ 333 Noor General:1",
    );
    check(
        THREE,
        &order("General", "333 111"),
        "~ 111 Ravi General:2; ~ 222 Mira General:3; ~ 333 Noor General:1",
    );
    check(
        THREE,
        &order("General", "222 333 111"),
        "~ 111 Ravi General:3; ~ 222 Mira General:1; ~ 333 Noor General:2",
    );
}

#[test]
fn order_changes_only_moved_phones() {
    check(
        THREE,
        &order("General", "222"),
        "~ 111 Ravi General:2; ~ 222 Mira General:1; 333 Noor General:3",
    );
    check(
        THREE,
        &order("General", "333 222 111"),
        "~ 111 Ravi General:3; 222 Mira General:2; ~ 333 Noor General:1",
    );
    for first in ["", "111", "111 222", "111 222 333"] {
        check(THREE, &order("General", first), THREE);
    }
    check("111 Ravi", &order("General", ""), "111 Ravi");
}

#[test]
fn order_permutes_the_existing_positions() {
    check(
        "111 Ravi General:9; 222 Mira General:2; 333 Noor General:5",
        &order("General", "111"),
        "~ 111 Ravi General:2; ~ 222 Mira General:5; ~ 333 Noor General:9",
    );
    check(
        "111 Ravi General:9; 222 Mira General:2; 333 Noor General:5",
        &order("General", "222 333 111"),
        "111 Ravi General:9; 222 Mira General:2; 333 Noor General:5",
    );
}

#[test]
fn order_keeps_other_skills_and_phones() {
    check(
        "111 Ravi General:1,QA:1; 222 Mira QA:2; 333 Noor General:2,QA:3,Sales:8; 444 Zoe",
        &order("General", "333"),
        "~ 111 Ravi General:2,QA:1; 222 Mira QA:2; ~ 333 Noor General:1,QA:3,Sales:8; 444 Zoe",
    );
}

#[test]
fn refuses_wrong_phones_in_an_order() {
    let state = "111 Ravi General:1; 222 Mira General:2; 333 Noor QA:1";
    for (skill, first, refusal) in [
        ("Bogus", "111", r#"no skill "Bogus" in this account"#),
        ("general", "111", r#"no skill "general" in this account"#),
        ("General", "222 333", r#"333 is not assigned to "General""#),
        ("General", "444", "no phone 444 in this account"),
        ("General", "#3", r#"333 is not assigned to "General""#),
        ("General", "#4", "no phone with the id 4 in this account"),
        ("General", "#1 111", "111 is listed twice"),
        ("General", "+111", "no phone +111 in this account"),
        ("General", "222 111 222", "222 is listed twice"),
        ("General", "111 111", "111 is listed twice"),
        (
            "General",
            "111 111 333 444",
            r#"111 is listed twice; 333 is not assigned to "General"; no phone 444 in this account"#,
        ),
    ] {
        check(state, &order(skill, first), &format!("refused: {refusal}"));
    }
}

#[test]
fn later_assignments_follow_the_new_order() {
    story(
        THREE,
        &[
            (
                order("General", "333"),
                "~ 111 Ravi General:2; ~ 222 Mira General:3; ~ 333 Noor General:1",
            ),
            (
                create("444 Zoe", "General"),
                "111 Ravi General:2; 222 Mira General:3; 333 Noor General:1; + 444 Zoe General:4",
            ),
            (
                delete("222 Mira"),
                "111 Ravi General:2; - 222 Mira General:3; 333 Noor General:1; 444 Zoe General:4",
            ),
            (
                edit("333 Noor", "_ _", "-General"),
                "111 Ravi General:2; ~ 333 Noor; 444 Zoe General:4",
            ),
            (order("General", "333"), r#"refused: 333 is not assigned to "General""#),
            (order("General", "444"), "~ 111 Ravi General:4; 333 Noor; ~ 444 Zoe General:2"),
        ],
    );
}

#[test]
fn whole_order_needs_each_phone_once() {
    let outcome = "~ 111 Ravi General:3; ~ 222 Mira General:1; ~ 333 Noor General:2";
    check(THREE, &whole("General", "222 333 111"), outcome);
    check(THREE, &whole("General", "#2 333 #1"), outcome);
    check(THREE, &whole("General", "111 222 333"), THREE);
    check("111 Ravi", &whole("General", ""), "111 Ravi");
    for (phones, refusal) in [
        ("", "3 of the skill's phones are missing, 111 for one"),
        ("333", "2 of the skill's phones are missing, 111 for one"),
        ("333 111", "1 of the skill's phones is missing, 222 for one"),
        ("333 111 333", "333 is listed twice; 1 of the skill's phones is missing, 222 for one"),
        ("333 111 222 444", "no phone 444 in this account"),
        (
            "333 444 333",
            "no phone 444 in this account; 333 is listed twice; \
             2 of the skill's phones are missing, 111 for one",
        ),
    ] {
        check(THREE, &whole("General", phones), &format!("refused: {refusal}"));
    }
    check("", &whole("Bogus", ""), r#"refused: no skill "Bogus" in this account"#);
}

#[test]
fn move_puts_a_phone_at_a_position_counted_from_1() {
    let first = "~ 111 Ravi General:2; ~ 222 Mira General:3; ~ 333 Noor General:1";
    let last = "~ 111 Ravi General:3; ~ 222 Mira General:1; ~ 333 Noor General:2";
    for (phone, to, outcome) in [
        ("333", 0, first),
        ("333", 1, first),
        ("#3", 1, first),
        ("333", 2, "111 Ravi General:1; ~ 222 Mira General:3; ~ 333 Noor General:2"),
        ("333", 3, THREE),
        ("333", 4, THREE),
        ("222", 2, THREE),
        ("222", 1, "~ 111 Ravi General:2; ~ 222 Mira General:1; 333 Noor General:3"),
        ("111", 2, "~ 111 Ravi General:2; ~ 222 Mira General:1; 333 Noor General:3"),
        ("111", 3, last),
        ("111", 4, last),
        ("111", usize::MAX, last),
        ("444", 1, "refused: no phone 444 in this account"),
        ("#4", 1, "refused: no phone with the id 4 in this account"),
    ] {
        check(THREE, &place("General", phone, to), outcome);
    }
    check("111 Ravi General:7", &place("General", "111", 9), "111 Ravi General:7");
    check("111 Ravi", &place("QA", "111", 1), r#"refused: 111 is not assigned to "QA""#);
}

/// Two phones of a skill can share a position in a store that was edited by hand.
#[test]
fn order_separates_phones_that_share_a_position() {
    let state = "111 Ravi General:4; 222 Mira General:4; 333 Noor General:4";
    check(
        state,
        &order("General", "111"),
        "111 Ravi General:4; ~ 222 Mira General:5; ~ 333 Noor General:6",
    );
    check(
        state,
        &order("General", "222"),
        "~ 111 Ravi General:5; 222 Mira General:4; ~ 333 Noor General:6",
    );
    story(
        state,
        &[
            (
                order("General", "333"),
                "~ 111 Ravi General:5; ~ 222 Mira General:6; 333 Noor General:4",
            ),
            (
                create("444 Zoe", "General"),
                "111 Ravi General:5; 222 Mira General:6; 333 Noor General:4; + 444 Zoe General:7",
            ),
        ],
    );
}
