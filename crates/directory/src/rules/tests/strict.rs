//! Strict commands, sets of skills, and commands that expect a state.

use super::commands::{create, delete, edit, expecting, faulty, lookup, order, place, strict};
use super::*;
use crate::command::PhoneLookup;

const NO_BOGUS: &str = r#"no skill "Bogus" in this account"#;

#[test]
fn strict_command_is_refused_for_a_skill_fault() {
    let refused = format!("refused: {NO_BOGUS}");
    check("111 Ravi", &strict(edit("111 Ravi", "222 _", "+QA,Bogus")), &refused);
    check("111 Ravi", &strict(edit("111 Ravi", "222 _", "-Bogus")), &refused);
    check("111 Ravi", &strict(edit("111 Ravi", "222 _", "=QA,Bogus")), &refused);
    check("111 Ravi", &strict(create("222 Mira", "Bogus")), &refused);
    check("", &strict(create("222 Mira", "Bogus,QA")), &refused);
    let none = SkillFault::NamesNone { list: SkillList::Set };
    check("", &strict(faulty(create("222 Mira", ""), none)), "refused: names no skill");
}

/// The number, the name, the skills in the order of unassign, assign and set, and the limit.
#[test]
fn strict_command_reports_every_fault() {
    let over = "limit 1; 111 Ravi; 222 Mira";
    check(
        over,
        &strict(edit("111 Ravi", "222 Mira", "-Lost +Bogus,QA =Fake,General,Gone")),
        r#"refused: 222 belongs to "Mira"; "Mira" belongs to 222;
           no skill "Lost" in this account; no skill "Bogus" in this account;
           no skill "Fake" in this account; no skill "Gone" in this account;
           holds 2 of at most 1 phone numbers"#,
    );
    check(
        over,
        &strict(create("111 Mira", "Bogus")),
        &format!(
            r#"refused: 111 belongs to "Ravi"; "Mira" belongs to 222; {NO_BOGUS};
               holds 2 of at most 1 phone numbers"#
        ),
    );
    let key = SkillFault::UnknownKey { key: "skils".to_owned() };
    check(
        "111 Ravi",
        &strict(faulty(create("111 Mira", "Bogus"), key)),
        &format!(r#"refused: 111 belongs to "Ravi"; skils: not a field for skills; {NO_BOGUS}"#),
    );
    // Which phone is meant comes before all of them.
    check(
        over,
        &strict(edit("333 Ravi", "222 Mira", "+Bogus")),
        "refused: no phone 333 in this account",
    );
}

#[test]
fn lenient_command_reports_the_first_skill_fault() {
    let key = SkillFault::UnknownKey { key: "skils".to_owned() };
    check(
        "111 Ravi",
        &faulty(edit("111 Ravi", "222 _", "-Lost +Bogus =Fake"), key),
        "~ 222 Ravi; ! skils: not a field for skills",
    );
    check(
        "111 Ravi",
        &edit("111 Ravi", "222 _", "+Bogus =Fake"),
        &format!("~ 222 Ravi; ! assign: {NO_BOGUS}"),
    );
    check(
        "111 Ravi QA:1",
        &edit("111 Ravi", "_ _", "=Bogus"),
        &format!("111 Ravi QA:1; ! set: {NO_BOGUS}"),
    );
}

#[test]
fn set_keeps_positions_and_appends_new_skills() {
    let state = "111 Ravi General:1,QA:1; 222 Mira General:2,QA:2,Sales:1";
    let mira = "222 Mira General:2,QA:2,Sales:1";
    for (skills, ravi) in [
        ("=General,QA", "111 Ravi General:1,QA:1"),
        ("=QA,General,QA", "111 Ravi General:1,QA:1"),
        ("=General", "~ 111 Ravi General:1"),
        ("=Sales", "~ 111 Ravi Sales:2"),
        ("=Sales,QA", "~ 111 Ravi QA:1,Sales:2"),
        ("=", "~ 111 Ravi"),
        // What is assigned is there as well, and what is unassigned only if nothing else wants it.
        ("=QA +Sales", "~ 111 Ravi QA:1,Sales:2"),
        ("=QA -QA", "~ 111 Ravi QA:1"),
        ("= -QA +General", "~ 111 Ravi General:1"),
    ] {
        check(state, &edit("111 Ravi", "_ _", skills), &format!("{ravi}; {mira}"));
    }
}

#[test]
fn lookup_by_id_follows_new_numbers_and_names() {
    story(
        "111 Ravi QA:1; 222 Mira",
        &[
            (edit("#1 _", "333 Noor", ""), "~ 333 Noor QA:1; 222 Mira"),
            (edit("#1 NOOR", "_ Zoe", ""), "~ 333 Zoe QA:1; 222 Mira"),
            (edit("#1 Noor", "_ Ana", ""), r#"refused: 333 is named "Zoe", not "Noor""#),
            (delete("#1 _"), "- 333 Zoe QA:1; 222 Mira"),
            (delete("#1 _"), "refused: no phone with the id 1 in this account"),
            (edit("#3 _", "_ Ana", ""), "refused: no phone with the id 3 in this account"),
        ],
    );
}

#[test]
fn lookup_by_id_and_stale_number_is_refused() {
    let account = account("111 Ravi; 222 Mira");
    let beside = |number| PhoneLookup { id: Some(PhoneId(1)), ..PhoneLookup::by_number(number) };
    assert_eq!(find_phone(&account, &beside("111")).map(|(id, _)| id), Ok(PhoneId(1)));
    for number in ["222", "+111", "0111", "x"] {
        assert_eq!(find_phone(&account, &beside(number)), Err(Refusal::Changed), "{number}");
    }
}

#[test]
fn refuses_a_command_that_expects_a_stale_phone() {
    let state = "111 Ravi General:1,QA:1; 222 Mira General:2";
    let seen = account(state).phones.get(PhoneId(1)).cloned().unwrap();
    let expecting =
        |asked: &str| PhoneLookup { expected: Some(Box::new(seen.clone())), ..lookup(asked) };
    let delete = |asked: &str| Command::DeletePhone { phone: expecting(asked) };
    for asked in ["#1 _", "111 _", "111 ravi", "_ Ravi"] {
        check(state, &delete(asked), "- 111 Ravi General:1,QA:1; 222 Mira General:2");
        let Command::EditPhone { number_new, name_new, skills, .. } = edit("_ _", "333 _", "+QA")
        else {
            unreachable!()
        };
        let phone = expecting(asked);
        check(
            state,
            &Command::EditPhone { phone, number_new, name_new, skills },
            "~ 333 Ravi General:1,QA:1; 222 Mira General:2",
        );
    }
    // Another number, the name in another case, other skills, another place.
    for changed in [
        "333 Ravi General:1,QA:1",
        "111 RAVI General:1,QA:1",
        "111 Ravi General:1",
        "111 Ravi General:1,QA:1,Sales:1",
        "111 Ravi General:1,QA:2",
    ] {
        check(changed, &delete("#1 _"), "refused: it was changed in the meantime");
    }
    check("111 Ravi; 222 Mira", &delete("222 _"), "refused: it was changed in the meantime");
    check("222 Mira", &delete("111 _"), "refused: no phone 111 in this account");
}

#[test]
fn refuses_a_command_that_expects_a_stale_ring_order() {
    let state = "111 Ravi General:2; 222 Mira General:1; 333 Noor General:3";
    let moved = "~ 111 Ravi General:3; 222 Mira General:1; ~ 333 Noor General:2";
    check(state, &expecting(order("General", "222 333"), &[2, 1, 3]), moved);
    check(state, &expecting(place("General", "333", 2), &[2, 1, 3]), moved);
    let changed = "refused: it was changed in the meantime";
    for ids in [&[][..], &[2, 1], &[2, 1, 3, 4], &[1, 2, 3], &[2, 2, 3]] {
        check(state, &expecting(order("General", "222 333"), ids), changed);
        // It is checked before the requested order.
        check(state, &expecting(place("General", "999", 2), ids), changed);
    }
    check(
        state,
        &expecting(order("Bogus", ""), &[]),
        r#"refused: no skill "Bogus" in this account"#,
    );
    check("111 Ravi", &expecting(order("General", ""), &[]), "111 Ravi");
}
