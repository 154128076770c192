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
    let sql = "SELECT account_id, version, kind, subject_id, delta \
               FROM change ORDER BY account_id, version";
    for row in place.rows::<5>(sql) {
        let [account, version, kind, subject, delta] = &row;
        let account = account.parse().unwrap();
        let expected = versions.entry(account).or_default();
        *expected += 1;
        assert_eq!(*version, expected.to_string(), "no gap: {row:?}");
        let delta: Map<String, Value> = serde_json::from_str(delta).unwrap();
        let key = || (account, subject.parse::<i64>().unwrap());
        match kind.as_str() {
            "create" | "edit" | "delete" => replay_phone(&mut phones, key(), kind, &delta),
            "skill.create" => {
                assert_eq!(skills.insert(key(), delta["name"][1].clone()), None, "{row:?}");
            }
            "skill.delete" => {
                assert_eq!(skills.remove(&key()), Some(delta["name"][0].clone()), "{row:?}");
            }
            _ => {}
        }
    }
    let stored = place.rows("SELECT account_id, id, number, name, skills FROM phone");
    let stored = stored.into_iter().map(|[account, id, number, name, skills]| {
        let skills: Value = serde_json::from_str(&skills).unwrap();
        let fields = [("number", number.into()), ("name", name.into()), ("skills", skills)];
        let phone = fields.map(|(field, value)| (field.to_owned(), value)).into_iter().collect();
        ((account.parse().unwrap(), id.parse().unwrap()), phone)
    });
    assert_eq!(phones, stored.collect::<Phones>());
    let stored = place.rows("SELECT account_id, id, name FROM skill").into_iter();
    let stored = stored.map(|[account, id, name]| {
        ((account.parse().unwrap(), id.parse().unwrap()), Value::from(name))
    });
    assert_eq!(skills, stored.collect::<BTreeMap<(i64, i64), _>>());
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
