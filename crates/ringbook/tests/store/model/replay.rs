//! The history, replayed from nothing by its JSON alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::place::Place;

/// The phones of all accounts: a number, a name and the skills, by account and id.
type Phones = BTreeMap<(i64, i64), Map<String, Value>>;

/// What the rows of the history lead to is what the tables have.
pub fn assert_leads_to_what_is_there(place: &Place) {
    let (mut phones, mut skills) = (Phones::new(), BTreeMap::new());
    let mut versions = BTreeMap::<i64, i64>::new();
    let sql = "SELECT json_array(account_id, version, kind, subject_id, json(delta)) \
               FROM change ORDER BY id";
    for row in place.query(sql) {
        let row: Value = serde_json::from_str(&row).unwrap();
        let account = row[0].as_i64().unwrap();
        let version = versions.entry(account).or_default();
        *version += 1;
        assert_eq!(row[1], *version, "no gap: {row}");
        let (kind, delta) = (row[2].as_str().unwrap(), row[4].as_object().unwrap());
        let key = || (account, row[3].as_i64().unwrap());
        match kind {
            "create" | "edit" | "delete" => replay_phone(&mut phones, key(), kind, delta),
            "skill.create" => {
                assert_eq!(skills.insert(key(), delta["name"][1].clone()), None, "{row}");
            }
            "skill.delete" => {
                assert_eq!(skills.remove(&key()), Some(delta["name"][0].clone()), "{row}");
            }
            _ => {}
        }
    }
    let stored = place
        .query("SELECT json_array(account_id, id, number, name, json(skills)) FROM phone")
        .into_iter()
        .map(|row| {
            let row: Value = serde_json::from_str(&row).unwrap();
            let fields = [("number", 2), ("name", 3), ("skills", 4)];
            let phone = fields.map(|(name, at)| (name.to_owned(), row[at].clone()));
            ((row[0].as_i64().unwrap(), row[1].as_i64().unwrap()), phone.into_iter().collect())
        });
    assert_eq!(phones, stored.collect::<Phones>());
    let stored = place.query("SELECT json_array(account_id, id, name) FROM skill");
    let stored = stored.iter().map(|row| {
        let row: Value = serde_json::from_str(row).unwrap();
        ((row[0].as_i64().unwrap(), row[1].as_i64().unwrap()), row[2].clone())
    });
    assert_eq!(skills, stored.collect::<BTreeMap<_, _>>());
}

fn replay_phone(phones: &mut Phones, key: (i64, i64), kind: &str, delta: &Map<String, Value>) {
    assert_eq!(phones.contains_key(&key), kind != "create", "{kind} {key:?}");
    assert!(!delta.is_empty(), "a change changes something");
    let phone = phones.entry(key).or_default();
    for (field, sides) in delta {
        let [before, after] = [&sides[0], &sides[1]];
        assert_ne!(before, after, "{kind} {key:?} {field}");
        if field == "skills" {
            let held = phone.entry("skills").or_insert_with(|| json!({}));
            let held = held.as_object_mut().unwrap();
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
        assert!(left.values().all(|value| value.is_null() || *value == json!({})));
    } else {
        phone.entry("skills").or_insert_with(|| json!({}));
    }
}
