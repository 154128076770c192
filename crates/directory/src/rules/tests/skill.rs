//! The skills of a phone, those of an account, and ring orders (contract, "Skills").

use super::commands::{create, create_skills, delete, delete_skills, edit, faulty, order};
use super::commands::{delete_unused, rename};
use super::*;
use crate::limits::SKILLS_MAX;

#[test]
fn new_assignment_gets_the_last_ring_position() {
    check("", &create("111 Ravi", "General,QA"), "+ 111 Ravi General:1,QA:1");
    check(
        "111 Ravi General:5; 222 Mira General:3,QA:2",
        &create("333 Noor", "QA,General"),
        "111 Ravi General:5; 222 Mira General:3,QA:2; + 333 Noor General:6,QA:3",
    );
    check(
        "111 Ravi General:1; 222 Mira General:2; 333 Noor",
        &edit("333 Noor", "_ _", "+General"),
        "111 Ravi General:1; 222 Mira General:2; ~ 333 Noor General:3",
    );
}

#[test]
fn edit_unassigns_and_assigns() {
    check(
        "111 Ravi General:1,QA:2",
        &edit("111 Ravi", "_ _", "-QA +Sales"),
        "~ 111 Ravi General:1,Sales:1",
    );
    check("111 Ravi General:1,QA:2", &edit("111 Ravi", "_ _", "-General,QA"), "~ 111 Ravi");
    check("111 Ravi General:1", &edit("111 Ravi", "222 Mira", "+QA"), "~ 222 Mira General:1,QA:1");
}

#[test]
fn skill_in_both_lists_keeps_its_position() {
    let state = "111 Ravi General:1,QA:1; 222 Mira General:2";
    check(
        state,
        &edit("111 Ravi", "_ _", "-General,QA +General"),
        "~ 111 Ravi General:1; 222 Mira General:2",
    );
    check(state, &edit("111 Ravi", "_ _", "-General +General"), state);
    check(
        state,
        &edit("111 Ravi", "_ _", "-General,QA,Sales +General,QA,Sales"),
        "~ 111 Ravi General:1,QA:1,Sales:1; 222 Mira General:2",
    );
}

#[test]
fn edit_to_current_skills_changes_nothing() {
    let state = "111 Ravi General:1; 222 Mira General:2";
    check(state, &edit("111 Ravi", "_ _", "-QA"), state);
    check(state, &edit("111 Ravi", "_ _", "+General"), state);
    check(state, &edit("111 Ravi", "_ _", "-QA +General"), state);
    check(
        state,
        &edit("111 Ravi", "_ _", "+General,QA"),
        "~ 111 Ravi General:1,QA:1; 222 Mira General:2",
    );
}

#[test]
fn skill_listed_twice_counts_once() {
    check("", &create("111 Ravi", "QA,QA"), "+ 111 Ravi QA:1");
    check("111 Ravi QA:1", &edit("111 Ravi", "_ _", "-QA,QA"), "~ 111 Ravi");
}

#[test]
fn reassigned_skill_gets_a_new_position() {
    story(
        "111 Ravi General:1; 222 Mira General:2",
        &[
            (edit("111 Ravi", "_ _", "-General"), "~ 111 Ravi; 222 Mira General:2"),
            (edit("111 Ravi", "_ _", "+General"), "~ 111 Ravi General:3; 222 Mira General:2"),
            (delete("111 Ravi"), "- 111 Ravi General:3; 222 Mira General:2"),
            (create("111 Ravi", "General"), "222 Mira General:2; + 111 Ravi General:4"),
        ],
    );
}

