//! The tables and views as plain SQL reads them.

use directory::ApiAuthentication;

use crate::book::{Book, open, phone, token, versions};
use crate::test_store::TestStore;

/// Two accounts that have the same phone, and skills whose ring orders are not those of the ids.
fn books(test_store: &TestStore) -> [Book; 2] {
    let (_, [mut acme, mut zeta]) = open(test_store, ["acme", "zeta"]);
    acme.commit(vec![
        acme.skill(1, Some("Sales")),
        acme.skill(2, Some("General")),
        acme.phone(1, Some(phone("+111", "Ravi", &[(1, 3), (2, 9)]))),
        acme.phone(2, Some(phone("222", "Mira", &[(1, 2), (2, 10)]))),
        acme.phone(3, Some(phone("333", "Noor", &[]))),
    ]);
    zeta.commit(vec![
        zeta.skill(1, Some("General")),
        zeta.phone(1, Some(phone("+111", "Ravi", &[(1, 1)]))),
    ]);
    [acme, zeta]
}

on!(sqlite postgres: a_phone_is_a_row_and_its_assignments_are_a_view);
fn a_phone_is_a_row_and_its_assignments_are_a_view(test_store: &TestStore) {
    let [mut acme, _] = books(test_store);
    let assert_rows = |phones: &[&str], assignments: &[&str]| {
        let sql = "SELECT account_id, id, number, name, skills FROM phone ORDER BY account_id, id";
        assert_eq!(test_store.query(sql), phones);
        // In ring order.
        let sql = "SELECT user_name, skill, number, name, position FROM assignment";
        assert_eq!(test_store.query(sql), assignments);
    };
    let noor = "1 | 3 | 333 | Noor | {}";
    let of_zeta = (r#"2 | 1 | +111 | Ravi | {"1":1}"#, "zeta | General | +111 | Ravi | 1");
    assert_rows(
        &[
            r#"1 | 1 | +111 | Ravi | {"1":3,"2":9}"#,
            r#"1 | 2 | 222 | Mira | {"1":2,"2":10}"#,
            noor,
            of_zeta.0,
        ],
        &[
            "acme | General | +111 | Ravi | 9",
            "acme | General | 222 | Mira | 10",
            "acme | Sales | 222 | Mira | 2",
            "acme | Sales | +111 | Ravi | 3",
            of_zeta.1,
        ],
    );
    let ravi = phone("112", "Ravi.K", &[(1, 3), (2, 9)]);
    acme.commit(vec![acme.phone(1, Some(ravi)), acme.phone(2, None), acme.skill(1, Some("Night"))]);
    assert_rows(
        &[r#"1 | 1 | 112 | Ravi.K | {"1":3,"2":9}"#, noor, of_zeta.0],
        &["acme | General | 112 | Ravi.K | 9", "acme | Night | 112 | Ravi.K | 3", of_zeta.1],
    );
    acme.commit(vec![acme.deletion()]);
    assert_rows(&[of_zeta.0], &[of_zeta.1]);
}

on!(sqlite postgres: each_change_is_a_row_of_the_history);
fn each_change_is_a_row_of_the_history(test_store: &TestStore) {
    let [mut acme, mut zeta] = books(test_store);
    acme.commit(vec![token(1, 1), acme.phone(3, None), acme.skill(1, Some("Night"))]);
    let changes = vec![zeta.phone(1, None), zeta.skill(1, None), zeta.deletion()];
    let mut commit = zeta.prepare(changes.clone());
    commit.changes.iter_mut().for_each(|stamped| stamped.origin.at_us += 1_000_000);
    crate::book::commit(&*zeta.store, &[commit]);
    zeta.apply(changes);
    let kinds = |account| {
        let sql = "SELECT kind || ':' || coalesce(subject_id, 0) FROM change WHERE account_id =";
        test_store.query(&format!("{sql} {account} ORDER BY version")).join(" ")
    };
    let acme_kinds = "account.create:0 skill.create:1 skill.create:2 phone.create:1 \
                      phone.create:2 phone.create:3 token.issue:0 phone.delete:3 skill.rename:1";
    let zeta_kinds = "account.create:0 skill.create:1 phone.create:1 phone.delete:1 \
                      skill.delete:1 account.delete:0";
    assert_eq!([kinds(acme.id()), kinds(zeta.id())], [acme_kinds, zeta_kinds]);
    assert_eq!(versions(&*acme.store, acme.id()), [1, 2, 3, 4, 5, 6, 7, 8, 9]);

    // The view for people: newest first, and the id of a request as in a header and a log.
    let newest = test_store.query("SELECT * FROM history LIMIT 1");
    let [then, now] = ["40", "41"]
        .map(|second| format!("2026-05-28 20:26:{second} | cli:asha | rfedcba9876543210"));
    assert_eq!(
        newest,
        [format!("NULL | {now} | account.delete | NULL | {{\"userName\":[\"zeta\",null]}}")]
    );
    let first = test_store.query("SELECT * FROM history WHERE user_name = 'acme'");
    assert_eq!(first.len(), 9);
    assert_eq!(first[8], format!("acme | {then} | account.create | NULL | {{}}"));
}

on!(sqlite postgres: a_delta_has_each_changed_field_before_and_after);
fn a_delta_has_each_changed_field_before_and_after(test_store: &TestStore) {
    let [mut acme, _] = books(test_store);
    let ravi = |number, name, skills| Some(phone(number, name, skills));
    for (after, expected) in [
        (ravi("112", "Ravi", &[(1, 3), (2, 9)]), r#"phone.edit | 1 | {"number":["+111","112"]}"#),
        (ravi("112", "RAVI", &[(1, 3), (2, 9)]), r#"phone.edit | 1 | {"name":["Ravi","RAVI"]}"#),
        // Of the skills only those that differ: removed, moved, new.
        (
            ravi("112", "RAVI", &[(1, 3)]),
            r#"phone.edit | 1 | {"skills":[{"2":9},{},{"2":"General"}]}"#,
        ),
        (
            ravi("112", "RAVI", &[(1, 4)]),
            r#"phone.edit | 1 | {"skills":[{"1":3},{"1":4},{"1":"Sales"}]}"#,
        ),
        (
            ravi("113", "Al", &[(1, 4), (2, 11)]),
            r#"phone.edit | 1 | {"number":["112","113"],"name":["RAVI","Al"],"skills":[{},{"2":11},{"2":"General"}]}"#,
        ),
        (
            None,
            r#"phone.delete | 1 | {"number":["113",null],"name":["Al",null],"skills":[{"1":4,"2":11},{},{"1":"Sales","2":"General"}]}"#,
        ),
    ] {
        acme.commit(vec![acme.phone(1, after)]);
        let sql = "SELECT kind, subject_id, delta FROM change WHERE account_id = 1 \
                   ORDER BY version DESC LIMIT 1";
        assert_eq!(test_store.query(sql), [expected]);
    }
    let skills = "SELECT delta FROM change WHERE kind = 'skill.create' \
                  ORDER BY account_id, version LIMIT 1";
    assert_eq!(test_store.query(skills), [r#"{"name":[null,"Sales"]}"#]);
}

on!(sqlite postgres: a_delta_has_no_secret);
fn a_delta_has_no_secret(test_store: &TestStore) {
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(vec![
        book.profile(|profile| {
            profile.api_key_sha256 = [9; 32];
            profile.api_authentication = ApiAuthentication::TokenAuth;
        }),
        token(1, 1),
    ]);
    let sql = "SELECT kind, delta FROM change WHERE version > 1 ORDER BY version";
    let settings = r#"{"apiKey":"changed","apiAuthentication":["BASIC_AUTH","TOKEN_AUTH"]}"#;
    assert_eq!(
        test_store.query(sql),
        [format!("account.edit | {settings}"), "token.issue | {}".into()]
    );
}
