//! The history leads to what is stored.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::place::Place;
use test_support::replay::{Key, Phones, Replay, Row, phone};

/// What the rows of the history lead to is what the tables have.
pub fn assert_leads_to_what_is_there(place: &Place) {
    let sql = "SELECT account_id, version, kind, subject_id, delta \
               FROM change ORDER BY account_id, version";
    let rows = place.rows(sql).into_iter().map(|[account, version, kind, subject, delta]| Row {
        account: account.parse().unwrap(),
        version: version.parse().unwrap(),
        kind,
        // Where there is none, it says so in a word.
        subject: subject.parse().ok(),
        delta: serde_json::from_str(&delta).unwrap(),
    });
    let replay = Replay::of(rows);
    let key =
        |account: String, id: String| -> Key { (account.parse().unwrap(), id.parse().unwrap()) };
    let stored = place.rows("SELECT account_id, id, number, name, skills FROM phone");
    let stored = stored.into_iter().map(|[account, id, number, name, skills]| {
        let skills = serde_json::from_str(&skills).unwrap();
        (key(account, id), phone(number.into(), name.into(), skills))
    });
    assert_eq!(replay.phones, stored.collect::<Phones>());
    let stored = place.rows("SELECT account_id, id, name FROM skill").into_iter();
    let stored = stored.map(|[account, id, name]| (key(account, id), Value::from(name)));
    assert_eq!(replay.skills, stored.collect::<BTreeMap<_, _>>());
}
