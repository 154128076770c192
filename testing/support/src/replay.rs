//! A history, replayed from nothing by its JSON alone, whichever store its rows are from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Of an account, and of a phone or a skill in it.
type Key = (i64, i64);

/// A number, a name and the skills.
type Phones = BTreeMap<Key, Map<String, Value>>;

/// The versions of each account have no gap, what each change says to have found is what the ones
/// before it have left, and all of them lead to what the tables have. `query` answers SQL with rows
/// whose columns have ` | ` between them.
#[track_caller]
pub fn assert_history_leads_to_content(query: impl Fn(&str) -> Vec<String>) {
    let sql = "SELECT account_id, version, kind, subject_id, delta \
               FROM change ORDER BY account_id, version";
    let changes = columns(query(sql)).map(|[account, version, kind, subject, delta]| Row {
        account: number(&account),
        version: number(&version),
        kind,
        // NULL, where there is none.
        subject: subject.parse().ok(),
        delta: serde_json::from_str(&delta).unwrap(),
    });
    let replay = Replay::of(changes);
    let versions = columns(query("SELECT account_id, version FROM account_version"));
    let versions = versions.map(|[account, version]| (number(&account), number(&version)));
    assert_eq!(replay.versions, versions.collect());
    let phones = columns(query("SELECT account_id, id, number, name, skills FROM phone"));
    let phones = phones.map(|[account, id, phone_number, name, skills]| {
        let skills = serde_json::from_str(&skills).unwrap();
        ((number(&account), number(&id)), phone(phone_number.into(), name.into(), skills))
    });
    assert_eq!(replay.phones, phones.collect());
    let skills = columns(query("SELECT account_id, id, name FROM skill"));
    let skills = skills.map(|[account, id, name]| ((number(&account), number(&id)), name.into()));
    assert_eq!(replay.skills, skills.collect());
    let routing = columns(query("SELECT account_id, subject, settings FROM routing"));
    let routing = routing.map(|[account, subject, settings]| {
        ((number(&account), subject), serde_json::from_str(&settings).unwrap())
    });
    assert_eq!(replay.routing, routing.collect());
}

/// Rows cut into their columns; none of them but the last may have ` | ` in it.
pub fn columns<const COLUMNS: usize>(rows: Vec<String>) -> impl Iterator<Item = [String; COLUMNS]> {
    rows.into_iter().map(|row| {
        let columns: Vec<_> = row.splitn(COLUMNS, " | ").map(ToOwned::to_owned).collect();
        columns.try_into().unwrap()
    })
}

fn number(text: &str) -> i64 {
    text.parse().unwrap()
}

/// A row of the history.
#[derive(Debug)]
struct Row {
    account: i64,
    version: i64,
    kind: String,
    subject: Option<i64>,
    delta: Map<String, Value>,
}

/// What a history leads to.
#[derive(Debug, Default)]
struct Replay {
    /// The last version of each account.
    versions: BTreeMap<i64, i64>,
    phones: Phones,
    skills: BTreeMap<Key, Value>,
    /// The settings by account and subject.
    routing: BTreeMap<(i64, String), Map<String, Value>>,
}

impl Replay {
    /// Of rows in the order of account and version. The versions of each account have no gap, and
    /// what each change says to have found is what the ones before it have left.
    #[track_caller]
    fn of(rows: impl IntoIterator<Item = Row>) -> Self {
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
            "phone.create" | "phone.edit" | "phone.delete" => {
                replay_phone(&mut self.phones, key(), row);
            }
            "skill.create" => {
                let name = row.delta["name"][1].clone();
                assert_eq!(self.skills.insert(key(), name), None, "{row:?}");
            }
            "skill.delete" => {
                let name = row.delta["name"][0].clone();
                assert_eq!(self.skills.remove(&key()), Some(name), "{row:?}");
            }
            "account.routing" => self.replay_routing("account".to_owned(), row),
            "skill.routing" => self.replay_routing(format!("s{}", key().1), row),
            "phone.routing" => self.replay_routing(format!("p{}", key().1), row),
            _ => {}
        }
    }

    #[track_caller]
    fn replay_routing(&mut self, subject: String, row: &Row) {
        let key = (row.account, subject);
        let mut settings = self.routing.remove(&key).unwrap_or_default();
        for (setting, sides) in row.delta.iter().filter(|(field, _)| *field != "names") {
            let was = settings.remove(setting).unwrap_or_default();
            assert_eq!(was, sides[0], "{setting}: {row:?}");
            assert_ne!(sides[0], sides[1], "{setting}: {row:?}");
            settings.extend((!sides[1].is_null()).then(|| (setting.clone(), sides[1].clone())));
        }
        self.routing.extend((!settings.is_empty()).then_some((key, settings)));
    }
}

#[track_caller]
fn replay_phone(phones: &mut Phones, key: Key, row: &Row) {
    assert_eq!(phones.contains_key(&key), row.kind != "phone.create", "{row:?}");
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
    if row.kind == "phone.delete" {
        let left = phones.remove(&key).unwrap();
        assert!(left.values().all(|value| value.is_null() || *value == json!({})), "{left:?}");
    }
}

/// A phone as it is in [`Phones`].
fn phone(number: Value, name: Value, skills: Value) -> Map<String, Value> {
    [("number", number), ("name", name), ("skills", skills)]
        .map(|(field, value)| (field.to_owned(), value))
        .into_iter()
        .collect()
}
