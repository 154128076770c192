//! Reverts: a state, commands, and the revert of some of them.

use super::commands::{create, create_key, create_skills, delete, delete_skills, edit, limit};
use super::commands::{rename, revert_command, rotate_key, several, token};
use super::past::{carry_out, check_revert};
use super::*;
use crate::command::{ProfileEdit, Saves};
use crate::past::{Mismatch, Past, PastChange};
use crate::value::{ApiAuthentication, KeyScope};

#[test]
fn reverts_changes_of_a_phone() {
    let state = "111 Ravi General:1,QA:1; 222 Mira General:2";
    for (command, outcome) in [
        (create("333 Noor", "QA"), "111 Ravi General:1,QA:1; 222 Mira General:2; - 333 Noor QA:2"),
        (edit("111 Ravi", "333 _", ""), "~ 111 Ravi General:1,QA:1; 222 Mira General:2"),
        (edit("111 Ravi", "_ RAVI", ""), "~ 111 Ravi General:1,QA:1; 222 Mira General:2"),
        (
            edit("111 Ravi", "333 Noor", "-General +Sales"),
            "~ 111 Ravi General:1,QA:1; 222 Mira General:2",
        ),
        // It gets its former id and ring positions.
        (delete("111 Ravi"), "+ 111 Ravi General:1,QA:1; 222 Mira General:2"),
    ] {
        check_revert(state, &[command], &[0], outcome);
    }
}

#[test]
fn revert_keeps_later_changes_of_other_fields_and_phones() {
    let later = [edit("111 Noor", "333 _", "+QA"), create("111 Ana", "QA"), limit(2)];
    let commands = [&[edit("111 Ravi", "_ Noor", "+Sales")][..], &later].concat();
    let outcome = "limit 2; ~ 333 Ravi QA:1; 111 Ana QA:2";
    check_revert("111 Ravi", &commands, &[0], outcome);
}

#[test]
fn reverts_changes_of_skills() {
    let state = "111 Ravi General:1,QA:5; 222 Mira QA:2";
    check_revert(
        state,
        &[create_skills("Idle,Night")],
        &[0],
        "skills General,QA,Sales,-Idle,-Night; 111 Ravi General:1,QA:5; 222 Mira QA:2",
    );
    check_revert(
        state,
        &[rename("QA", "Quality"), edit("222 Mira", "_ _", "+Sales")],
        &[0],
        "skills General,~QA,Sales; 111 Ravi General:1,QA:5; 222 Mira QA:2,Sales:1",
    );
    let both = "skills +General,+QA,Sales; ~ 111 Ravi General:1,QA:5; ~ 222 Mira QA:2";
    check_revert(state, &[delete_skills("QA,General")], &[0], both);
}

#[test]
fn reverts_each_setting_by_itself() {
    let auth = Command::EditProfile(ProfileEdit {
        api_authentication: Some(ApiAuthentication::TokenAuth),
        ..ProfileEdit::default()
    });
    let back = Command::EditProfile(ProfileEdit {
        api_authentication: Some(ApiAuthentication::BasicAuth),
        ..ProfileEdit::default()
    });
    let commands = [limit(5), auth, limit(6)];
    check_revert("", &commands, &[1], "limit 6; ~ auth BASIC_AUTH");
    check_revert(
        "",
        &[commands[1].clone(), back],
        &[0],
        "refused: change 5 cannot be taken back: the setting api_authentication is BASIC_AUTH by \
         now",
    );
}

/// Otherwise a tenant could lift a limit that the operator has set.
#[test]
fn refuses_to_revert_the_limit() {
    let refused = "refused: the phone number limit is the operator's to set: a change of it \
                   cannot be taken back";
    let both = Command::EditProfile(ProfileEdit {
        api_authentication: Some(ApiAuthentication::TokenAuth),
        phone_number_limit: Some(5),
        ..ProfileEdit::default()
    });
    check_revert("", &[limit(5)], &[0], refused);
    check_revert("", &[both], &[0], refused);
    // Nor with other changes, even if something else blocks the revert.
    let commands = [limit(5), edit("111 Ravi", "_ Noor", ""), edit("111 Noor", "_ Ana", "")];
    check_revert("111 Ravi", &commands, &[1, 0], refused);
}