#[test]
fn unknown_skill_saves_the_phone_without_skills() {
    for (skills, fault) in [
        ("+QA,Bogus", r#"! assign: no skill "Bogus" in this account"#),
        ("-General,Bogus", r#"! unassign: no skill "Bogus" in this account"#),
        ("-General +Bogus", r#"! assign: no skill "Bogus" in this account"#),
        ("-Bogus +QA", r#"! unassign: no skill "Bogus" in this account"#),
        ("-Fake +Bogus", r#"! unassign: no skill "Fake" in this account"#),
        ("-Bogus +Bogus", r#"! unassign: no skill "Bogus" in this account"#),
        ("+Bogus,Fake", r#"! assign: no skill "Bogus" in this account"#),
        ("+general", r#"! assign: no skill "general" in this account"#),
    ] {
        let outcome = format!("~ 222 Mira General:1; {fault}");
        check("111 Ravi General:1", &edit("111 Ravi", "222 Mira", skills), &outcome);
        let outcome = format!("111 Ravi General:1; {fault}");
        check("111 Ravi General:1", &edit("111 Ravi", "_ _", skills), &outcome);
    }
    check(
        "",
        &create("111 Ravi", "QA,Bogus"),
        r#"+ 111 Ravi; ! assign: no skill "Bogus" in this account"#,
    );
}

#[test]
fn empty_list_or_unknown_key_saves_the_phone_without_skills() {
    for (fault, line) in [
        (SkillFault::NamesNone { list: SkillList::Assign }, "! assign: names no skill"),
        (SkillFault::NamesNone { list: SkillList::Unassign }, "! unassign: names no skill"),
        (SkillFault::UnknownKey { key: "skils".to_owned() }, "! skils: not a field for skills"),
    ] {
        let command = edit("111 Ravi", "222 _", "-General +QA");
        let outcome = format!("~ 222 Ravi General:1; {line}");
        check("111 Ravi General:1", &faulty(command, fault.clone()), &outcome);
        let outcome = format!("+ 111 Ravi; {line}");
        check("", &faulty(create("111 Ravi", "QA"), fault.clone()), &outcome);
        // It is the last check: a refusal of the phone takes precedence.
        let taken = faulty(create("111 Mira", "QA"), fault);
        check("111 Ravi", &taken, r#"refused: 111 belongs to "Ravi""#);
    }
}

#[test]
fn creates_skills_with_new_ids() {
    check("", &create_skills("Idle,Night Shift"), "skills General,QA,Sales,+Idle,+Night Shift");
    check("", &create_skills("general,qa"), "skills General,QA,Sales,+general,+qa");
    check("", &create_skills(""), "");
    story(
        "111 Ravi QA:7",
        &[
            (delete_skills("QA"), "skills General,-QA,Sales; ~ 111 Ravi"),
            // Created anew it is another skill: at the end, and nobody has it.
            (create_skills("QA"), "skills General,Sales,+QA; 111 Ravi"),
            (edit("111 Ravi", "_ _", "+QA"), "skills General,Sales,QA; ~ 111 Ravi QA:1"),
        ],
    );
}

#[test]
fn refuses_to_create_an_existing_skill() {
    check("", &create_skills("Idle,QA"), r#"refused: the skill "QA" exists already"#);
    check("", &create_skills("Idle,Idle"), r#"refused: the skill "Idle" exists already"#);
}

#[test]
fn refuses_the_10001st_skill() {
    let names = |count| {
        let names: Vec<_> = (0..count).map(|n| format!("S{n}")).collect();
        names.join(",")
    };
    let full = format!("skills {}", names(SKILLS_MAX));
    let nearly_full = format!("skills {}", names(SKILLS_MAX - 1));
    let refused = "refused: an account has at most 10000 skills";
    check(&full, &create_skills("Idle"), refused);
    check(&nearly_full, &create_skills("Idle,Night"), refused);
    let outcome = format!("skills {},+Idle", names(SKILLS_MAX - 1));
    check(&nearly_full, &create_skills("Idle"), &outcome);
}

/// An id names a skill for good and has 20 bits in an assignment.
#[test]
fn refuses_new_skills_when_ids_are_used_up() {
    let mut account = notation::new_account();
    account.counters.next_skill_id = (1 << 20) - 1;
    let mut view = View::new(&account);
    assert!(decide(&mut view, &create_skills("Last")).is_ok());
    decide(&mut view, &create("111 Ravi", "Last")).unwrap();
    assert!(decide(&mut view, &create_skills("Idle")).is_err());
}

#[test]
fn delete_unassigns_skills() {
    check(
        "111 Ravi General:1,QA:1; 222 Mira QA:2,Sales:1; 333 Noor Sales:2",
        &delete_skills("General,QA"),
        "skills -General,-QA,Sales; ~ 111 Ravi; ~ 222 Mira Sales:1; 333 Noor Sales:2",
    );
    check("111 Ravi", &delete_skills("QA,QA"), "skills General,-QA,Sales; 111 Ravi");
    check("111 Ravi QA:1", &delete_skills(""), "111 Ravi QA:1");
}

#[test]
fn delete_of_an_unknown_skill_deletes_none() {
    let refused = |name| format!(r#"refused: no skill "{name}" in this account"#);
    check("111 Ravi QA:1", &delete_skills("QA,Bogus"), &refused("Bogus"));
    check("111 Ravi QA:1", &delete_skills("qa"), &refused("qa"));
    story(
        "",
        &[
            (delete_skills("QA"), "skills General,-QA,Sales"),
            (delete_skills("QA"), &refused("QA")),
            (order("QA", ""), &refused("QA")),
            (
                create("111 Ravi", "QA"),
                &format!(
                    "skills General,Sales; + 111 Ravi; ! assign: {}",
                    &refused("QA")["refused: ".len()..]
                ),
            ),
        ],
    );
}

#[test]
fn renamed_skill_keeps_its_assignments() {
    story(
        "111 Ravi QA:4; 222 Mira QA:2",
        &[
            (
                rename("QA", "Quality"),
                "skills General,~Quality,Sales; 111 Ravi Quality:4; 222 Mira Quality:2",
            ),
            (
                edit("222 Mira", "_ _", "-Quality"),
                "skills General,Quality,Sales; 111 Ravi Quality:4; ~ 222 Mira",
            ),
            // Its ring order goes on where it was, and its former name is free.
            (
                edit("222 Mira", "_ _", "+Quality"),
                "skills General,Quality,Sales; 111 Ravi Quality:4; ~ 222 Mira Quality:5",
            ),
            (
                create_skills("QA"),
                "skills General,Quality,Sales,+QA; 111 Ravi Quality:4; 222 Mira Quality:5",
            ),
            (rename("QA", "Quality"), r#"refused: the skill "Quality" exists already"#),
        ],
    );
}

#[test]
fn renames_to_free_names_only() {
    check("", &rename("QA", "Sales"), r#"refused: the skill "Sales" exists already"#);
    check("", &rename("Bogus", "Sales"), r#"refused: no skill "Bogus" in this account"#);
    check("", &rename("qa", "QA"), r#"refused: no skill "qa" in this account"#);
    check("", &rename("QA", "qa"), "skills General,~qa,Sales");
    check("", &rename("QA", "QA"), "");
}

#[test]
fn delete_unused_refuses_assigned_skills() {
    let state = "111 Ravi General:1,QA:1; 222 Mira QA:2";
    check(state, &delete_unused("Sales"), &format!("skills General,QA,-Sales; {state}"));
    check(state, &delete_unused("Sales,Sales"), &format!("skills General,QA,-Sales; {state}"));
    check(state, &delete_unused(""), state);
    for (names, refusal) in [
        ("QA", r#"the skill "QA" is assigned to 2 phones"#),
        ("Sales,General", r#"the skill "General" is assigned to 1 phone"#),
        ("QA,General", r#"the skill "QA" is assigned to 2 phones"#),
        ("QA,Bogus", r#"no skill "Bogus" in this account"#),
    ] {
        check(state, &delete_unused(names), &format!("refused: {refusal}"));
    }
}
