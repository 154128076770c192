//! Settings, tokens and the deletion of an account.

use super::commands::{create, create_skills, delete, delete_skills, edit, limit, token};
use super::*;
use crate::command::{ProfileEdit, Settings};
use crate::limits::{TOKEN_WINDOW_US, TOKENS_PER_WINDOW};
use crate::value::ApiAuthentication;

#[test]
fn new_account_has_the_defaults_of_the_contract() {
    let profile = notation::new_account().profile;
    assert_eq!(profile.api_authentication.as_str(), "BASIC_AUTH");
    assert_eq!(profile.phone_number_limit, 1000);
}

#[test]
fn parses_names_of_authentication() {
    for (name, setting) in [
        ("BASIC_AUTH", Some(ApiAuthentication::BasicAuth)),
        ("TOKEN_AUTH", Some(ApiAuthentication::TokenAuth)),
        ("basic_auth", None),
        ("TOKEN_AUTH ", None),
        ("", None),
    ] {
        assert_eq!(ApiAuthentication::parse(name), setting, "{name:?}");
    }
}

#[test]
fn edit_replaces_given_settings() {
    let all = ProfileEdit {
        api_key_sha256: Some([7; 32]),
        api_authentication: Some(ApiAuthentication::TokenAuth),
        phone_number_limit: Some(5),
    };
    let key = ProfileEdit { api_key_sha256: Some([8; 32]), ..ProfileEdit::default() };
    story(
        "111 Ravi QA:1",
        &[
            (limit(2), "~ limit 2; 111 Ravi QA:1"),
            (
                Command::EditProfile(all.clone()),
                "~ limit 5; ~ auth TOKEN_AUTH; ~ key 7; 111 Ravi QA:1",
            ),
            (Command::EditProfile(all), "limit 5; auth TOKEN_AUTH; key 7; 111 Ravi QA:1"),
            (Command::EditProfile(key), "limit 5; auth TOKEN_AUTH; ~ key 8; 111 Ravi QA:1"),
            (
                Command::EditProfile(ProfileEdit::default()),
                "limit 5; auth TOKEN_AUTH; key 8; 111 Ravi QA:1",
            ),
            // The limit may be lower than the number of phones, and 0.
            (limit(0), "~ limit 0; auth TOKEN_AUTH; key 8; 111 Ravi QA:1"),
        ],
    );
}

#[test]
fn refuses_the_11th_token_within_an_hour() {
    let ten = "tokens 0,1,2,3,4,5,6,7,8,9";
    let refused = "refused: 10 tokens were made within the last hour";
    check("", &token(0), "~ tokens 0");
    check("tokens 0,1,2,3,4,5,6,7,8", &token(9), &format!("~ {ten}"));
    check(ten, &token(9), refused);
    check(ten, &token(TOKEN_WINDOW_US - 1), refused);
    // A token leaves the window when it is an hour old.
    check(ten, &token(TOKEN_WINDOW_US), "~ tokens 1,2,3,4,5,6,7,8,9,3600000000");
    check(ten, &token(TOKEN_WINDOW_US + 8), "~ tokens 9,3600000008");
    check(ten, &token(10 * TOKEN_WINDOW_US), "~ tokens 36000000000");
}

#[test]
fn token_limit_uses_a_sliding_window() {
    let hour = TOKEN_WINDOW_US;
    story(
        "tokens 0,1,2,3,4,5,6,7,8,3599999999",
        &[
            (token(hour - 1), "refused: 10 tokens were made within the last hour"),
            (token(hour + 1), "~ tokens 2,3,4,5,6,7,8,3599999999,3600000001"),
            (token(hour + 1), "~ tokens 2,3,4,5,6,7,8,3599999999,3600000001,3600000001"),
            (token(hour + 1), "refused: 10 tokens were made within the last hour"),
            (token(hour + 9), "~ tokens 3599999999,3600000001,3600000001,3600000009"),
            // All four are within the hour; a clock that is set back drops none.
            (token(hour), "~ tokens 3599999999,3600000001,3600000001,3600000009,3600000000"),
        ],
    );
}

#[test]
fn refused_token_gets_the_exact_retry_time() {
    let account = notation::new_account();
    let mut view = View::new(&account);
    for at_us in 50..60 {
        decide(&mut view, &token(at_us)).unwrap();
    }
    for now_us in [60, 1000, TOKEN_WINDOW_US + 49] {
        let retry_after_us = TOKEN_WINDOW_US + 50 - now_us;
        let refusal = Refusal::TooManyTokens { count: TOKENS_PER_WINDOW, retry_after_us };
        assert_eq!(decide(&mut view, &token(now_us)), Err(refusal), "{now_us}");
        assert!(decide(&mut view.clone(), &token(now_us + retry_after_us - 1)).is_err());
        assert!(decide(&mut view.clone(), &token(now_us + retry_after_us)).is_ok());
    }
}

#[test]
fn deleted_account_has_no_skills_and_phones() {
    check(
        "111 Ravi QA:1; 222 Mira",
        &Command::DeleteAccount,
        "skills -General,-QA,-Sales; - 111 Ravi QA:1; - 222 Mira",
    );
}

#[test]
fn refuses_a_command_that_expects_stale_settings() {
    let expecting = |limit: u32, command| {
        let phone_number_limit = limit;
        let settings =
            Settings { api_authentication: ApiAuthentication::BasicAuth, phone_number_limit };
        Command::Expecting { settings, command: Box::new(command) }
    };
    story(
        "limit 5; 111 Ravi",
        &[
            (expecting(5, limit(6)), "~ limit 6; 111 Ravi"),
            (expecting(5, limit(7)), "refused: it was changed in the meantime"),
            // Phones are not settings.
            (create("222 Mira", ""), "limit 6; 111 Ravi; + 222 Mira"),
            (expecting(5, Command::DeleteAccount), "refused: it was changed in the meantime"),
            (
                expecting(6, Command::DeleteAccount),
                "limit 6; skills -General,-QA,-Sales; - 111 Ravi; - 222 Mira",
            ),
        ],
    );
}

#[test]
fn kind_names_each_change() {
    let account = notation::new_account();
    let mut view = View::new(&account);
    for (command, kinds) in [
        (create_skills("QA"), &["skill.create"][..]),
        (create("111 Ravi", "QA"), &["create"]),
        (edit("111 Ravi", "222 _", ""), &["edit"]),
        (delete_skills("QA"), &["edit", "skill.delete"]),
        (delete("222 Ravi"), &["delete"]),
        (limit(5), &["account.edit"]),
        (token(0), &["token"]),
        (Command::DeleteAccount, &["account.delete"]),
    ] {
        let changes = decide(&mut view, &command).unwrap().changes;
        let found: Vec<_> = changes.iter().map(|change| change.kind().as_str()).collect();
        assert_eq!(found, kinds, "{command:?}");
        for change in &changes {
            let is_of_phone = matches!(change, Change::Phone { .. });
            assert_eq!(change.kind().is_of_phone(), is_of_phone, "{change:?}");
        }
    }
    let [before, after] = ["QA", "Idle"].map(|name| SkillName::parse(name).ok());
    assert_eq!(Change::Skill { id: SkillId(1), before, after }.kind().as_str(), "skill.rename");
}