/// Each case reverts the first command after the second one.
#[test]
fn blocked_revert_names_the_obstacle() {
    for (state, commands, why) in [
        (
            "111 Ravi",
            [edit("111 Ravi", "222 _", ""), edit("222 Ravi", "333 _", "")],
            "the phone's number is 333 by now",
        ),
        (
            "111 Ravi",
            [edit("111 Ravi", "_ Mira", ""), edit("111 Mira", "_ MIRA", "")],
            r#"the phone's name is "MIRA" by now"#,
        ),
        (
            "111 Ravi",
            [edit("111 Ravi", "_ Mira", ""), delete("111 Mira")],
            "the phone is deleted by now",
        ),
        (
            "111 Ravi",
            [edit("111 Ravi", "222 _", ""), create("111 Mira", "")],
            r#"111 belongs to "Mira""#,
        ),
        (
            "111 Ravi",
            [edit("111 Ravi", "_ Noor", ""), create("222 RAVI", "")],
            r#""RAVI" belongs to 222"#,
        ),
        ("111 Ravi", [delete("111 Ravi"), create("111 Ravi", "")], r#"111 belongs to "Ravi""#),
        ("111 Ravi", [delete("111 Ravi"), create("222 ravi", "")], r#""ravi" belongs to 222"#),
        ("111 Ravi", [delete("111 Ravi"), limit(0)], "holds 0 of at most 0 phone numbers"),
        (
            "111 Ravi QA:1",
            [delete("111 Ravi"), delete_skills("QA")],
            "a skill that the phone had is deleted by now",
        ),
        (
            "111 Ravi QA:1",
            [edit("111 Ravi", "_ _", "-QA"), delete_skills("QA")],
            "a skill that the phone had is deleted by now",
        ),
        (
            "",
            [create("111 Ravi", ""), edit("111 Ravi", "_ _", "+QA,Sales")],
            "the phone's skills, or its places in their ring orders, are others by now: it has QA, Sales",
        ),
        (
            "",
            [create("111 Ravi", "QA"), edit("111 Ravi", "_ _", "-QA")],
            "the phone's skills, or its places in their ring orders, are others by now: it has none",
        ),
        (
            "111 Ravi QA:1",
            [edit("111 Ravi", "_ _", "-QA"), edit("111 Ravi", "_ _", "+QA")],
            "the phone's skills, or its places in their ring orders, are others by now: it has QA",
        ),
        (
            "111 Ravi",
            [create_skills("Idle"), edit("111 Ravi", "_ _", "+Idle")],
            r#"the skill "Idle" is assigned to 1 phone by now"#,
        ),
        ("", [create_skills("Idle"), delete_skills("Idle")], "the skill is deleted by now"),
        (
            "",
            [create_skills("Idle"), rename("Idle", "Night")],
            r#"the skill is named "Night" by now"#,
        ),
        (
            "",
            [rename("QA", "Quality"), create_skills("QA")],
            r#"another skill is named "QA" by now"#,
        ),
        ("", [delete_skills("QA"), create_skills("QA")], r#"another skill is named "QA" by now"#),
    ] {
        let mut before = account(state);
        let version = before.counters.version + 1;
        let done = carry_out(&mut before, &commands[0]);
        carry_out(&mut before, &commands[1]);
        let refused = decide(&mut View::new(&before), &revert_command(done));
        let refused = refused.unwrap_err().to_string();
        assert_eq!(
            refused,
            format!("change {version} cannot be taken back: {why}"),
            "{commands:?}"
        );
    }
}

#[test]
fn refuses_to_revert_twice() {
    for (command, why) in [
        (delete("111 Ravi"), "the phone exists again by now"),
        (delete_skills("QA"), r#"the skill exists again by now, named "QA""#),
        (create("222 Mira", ""), "the phone is deleted by now"),
    ] {
        let mut account = account("111 Ravi");
        let changes = carry_out(&mut account, &command);
        let revert = revert_command(changes);
        carry_out(&mut account, &revert);
        let refused = decide(&mut View::new(&account), &revert).unwrap_err().to_string();
        assert!(refused.ends_with(&format!("cannot be taken back: {why}")), "{refused}");
    }
}

/// The state does not have the names of deleted skills.
#[test]
fn obstacle_names_a_deleted_skill_if_its_name_is_given() {
    let mut account = account("111 Ravi QA:1");
    let changes = carry_out(&mut account, &edit("111 Ravi", "_ _", "-QA"));
    carry_out(&mut account, &delete_skills("QA"));
    let gone = vec![(SkillId(2), SkillName::parse("QA").unwrap())];
    let refused = decide(&mut View::new(&account), &Command::Revert { changes, gone });
    let refused = refused.unwrap_err().to_string();
    assert!(refused.ends_with(r#": the skill "QA" that the phone had is deleted by now"#));
}

#[test]
fn one_obstacle_blocks_the_whole_revert() {
    let commands = [delete("222 Mira"), delete("111 Ravi"), create("111 Noor", "")];
    let refused = r#"refused: change 8 cannot be taken back: 111 belongs to "Noor""#;
    check_revert("111 Ravi; 222 Mira", &commands, &[0, 1], refused);
    check_revert("111 Ravi; 222 Mira", &commands, &[2, 1, 0], "+ 111 Ravi; + 222 Mira; - 111 Noor");
    check_revert("111 Ravi", &[], &[], "111 Ravi");
}

#[test]
fn reverts_several_commands_at_once() {
    let rows = [
        edit("111 Ravi", "333 Noor", "+QA"),
        create("111 Ravi", "QA"),
        delete("#1 _"),
        delete_skills("QA"),
    ];
    let outcome = "skills General,+QA,Sales; + 111 Ravi; 222 Mira; - 111 Ravi";
    check_revert("111 Ravi; 222 Mira", &[several(Saves::AllOrNothing, rows)], &[0], outcome);
}

#[test]
fn refuses_to_revert_keys_tokens_and_the_account() {
    let key = create_key("PBX", KeyScope::Read, 9, None);
    let settings = Command::EditProfile(ProfileEdit {
        api_key_sha256: Some([7; 32]),
        phone_number_limit: Some(5),
        ..ProfileEdit::default()
    });
    for (commands, kind) in [
        (&[key.clone()][..], "key.create"),
        (&[key.clone(), Command::DeleteKey { id: KeyId(5) }], "key.delete"),
        (&[key, rotate_key(5, 8, 500)], "key.edit"),
        (&[rotate_key(0, 8, 0)], "account.edit"),
        (&[settings], "account.edit"),
        (&[token(0)], "token"),
    ] {
        let refused = format!("refused: a change of the kind \"{kind}\" cannot be taken back");
        check_revert("", commands, &[commands.len() - 1], &refused);
    }
    for kind in [Kind::CreateAccount, Kind::DeleteAccount] {
        let changes = vec![PastChange { version: 1, past: Past::Other(kind) }];
        let refused = decide(&mut View::new(&account("")), &revert_command(changes));
        assert_eq!(refused, Err(Refusal::NotRevertible(kind)));
    }
}

/// A view of the past needs the earlier settings, even without the key.
#[test]
fn undo_of_settings_keeps_the_current_key() {
    let before = account("limit 3");
    let edit = ProfileEdit {
        api_key_sha256: Some([7; 32]),
        phone_number_limit: Some(5),
        ..ProfileEdit::default()
    };
    let mut after = before.clone();
    let done = carry_out(&mut after, &Command::EditProfile(edit));
    let undone = done[0].past.undo(&View::new(&after)).unwrap();
    after.apply(undone);
    assert_eq!((after.profile.phone_number_limit, after.profile.api_key_sha256), (3, [7; 32]));
    let token = Past::Other(Kind::IssueToken);
    assert_eq!(token.undo(&View::new(&after)), Err(Mismatch::Kept(Kind::IssueToken)));
}

/// The history may lack the fields of the phone.
#[test]
fn refuses_to_revert_a_deletion_without_its_fields() {
    let past = Past::Phone {
        id: PhoneId(1),
        kind: Kind::DeletePhone,
        number: None,
        name: None,
        lost: Vec::new(),
        got: Vec::new(),
    };
    let changes = vec![PastChange { version: 5, past }];
    let refused = decide(&mut View::new(&account("")), &revert_command(changes));
    assert_eq!(refused, Err(Refusal::NotRevertible(Kind::DeletePhone)));
}
