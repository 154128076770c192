//! Several commands at once, many phones to create among them.

use super::commands::{create, create_skills, delete, delete_skills, edit, import, limit};
use super::commands::{order, place, rename, several, strict};
use super::*;
use crate::command::Saves::{AllOrNothing, GoodRows, Nothing};

#[test]
fn saves_rows_in_order() {
    let state = "111 Ravi General:1";
    let rows = "222 Mira General,QA; 333 Noor; 444 Zoe QA , General";
    let saved = "111 Ravi General:1; + 222 Mira General:2,QA:1; + 333 Noor; \
                 + 444 Zoe General:3,QA:2";
    check(state, &import(AllOrNothing, rows), saved);
    check(state, &import(GoodRows, rows), saved);
    check(state, &import(Nothing, rows), state);
}

#[test]
fn reports_every_bad_row_in_each_mode() {
    let state = "111 Ravi; 222 Mira";
    let rows = "333 Noor; 111 Zoe; 444 MIRA; 555 Ana Bogus; 666 Kim";
    let faults = r#"! line 2: 111 belongs to "Ravi"; ! line 3: "Mira" belongs to 222;
                  ! line 4: no skill "Bogus" in this account"#;
    check(state, &import(AllOrNothing, rows), &format!("{state}; {faults}"));
    check(state, &import(Nothing, rows), &format!("{state}; {faults}"));
    check(state, &import(GoodRows, rows), &format!("{state}; + 333 Noor; + 666 Kim; {faults}"));
}

#[test]
fn rejects_rows_that_collide_with_earlier_rows() {
    let rows = "111 Ravi; 111 Mira; 222 RAVI; 111 Ravi; +111 Noor";
    let faults = r#"! line 2: 111 belongs to "Ravi"; ! line 3: "Ravi" belongs to 111;
                  ! line 4: 111 belongs to "Ravi"; "Ravi" belongs to 111"#;
    check("", &import(AllOrNothing, rows), faults);
    check("", &import(Nothing, rows), faults);
    check("", &import(GoodRows, rows), &format!("+ 111 Ravi; + +111 Noor; {faults}"));
}

#[test]
fn refused_row_takes_no_number_name_or_position() {
    // Neither its number nor its name nor a position is taken.
    check(
        "",
        &import(GoodRows, "111 Ravi QA,Bogus; 111 Mira QA; 222 Ravi QA"),
        r#"+ 111 Mira QA:1; + 222 Ravi QA:2; ! line 1: no skill "Bogus" in this account"#,
    );
}

#[test]
fn refuses_rows_over_the_limit() {
    let state = "limit 3; 111 Ravi";
    let rows = "222 Mira; 111 Zoe; 333 Noor; 444 Ana; 222 Kim; 555 Lee Bogus";
    let faults = r#"! line 2: 111 belongs to "Ravi"; ! line 4: holds 3 of at most 3 phone numbers;
                  ! line 5: 222 belongs to "Mira"; holds 3 of at most 3 phone numbers;
                  ! line 6: no skill "Bogus" in this account; holds 3 of at most 3 phone numbers"#;
    check(state, &import(AllOrNothing, rows), &format!("{state}; {faults}"));
    check(state, &import(Nothing, rows), &format!("{state}; {faults}"));
    check(state, &import(GoodRows, rows), &format!("{state}; + 222 Mira; + 333 Noor; {faults}"));
    check(
        "limit 2",
        &import(AllOrNothing, "222 Mira; 333 Noor"),
        "limit 2; + 222 Mira; + 333 Noor",
    );
}

#[test]
fn next_command_ignores_unsaved_rows() {
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

#[test]
fn rows_of_all_kinds_see_earlier_rows() {
    let commands = || {
        [
            create_skills("Idle"),
            create("222 Mira", "Idle,QA"),
            edit("111 Ravi", "_ _", "+Idle"),
            place("Idle", "111", 1),
            rename("Idle", "Night"),
            delete("#2 Mira"),
            delete_skills("QA"),
            limit(1),
        ]
    };
    let after = "skills General,-QA,Sales,+Night; ~ 111 Ravi Night:1";
    let after = format!("~ limit 1; {after}");
    check("111 Ravi QA:1", &several(AllOrNothing, commands()), &after);
    check("111 Ravi QA:1", &several(GoodRows, commands()), &after);
    check("111 Ravi QA:1", &several(Nothing, commands()), "111 Ravi QA:1");
    let one_more = commands().into_iter().chain([create("333 Noor", "")]);
    check(
        "111 Ravi QA:1",
        &several(AllOrNothing, one_more),
        "111 Ravi QA:1; ! line 9: holds 1 of at most 1 phone numbers",
    );
}

#[test]
fn counts_changes_by_row() {
    let account = account("111 Ravi QA:1; 222 Mira QA:2; 333 Noor QA:3");
    let rows = || {
        [
            order("QA", "333"),
            order("QA", "333"),
            create("333 Zoe", ""),
            create_skills("Idle,Night"),
            delete_skills("QA"),
        ]
    };
    let changes = |saves| {
        let decision = decide(&mut View::new(&account), &several(saves, rows())).unwrap();
        assert_eq!(decision.row_faults.len(), 1);
        (decision.row_changes, decision.changes.len())
    };
    assert_eq!(changes(GoodRows), (vec![3, 0, 0, 2, 4], 9));
    assert_eq!(changes(AllOrNothing), (vec![], 0));
    assert_eq!(changes(Nothing), (vec![], 0));
}

/// The result of a row cannot report that a phone was saved without its skills.
#[test]
fn skill_fault_refuses_a_lenient_row() {
    let faults = r#"! line 1: no skill "Bogus" in this account"#;
    for command in [create("111 Ravi", "QA,Bogus"), strict(create("111 Ravi", "QA,Bogus"))] {
        check(
            "",
            &several(GoodRows, [command, create("111 Mira", "QA")]),
            &format!("+ 111 Mira QA:1; {faults}"),
        );
    }
}

#[test]
fn refuses_rows_after_the_account_is_deleted() {
    let rows = || [Command::DeleteAccount, create("222 Mira", "")];
    let faults = "! line 2: there is no such account";
    check("111 Ravi", &several(AllOrNothing, rows()), &format!("111 Ravi; {faults}"));
    let gone = format!("skills -General,-QA,-Sales; - 111 Ravi; {faults}");
    check("111 Ravi", &several(GoodRows, rows()), &gone);
}
