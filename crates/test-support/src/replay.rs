//! A history, replayed from nothing by its JSON alone, whatever store its rows are from.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Of an account, and of a phone or a skill in it.
pub type Key = (i64, i64);

/// A number, a name and the skills.
pub type Phones = BTreeMap<Key, Map<String, Value>>;

/// A row of the history.
#[derive(Debug, Deserialize)]
pub struct Row {
    pub account: i64,
    pub version: i64,
    pub kind: String,
    pub subject: Option<i64>,
    pub delta: Map<String, Value>,
}

/// What a history leads to.
#[derive(Debug, Default)]
pub struct Replay {
    /// The last version of each account.
    pub versions: BTreeMap<i64, i64>,
    pub phones: Phones,
    pub skills: BTreeMap<Key, Value>,
}

impl Replay {
    /// Of rows in the order of account and version. The versions of each account have no gap, and
    /// what each change says to have found is what the ones before it have left.
    #[track_caller]
    pub fn of(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut replay = Self::default();
        for row in rows {
            replay.add(&row);
        }
        replay
    }

    #[track_caller]
    fn add(&mut self, row: &Row) {
        let version = self.versions.entry(row.account).or_default();
        *version += 1;
        assert_eq!(row.version, *version, "a gap before {row:?}");
        let key = || (row.account, row.subject.unwrap());
        match row.kind.as_str() {
            "create" | "edit" | "delete" => replay_phone(&mut self.phones, key(), row),
            "skill.create" => {
                let name = row.delta["name"][1].clone();
                assert_eq!(self.skills.insert(key(), name), None, "{row:?}");
            }
            "skill.delete" => {
                let name = row.delta["name"][0].clone();
                assert_eq!(self.skills.remove(&key()), Some(name), "{row:?}");
            }
            _ => {}
        }
    }
}

#[track_caller]
fn replay_phone(phones: &mut Phones, key: Key, row: &Row) {
    assert_eq!(phones.contains_key(&key), row.kind != "create", "{row:?}");
    assert!(!row.delta.is_empty(), "a change changes something: {row:?}");
    let phone = phones.entry(key).or_insert_with(|| Map::from_iter([("skills".into(), json!({}))]));
    for (field, sides) in &row.delta {
        let [before, after] = [&sides[0], &sides[1]];
        assert_ne!(before, after, "{field}: {row:?}");
        if field == "skills" {
            let held = phone["skills"].as_object_mut().unwrap();
            for (skill, position) in before.as_object().unwrap() {
                assert_eq!(held.remove(skill).as_ref(), Some(position), "{row:?}");
            }
            for (skill, position) in after.as_object().unwrap() {
                assert_eq!(held.insert(skill.clone(), position.clone()), None, "{row:?}");
            }
        } else {
            let was = phone.insert(field.clone(), after.clone()).unwrap_or_default();
            assert_eq!(was, *before, "{field}: {row:?}");
        }
    }
    if row.kind == "delete" {
        let left = phones.remove(&key).unwrap();
        assert!(left.values().all(|value| value.is_null() || *value == json!({})), "{left:?}");
    }
}

/// A phone as it is in [`Phones`].
pub fn phone(number: Value, name: Value, skills: Value) -> Map<String, Value> {
    [("number", number), ("name", name), ("skills", skills)]
        .map(|(field, value)| (field.to_owned(), value))
        .into_iter()
        .collect()
}
