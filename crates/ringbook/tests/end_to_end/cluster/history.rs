//! The history of each account leads to what is there.

use serde::de::DeserializeOwned;
use serde_json::Value;
use test_postgres::Server as Database;

use super::nodes::Place;
use test_support::replay::{Phones, Replay, Row, phone};

/// The versions of each account have no gap, what each change says to have found is what the ones
/// before it have left, and all of them lead to what the tables have.
#[track_caller]
pub fn assert_leads_to_what_is_there(place: &Place, database: &Database) {
    let replay = Replay::of(rows::<Row>(
        place,
        database,
        "account_id, version, kind, subject_id, delta::json",
        "change ORDER BY account_id, version",
    ));
    let there = rows::<(i64, i64)>(place, database, "account_id, version", "account_version");
    assert_eq!(replay.versions, there.into_iter().collect());
    let columns = "account_id, id, number, name, skills::json";
    let there = rows::<(i64, i64, Value, Value, Value)>(place, database, columns, "phone");
    let there = there
        .into_iter()
        .map(|(account, id, number, name, skills)| ((account, id), phone(number, name, skills)));
    assert_eq!(replay.phones, there.collect::<Phones>());
    let there = rows::<(i64, i64, Value)>(place, database, "account_id, id, name", "skill");
    let there = there.into_iter().map(|(account, id, name)| ((account, id), name));
    assert_eq!(replay.skills, there.collect());
}

fn rows<T: DeserializeOwned>(
    place: &Place,
    database: &Database,
    columns: &str,
    rest: &str,
) -> Vec<T> {
    let sql = format!("SELECT json_build_array({columns}) FROM {rest}");
    let rows = place.query(database, &sql);
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}
