//! API keys.

use super::commands::{create_key, rotate_key, several};
use super::*;
use crate::command::Saves;
use crate::limits::KEYS_MAX;
use crate::value::{KeyName, KeyScope};

const MAIN: &str =
    "refused: the account's own API key can be rotated, and neither edited nor deleted";

#[allow(clippy::option_option, reason = "as it was, never, or at a time: as in the command")]
fn edit_key(id: u64, name: Option<&str>, expires_us: Option<Option<i64>>) -> Command {
    let name = name.map(|name| KeyName::parse(name).unwrap());
    Command::EditKey { id: KeyId(id), name, expires_us }
}

fn delete_key(id: u64) -> Command {
    Command::DeleteKey { id: KeyId(id) }
}

#[test]
fn key_id_is_the_version_of_its_creation() {
    // The account was created by change 1, its skills by changes 2 to 4.
    check("", &create_key("PBX", KeyScope::Routing, 9, None), "+ api 5 PBX routing 9");
    story(
        "api 2 Wallboard read 8",
        &[
            (
                create_key("PBX", KeyScope::Routing, 9, Some(50)),
                "api 2 Wallboard read 8; + api 6 PBX routing 9 until 50",
            ),
            (delete_key(6), "api 2 Wallboard read 8; - api 6 PBX routing 9 until 50"),
            (delete_key(6), "refused: no API key with the id 6 in this account"),
            // Ids are never reused: 7 was the deletion.
            (
                create_key("PBX", KeyScope::Full, 9, None),
                "api 2 Wallboard read 8; + api 8 PBX full 9",
            ),
        ],
    );
}

#[test]
fn edit_replaces_given_fields_of_a_key() {
    story(
        "api 2 PBX routing 9",
        &[
            (edit_key(2, Some("Rack"), None), "~ api 2 Rack routing 9"),
            (edit_key(2, None, Some(Some(50))), "~ api 2 Rack routing 9 until 50"),
            (edit_key(2, Some("PBX"), None), "~ api 2 PBX routing 9 until 50"),
            (edit_key(2, Some("PBX"), Some(Some(50))), "api 2 PBX routing 9 until 50"),
            (edit_key(2, None, None), "api 2 PBX routing 9 until 50"),
            (edit_key(2, None, Some(None)), "~ api 2 PBX routing 9"),
            (edit_key(3, None, None), "refused: no API key with the id 3 in this account"),
        ],
    );
}

#[test]
fn rotate_expires_the_old_key_after_the_overlap() {
    let state = "api 2 PBX routing 9";
    check(state, &rotate_key(2, 8, 500), "~ api 2 PBX routing 9 until 500; + api 6 PBX routing 8");
    check(state, &rotate_key(2, 8, 101), "~ api 2 PBX routing 9 until 101; + api 6 PBX routing 8");
    // The overlap does not extend the expiry.
    for (own, left) in [(600, "~ api 2 PBX read 9 until 500"), (300, "api 2 PBX read 9 until 300")]
    {
        let state = format!("api 2 PBX read 9 until {own}");
        let outcome = format!("{left}; + api 6 PBX read 8 until {own}");
        check(&state, &rotate_key(2, 8, 500), &outcome);
    }
    check(state, &rotate_key(3, 8, 500), "refused: no API key with the id 3 in this account");
    // A repeated rotation changes nothing.
    check(state, &rotate_key(2, 9, 500), state);
}

#[test]
fn rotate_without_overlap_deletes_the_old_key() {
    let state = "api 2 PBX routing 9";
    for old_expires_us in [100, 0] {
        let rotate = rotate_key(2, 8, old_expires_us);
        check(state, &rotate, "- api 2 PBX routing 9; + api 6 PBX routing 8");
    }
    // It is 100 now. A key that has expired is replaced by one that lasts as long: the old one was
    // created at 0.
    let outcome = "api 2 PBX read 9 until 101; + api 6 PBX read 8 until 101";
    check("api 2 PBX read 9 until 101", &rotate_key(2, 8, 500), outcome);
    for (own, until) in [(100, 200), (40, 140), (0, 101)] {
        let state = format!("api 2 PBX read 9 until {own}");
        let outcome = format!("- api 2 PBX read 9 until {own}; + api 6 PBX read 8 until {until}");
        check(&state, &rotate_key(2, 8, 500), &outcome);
    }
}

#[test]
fn main_key_can_only_be_rotated() {
    let account = account("");
    let decision = decide(&mut View::new(&account), &rotate_key(0, 8, 500)).unwrap();
    let [Change::Key { id, before: None, after: Some(old) }, Change::Profile { after, .. }] =
        &decision.changes[..]
    else {
        panic!("{decision:?}")
    };
    assert_eq!((*id, old.id, old.sha256), (KeyId(5), KeyId(5), account.profile.api_key_sha256));
    assert_eq!((old.scope, old.created_us, old.expires_us), (KeyScope::Full, 100, Some(500)));
    assert_eq!(after.api_key_sha256, [8; 32]);
    // Without an overlap, the old key is deleted.
    check("", &rotate_key(0, 8, 100), "~ key 8");
    check("", &rotate_key(0, 8, 0), "~ key 8");
    check("", &rotate_key(0, 1, 500), "");
    check("", &edit_key(0, None, None), MAIN);
    check("", &delete_key(0), MAIN);
}

#[test]
fn refuses_the_101st_key() {
    let keys = |count| {
        let keys = (2..count + 2).map(|id| format!("api {id} PBX read 9"));
        keys.collect::<Vec<_>>().join("; ")
    };
    let full = keys(KEYS_MAX);
    let refused = "refused: an account has at most 100 API keys";
    let one = create_key("PBX", KeyScope::Read, 8, None);
    check(&full, &one, refused);
    check(&full, &rotate_key(2, 8, 500), refused);
    check(&full, &rotate_key(0, 8, 500), refused);
    let rest = &full["api 2 PBX read 9; ".len()..];
    let replaced = format!("- api 2 PBX read 9; {rest}; + api 105 PBX read 8");
    check(&full, &rotate_key(2, 8, 100), &replaced);
    check(&full, &rotate_key(0, 8, 100), &format!("~ key 8; {full}"));
    let nearly = keys(KEYS_MAX - 1);
    check(&nearly, &one, &format!("{nearly}; + api 104 PBX read 8"));
    check(
        &nearly,
        &several(Saves::GoodRows, [one.clone(), one]),
        &format!("{nearly}; + api 104 PBX read 8; ! line 2: {}", &refused["refused: ".len()..]),
    );
}
