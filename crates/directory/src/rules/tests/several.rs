//! Many phones at once.

use super::commands::{create, import};
use super::*;
use crate::command::Saves::{AllOrNothing, GoodRows, Nothing};

#[test]
fn good_rows_are_saved_in_their_order() {
    let state = "111 Ravi General:1";
    let rows = "222 Mira General,QA; 333 Noor; 444 Zoe QA , General";
    let saved = "111 Ravi General:1; + 222 Mira General:2,QA:1; + 333 Noor; \
                 + 444 Zoe General:3,QA:2";
    check(state, &import(AllOrNothing, rows), saved);
    check(state, &import(GoodRows, rows), saved);
    check(state, &import(Nothing, rows), state);
}

#[test]
fn an_import_of_nothing_changes_nothing() {
    for saves in [AllOrNothing, GoodRows, Nothing] {
        check("111 Ravi", &import(saves, ""), "111 Ravi");
    }
}

#[test]
fn every_bad_row_is_told_and_the_mode_says_what_is_saved() {
    let state = "111 Ravi; 222 Mira";
    let rows = "333 Noor; 111 Zoe; 444 MIRA; 555 Ana Bogus; 666 Kim";
    let told = r#"! line 2: 111 belongs to "Ravi"; ! line 3: "Mira" belongs to 222;
                  ! line 4: no skill "Bogus" in this account"#;
    check(state, &import(AllOrNothing, rows), &format!("{state}; {told}"));
    check(state, &import(Nothing, rows), &format!("{state}; {told}"));
    check(state, &import(GoodRows, rows), &format!("{state}; + 333 Noor; + 666 Kim; {told}"));
}

#[test]
fn rows_collide_with_one_another() {
    let rows = "111 Ravi; 111 Mira; 222 RAVI; 111 Ravi; +111 Noor";
    let told = r#"! line 2: 111 belongs to "Ravi"; ! line 3: "Ravi" belongs to 111;
                  ! line 4: 111 belongs to "Ravi"; "Ravi" belongs to 111"#;
    check("", &import(AllOrNothing, rows), told);
    check("", &import(Nothing, rows), told);
    check("", &import(GoodRows, rows), &format!("+ 111 Ravi; + +111 Noor; {told}"));
}

#[test]
fn a_refused_row_takes_nothing() {
    // Neither its number nor its name nor a position is taken.
    check(
        "",
        &import(GoodRows, "111 Ravi QA,Bogus; 111 Mira QA; 222 Ravi QA"),
        r#"+ 111 Mira QA:1; + 222 Ravi QA:2; ! line 1: no skill "Bogus" in this account"#,
    );
}

#[test]
fn the_limit_may_be_reached_in_the_middle() {
    let state = "limit 3; 111 Ravi";
    let rows = "222 Mira; 111 Zoe; 333 Noor; 444 Ana; 222 Kim; 555 Lee Bogus";
    let told = r#"! line 2: 111 belongs to "Ravi"; ! line 4: holds 3 of at most 3 phone numbers;
                  ! line 5: 222 belongs to "Mira"; holds 3 of at most 3 phone numbers;
                  ! line 6: no skill "Bogus" in this account; holds 3 of at most 3 phone numbers"#;
    check(state, &import(AllOrNothing, rows), &format!("{state}; {told}"));
    check(state, &import(Nothing, rows), &format!("{state}; {told}"));
    check(state, &import(GoodRows, rows), &format!("{state}; + 222 Mira; + 333 Noor; {told}"));
    check(
        "limit 2",
        &import(AllOrNothing, "222 Mira; 333 Noor"),
        "limit 2; + 222 Mira; + 333 Noor",
    );
}

#[test]
fn a_list_of_skills_drops_spaces_and_empty_items() {
    for (skills, held) in [("QA,QA", " QA:1"), (" ,QA,, ", " QA:1"), (",", ""), ("  ", "")] {
        let rows = format!("111 Ravi {skills}");
        check("", &import(AllOrNothing, &rows), &format!("+ 111 Ravi{held}"));
    }
    check("", &import(GoodRows, "111 Ravi qa"), r#"! line 1: no skill "qa" in this account"#);
}

#[test]
fn what_is_not_saved_is_not_seen_by_the_next_command() {
    story(
        "111 Ravi General:1",
        &[
            (import(Nothing, "222 Mira General"), "111 Ravi General:1"),
            (
                import(AllOrNothing, "222 Mira General; 111 Noor"),
                r#"111 Ravi General:1; ! line 2: 111 belongs to "Ravi""#,
            ),
            (create("222 Mira", "General"), "111 Ravi General:1; + 222 Mira General:2"),
            (
                import(GoodRows, "333 Noor General; 222 Zoe"),
                r#"111 Ravi General:1; 222 Mira General:2; + 333 Noor General:3;
                   ! line 2: 222 belongs to "Mira""#,
            ),
            (create("333 Zoe", ""), r#"refused: 333 belongs to "Noor""#),
        ],
    );
}
