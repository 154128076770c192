//! The history of each account, replayed from nothing by its JSON alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use test_postgres::Server as Database;

use crate::nodes::Place;

/// Of an account, and of a phone or a skill in it.
type Key = (i64, i64);

/// A number, a name and the skills.
type Phones = BTreeMap<Key, Map<String, Value>>;

/// The versions of each account have no gap, what each change says to have found is what the ones
/// before it have left, and all of them lead to what the tables have.
#[track_caller]
pub fn assert_leads_to_what_is_there(place: &Place, database: &Database) {
    let rows = |columns: &str, rest: &str| -> Vec<Value> {
        let sql = format!("SELECT json_build_array({columns}) FROM {rest}");
        let rows = place.query(database, &sql);
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    };
    let mut versions = BTreeMap::<i64, i64>::new();
    let (mut phones, mut skills) = (Phones::new(), BTreeMap::<Key, Value>::new());
    for row in rows(
        "account_id, version, kind, subject_id, delta::json",
        "change ORDER BY account_id, version",
    ) {
        let account = row[0].as_i64().unwrap();
        let version = versions.entry(account).or_default();
        *version += 1;
        assert_eq!(row[1], *version, "a gap before {row}");
        let (kind, delta) = (row[2].as_str().unwrap(), row[4].as_object().unwrap());
        let key = || (account, row[3].as_i64().unwrap());
        match kind {
            "create" | "edit" | "delete" => replay(&mut phones, key(), kind, delta),
            "skill.create" => {
                assert_eq!(skills.insert(key(), delta["name"][1].clone()), None, "{row}");
            }
            "skill.delete" => {
                assert_eq!(skills.remove(&key()), Some(delta["name"][0].clone()), "{row}");
            }
            _ => {}
        }
    }
    let key = |row: &Value| (row[0].as_i64().unwrap(), row[1].as_i64().unwrap());
    let there = rows("account_id, version", "account_version");
    assert_eq!(versions, there.iter().map(key).collect());
    let there = rows("account_id, id, number, name, skills::json", "phone");
    let there = there.iter().map(|row| {
        let fields = [("number", 2), ("name", 3), ("skills", 4)];
        let phone = fields.map(|(name, at)| (name.to_owned(), row[at].clone()));
        (key(row), phone.into_iter().collect())
    });
    assert_eq!(phones, there.collect::<Phones>());
    let there = rows("account_id, id, name", "skill");
    assert_eq!(skills, there.iter().map(|row| (key(row), row[2].clone())).collect());
}

fn replay(phones: &mut Phones, key: Key, kind: &str, delta: &Map<String, Value>) {
    assert_eq!(phones.contains_key(&key), kind != "create", "{kind} {key:?}");
    assert!(!delta.is_empty(), "a change changes something");
    let phone = phones.entry(key).or_insert_with(|| Map::from_iter([("skills".into(), json!({}))]));
    for (field, sides) in delta {
        let [before, after] = [&sides[0], &sides[1]];
        assert_ne!(before, after, "{kind} {key:?} {field}");
        if field == "skills" {
            let held = phone["skills"].as_object_mut().unwrap();
            for (skill, position) in before.as_object().unwrap() {
                assert_eq!(held.remove(skill).as_ref(), Some(position), "{kind} {key:?}");
            }
            for (skill, position) in after.as_object().unwrap() {
                assert_eq!(held.insert(skill.clone(), position.clone()), None, "{kind} {key:?}");
            }
        } else {
            let was = phone.insert(field.clone(), after.clone()).unwrap_or_default();
            assert_eq!(was, *before, "{kind} {key:?} {field}");
        }
    }
    if kind == "delete" {
        let left = phones.remove(&key).unwrap();
        assert!(left.values().all(|value| value.is_null() || *value == json!({})), "{left:?}");
    }
}
