//! The tables, read with plain SQL by whoever wants to.

use directory::{ApiAuthentication, Change};
use ringbook::store::Verdict;

use crate::book::{Book, deadline, open, phone, token};
use crate::place::Place;

/// Two accounts that have the same phone, and skills whose ring orders are not those of the ids.
fn books(place: &Place) -> [Book; 2] {
    let (_, [mut acme, mut zeta]) = open(place, ["acme", "zeta"]);
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

on!(sqlite postgres: a_phone_is_a_row);
fn a_phone_is_a_row(place: &Place) {
    let [mut acme, _] = books(place);
    let sql = "SELECT account_id, id, number, name, skills FROM phone ORDER BY account_id, id";
    let expected = [
        r#"1 | 1 | +111 | Ravi | {"1":3,"2":9}"#,
        r#"1 | 2 | 222 | Mira | {"1":2,"2":10}"#,
        "1 | 3 | 333 | Noor | {}",
        r#"2 | 1 | +111 | Ravi | {"1":1}"#,
    ];
    assert_eq!(place.query(sql), expected);
    acme.commit(vec![acme.phone(1, Some(phone("112", "Ravi.K", &[(2, 9)]))), acme.phone(2, None)]);
    let expected = [r#"1 | 1 | 112 | Ravi.K | {"2":9}"#, "1 | 3 | 333 | Noor | {}", expected[3]];
    assert_eq!(place.query(sql), expected);
    acme.commit(vec![Change::AccountDeleted]);
    assert_eq!(place.query(sql), expected[2..]);
}

on!(sqlite postgres: the_assignment_view_is_in_ring_order);
fn the_assignment_view_is_in_ring_order(place: &Place) {
    let [mut acme, _] = books(place);
    let sql = "SELECT user_name, skill, number, name, position FROM assignment";
    let expected = [
        "acme | General | +111 | Ravi | 9",
        "acme | General | 222 | Mira | 10",
        "acme | Sales | 222 | Mira | 2",
        "acme | Sales | +111 | Ravi | 3",
        "zeta | General | +111 | Ravi | 1",
    ];
    assert_eq!(place.query(sql), expected);
    acme.commit(vec![acme.skill(1, Some("Night")), acme.phone(2, None)]);
    let expected =
        ["acme | General | +111 | Ravi | 9", "acme | Night | +111 | Ravi | 3", expected[4]];
    assert_eq!(place.query(sql), expected);
}

on!(sqlite postgres: each_change_is_a_row_of_the_history);
fn each_change_is_a_row_of_the_history(place: &Place) {
    let [mut acme, zeta] = books(place);
    acme.commit(vec![token(1, 1), acme.phone(3, None), acme.skill(1, Some("Night"))]);
    let changes = vec![zeta.phone(1, None), zeta.skill(1, None), Change::AccountDeleted];
    let mut last = zeta.prepare(changes.clone());
    last.changes.iter_mut().for_each(|stamped| stamped.origin.at_us += 1_000_000);
    assert_eq!(zeta.store.commit(&[last], deadline()).unwrap(), [Verdict::Committed]);
    let kinds = |account| {
        let sql = "SELECT version, kind, coalesce(subject_id, 0) FROM change WHERE account_id =";
        let rows = place.rows::<3>(&format!("{sql} {account} ORDER BY version"));
        let rows = rows.into_iter().zip(1..).map(|([version, kind, subject], expected)| {
            assert_eq!(version, expected.to_string());
            format!("{kind}:{subject}")
        });
        rows.collect::<Vec<_>>().join(" ")
    };
    let acme_kinds = "account.create:0 skill.create:1 skill.create:2 create:1 create:2 create:3 \
                      token:0 delete:3 skill.rename:1";
    let zeta_kinds =
        "account.create:0 skill.create:1 create:1 delete:1 skill.delete:1 account.delete:0";
    assert_eq!([kinds(acme.id()), kinds(zeta.id())], [acme_kinds, zeta_kinds]);

    // For people, newest first; the id of a request as a header and a log show it.
    let newest = place.query("SELECT * FROM history LIMIT 1");
    let [then, now] = ["40", "41"]
        .map(|second| format!("2026-05-28 20:26:{second} | cli:asha | fedcba9876543210"));
    assert_eq!(newest, [format!("NULL | {now} | account.delete | NULL | {{}}")]);
    let first = place.query("SELECT * FROM history WHERE user_name = 'acme'");
    assert_eq!(first.len(), 9);
    assert_eq!(first[8], format!("acme | {then} | account.create | NULL | {{}}"));
}

on!(sqlite postgres: a_delta_has_each_changed_field_before_and_after);
fn a_delta_has_each_changed_field_before_and_after(place: &Place) {
    let [mut acme, _] = books(place);
    let mut check = |after, expected: &[&str]| {
        let (id, last) = (acme.id(), acme.version());
        acme.commit(vec![acme.phone(1, after)]);
        let sql = format!(
            "SELECT kind, subject_id, delta FROM change WHERE account_id = {id} AND version > {last}"
        );
        assert_eq!(place.query(&sql), expected);
    };
    let ravi = |number, name, skills| Some(phone(number, name, skills));
    check(ravi("112", "Ravi", &[(1, 3), (2, 9)]), &[r#"edit | 1 | {"number":["+111","112"]}"#]);
    check(ravi("112", "RAVI", &[(1, 3), (2, 9)]), &[r#"edit | 1 | {"name":["Ravi","RAVI"]}"#]);
    // Of the skills only those that differ: left, moved, new.
    check(ravi("112", "RAVI", &[(1, 3)]), &[r#"edit | 1 | {"skills":[{"2":9},{}]}"#]);
    check(ravi("112", "RAVI", &[(1, 4)]), &[r#"edit | 1 | {"skills":[{"1":3},{"1":4}]}"#]);
    let all = r#"edit | 1 | {"number":["112","113"],"name":["RAVI","Al"],"skills":[{},{"2":11}]}"#;
    check(ravi("113", "Al", &[(1, 4), (2, 11)]), &[all]);
    let gone = r#"{"number":["113",null],"name":["Al",null],"skills":[{"1":4,"2":11},{}]}"#;
    check(None, &[&format!("delete | 1 | {gone}")]);

    let skills = "SELECT delta FROM change WHERE kind = 'skill.create' \
                  ORDER BY account_id, version LIMIT 1";
    assert_eq!(place.query(skills), [r#"{"name":[null,"Sales"]}"#]);
}

on!(sqlite postgres: a_delta_has_no_secret);
fn a_delta_has_no_secret(place: &Place) {
    let mut book = Book::new(&place.open(), "acme");
    book.commit(vec![
        book.profile(|profile| {
            profile.api_key_sha256 = [9; 32];
            profile.api_authentication = ApiAuthentication::TokenAuth;
        }),
        token(1, 1),
    ]);
    let sql = "SELECT kind, delta FROM change WHERE version > 1 ORDER BY version";
    let settings = r#"{"apiKey":"changed","apiAuthentication":["BASIC_AUTH","TOKEN_AUTH"]}"#;
    assert_eq!(place.query(sql), [format!("account.edit | {settings}"), "token | {}".into()]);
}
