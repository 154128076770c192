//! Create, edit and delete a phone (contract, "Order of checks", 8 to 10).

use super::commands::{create, delete, edit, limit, lookup};
use super::*;

#[test]
fn creates_a_phone() {
    check("", &create("111 Ravi", ""), "+ 111 Ravi");
    check("111 Ravi", &create("222 Mira", ""), "111 Ravi; + 222 Mira");
}

#[test]
fn compares_numbers_as_written() {
    check(
        "919876543210 Ravi",
        &create("+919876543210 Mira", ""),
        "919876543210 Ravi; + +919876543210 Mira",
    );
    check("123 Ravi", &create("0123 Mira", ""), "123 Ravi; + 0123 Mira");
    check("123 Ravi", &delete("+123 Ravi"), "refused: no phone +123 in this account");
}

#[test]
fn refuses_a_taken_number_or_name() {
    let state = "111 Ravi; 222 Mira";
    check(state, &create("111 Noor", ""), r#"refused: 111 belongs to "Ravi""#);
    check(state, &create("333 Mira", ""), r#"refused: "Mira" belongs to 222"#);
    check(state, &edit("111 Ravi", "222 _", ""), r#"refused: 222 belongs to "Mira""#);
    check(state, &edit("111 Ravi", "_ Mira", ""), r#"refused: "Mira" belongs to 222"#);
    check(state, &edit("111 Ravi", "333 Mira", ""), r#"refused: "Mira" belongs to 222"#);
}

#[test]
fn refuses_a_name_taken_in_another_case() {
    check("111 Ravi.K", &create("222 rAVI.k", ""), r#"refused: "Ravi.K" belongs to 111"#);
    check(
        "111 Ravi; 222 Mira",
        &edit("222 Mira", "_ RAVI", ""),
        r#"refused: "Ravi" belongs to 111"#,
    );
    check("111 Ravi", &create("222 +Ravi", ""), "111 Ravi; + 222 +Ravi");
}

#[test]
fn lookup_needs_number_and_name_of_one_phone() {
    let state = "111 Ravi; 222 Mira";
    for (asked, refusal) in [
        ("333 Ravi", "refused: no phone 333 in this account"),
        ("111 Mira", r#"refused: 111 is named "Ravi", not "Mira""#),
        ("222 Noor", r#"refused: 222 is named "Mira", not "Noor""#),
        ("333 Noor", "refused: no phone 333 in this account"),
        ("333 _", "refused: no phone 333 in this account"),
        ("_ Noor", r#"refused: no phone named "Noor" in this account"#),
        ("_ _", r#"refused: no phone named "" in this account"#),
        ("111 ", r#"refused: 111 is named "Ravi", not """#),
    ] {
        check(state, &delete(asked), refusal);
        check(state, &edit(asked, "444 Zoe", ""), refusal);
    }
}

#[test]
fn lookup_by_an_invalid_number_finds_nothing() {
    for asked in ["1", "12", "12345678901234567", "+", "abc"] {
        let refusal = format!("refused: no phone {asked} in this account");
        check("123 Ravi", &delete(&format!("{asked} Ravi")), &refusal);
    }
}

#[test]
fn lookup_ignores_the_case_of_the_name() {
    check("111 Ravi", &edit("111 rAVi", "222 _", ""), "~ 222 Ravi");
    check("111 Ravi", &delete("111 RAVI"), "- 111 Ravi");
    // Only ASCII has cases here: K (U+212A) and ſ (U+017F) fold to k and s elsewhere.
    check(
        "111 Rik",
        &delete("_ Ri\u{212a}"),
        "refused: no phone named \"Ri\u{212a}\" in this account",
    );
    check("111 Isa", &delete("111 I\u{17f}a"), "refused: 111 is named \"Isa\", not \"I\u{17f}a\"");
}

#[test]
fn lookup_by_number_or_name_alone() {
    let mut account = notation::new_account();
    for change in history("111 Ravi; 222 Mira") {
        account.apply(change);
    }
    let view = View::new(&account);
    for asked in ["222 Mira", "222 mira", "222 _", "_ Mira", "_ MIRA"] {
        let (id, phone) = find_phone(&account, &lookup(asked)).unwrap();
        assert_eq!((id, phone.number.to_string().as_str()), (PhoneId(2), "222"), "{asked}");
        assert_eq!(find_phone(&view, &lookup(asked)), Ok((id, phone)), "{asked}");
    }
}

#[test]
fn edit_replaces_given_fields_of_a_phone() {
    check("111 Ravi QA:4", &edit("111 Ravi", "222 _", ""), "~ 222 Ravi QA:4");
    check("111 Ravi QA:4", &edit("111 Ravi", "_ Mira", ""), "~ 111 Mira QA:4");
    check("111 Ravi QA:4", &edit("111 Ravi", "222 Mira", ""), "~ 222 Mira QA:4");
}

#[test]
fn phone_never_collides_with_itself() {
    check("111 Ravi", &edit("111 Ravi", "111 Mira", ""), "~ 111 Mira");
    check("111 Ravi", &edit("111 Ravi", "222 Ravi", ""), "~ 222 Ravi");
    check("111 Ravi", &edit("111 Ravi", "111 RAVI", ""), "~ 111 RAVI");
    check("111 Ravi", &edit("111 ravi", "_ ravi", ""), "~ 111 ravi");
}

#[test]
fn edit_to_current_values_changes_nothing() {
    check("111 Ravi QA:1", &edit("111 Ravi", "111 Ravi", ""), "111 Ravi QA:1");
    check("111 Ravi QA:1", &edit("111 rAVI", "_ _", "+QA"), "111 Ravi QA:1");
}

#[test]
fn deletes_one_phone() {
    check("111 Ravi QA:1; 222 Mira QA:2", &delete("111 Ravi"), "- 111 Ravi QA:1; 222 Mira QA:2");
}

#[test]
fn deleted_and_changed_numbers_and_names_are_free() {
    story(
        "111 Ravi",
        &[
            (delete("111 Ravi"), "- 111 Ravi"),
            (delete("111 Ravi"), "refused: no phone 111 in this account"),
            (create("111 RAVI", ""), "+ 111 RAVI"),
            (edit("111 Ravi", "222 Mira", ""), "~ 222 Mira"),
            (edit("111 Ravi", "333 _", ""), "refused: no phone 111 in this account"),
            (create("111 Ravi", ""), "222 Mira; + 111 Ravi"),
            (create("333 Mira", ""), r#"refused: "Mira" belongs to 222"#),
        ],
    );
}

#[test]
fn swaps_two_phones_in_three_edits() {
    story(
        "111 Ravi; 222 Mira",
        &[
            (edit("111 Ravi", "999 Noor", ""), "~ 999 Noor; 222 Mira"),
            (edit("222 Mira", "111 Ravi", ""), "999 Noor; ~ 111 Ravi"),
            (edit("999 Noor", "222 Mira", ""), "~ 222 Mira; 111 Ravi"),
            (create("999 Noor", ""), "222 Mira; 111 Ravi; + 999 Noor"),
        ],
    );
}

#[test]
fn refuses_create_at_the_limit() {
    check("limit 0", &create("111 Ravi", ""), "refused: holds 0 of at most 0 phone numbers");
    check(
        "limit 2; 111 Ravi; 222 Mira",
        &create("333 Noor", ""),
        "refused: holds 2 of at most 2 phone numbers",
    );
    check("limit 2; 111 Ravi", &create("333 Noor", ""), "limit 2; 111 Ravi; + 333 Noor");
}

#[test]
fn refuses_edit_over_a_lowered_limit() {
    let at = "limit 2; 111 Ravi; 222 Mira";
    check(at, &edit("111 Ravi", "333 _", ""), "limit 2; ~ 333 Ravi; 222 Mira");
    check(at, &edit("111 Ravi", "_ _", "+QA"), "limit 2; ~ 111 Ravi QA:1; 222 Mira");
    let over = "limit 1; 111 Ravi; 222 Mira";
    for command in [
        edit("111 Ravi", "333 _", ""),
        edit("111 Ravi", "_ RAVI", ""),
        edit("111 Ravi", "_ _", "+QA"),
        create("333 Noor", ""),
    ] {
        check(over, &command, "refused: holds 2 of at most 1 phone numbers");
    }
    check(over, &delete("111 Ravi"), "limit 1; - 111 Ravi; 222 Mira");
}

#[test]
fn limit_counts_current_phones() {
    story(
        "limit 2; 111 Ravi; 222 Mira",
        &[
            (limit(1), "~ limit 1; 111 Ravi; 222 Mira"),
            (edit("111 Ravi", "333 _", ""), "refused: holds 2 of at most 1 phone numbers"),
            (delete("222 Mira"), "limit 1; 111 Ravi; - 222 Mira"),
            (edit("111 Ravi", "333 _", ""), "limit 1; ~ 333 Ravi"),
            (create("444 Noor", ""), "refused: holds 1 of at most 1 phone numbers"),
            (limit(2), "~ limit 2; 333 Ravi"),
            (create("444 Noor", ""), "limit 2; 333 Ravi; + 444 Noor"),
        ],
    );
}

/// Each command here has a fault for every later check as well.
#[test]
fn first_failed_check_answers() {
    let over = "limit 1; 111 Ravi; 222 Mira";
    check(over, &edit("333 Ravi", "222 Mira", "+Bogus"), "refused: no phone 333 in this account");
    check(over, &edit("111 Ravi", "222 Mira", "+Bogus"), r#"refused: 222 belongs to "Mira""#);
    check(over, &edit("111 Ravi", "_ Mira", "+Bogus"), r#"refused: "Mira" belongs to 222"#);
    let limited = "refused: holds 2 of at most 1 phone numbers";
    check(over, &edit("111 Ravi", "333 Noor", "+Bogus"), limited);
    check(over, &edit("111 Ravi", "_ _", "+Bogus"), limited);
    check(over, &create("111 Noor", "Bogus"), r#"refused: 111 belongs to "Ravi""#);
    check(over, &create("333 Ravi", "Bogus"), r#"refused: "Ravi" belongs to 111"#);
    check(over, &create("333 Noor", "Bogus"), limited);
}

/// An id names a phone for good, so the last one is not given twice.
#[test]
fn refuses_new_phones_when_ids_are_used_up() {
    let mut account = notation::new_account();
    account.counters.next_phone_id = u32::MAX - 1;
    let mut view = View::new(&account);
    let mut ids = Vec::new();
    for command in [create("111 Ravi", ""), create("222 Mira", ""), create("333 Noor", "")] {
        if let Ok(decision) = decide(&mut view, &command)
            && let [Change::Phone { id, .. }] = &decision.changes[..]
        {
            ids.push(*id);
        }
    }
    let mut unique = ids.clone();
    unique.dedup();
    assert_eq!(ids, unique);
    assert!(ids.len() < 3, "{ids:?}");
}
