//! The routing settings of a subject, and those of an account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Dialect, Hours, Key, Mode, Pause, Setting, Subject, Template, Value};
use crate::account::ordered::{Item, Ordered};
use crate::value::SkillId;

/// The value of a key, if it is of this variant.
macro_rules! typed {
    ($settings:ident, $key:expr, $variant:ident) => {
        match $settings.get($key) {
            Some(Value::$variant(value)) => Some(value),
            _ => None,
        }
    };
}

/// The routing settings of a subject that are set, sorted by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings(BTreeMap<Key, Value>);

impl Settings {
    /// None.
    pub const EMPTY: &Self = &Self(BTreeMap::new());

    /// The value of a setting, if it is set.
    pub fn get(&self, key: Key) -> Option<&Value> {
        self.0.get(&key)
    }

    /// Sets or removes a value, which must be one of the setting's.
    pub fn set(&mut self, key: Key, value: Option<Value>) {
        match value {
            Some(value) => self.0.insert(key, value),
            None => self.0.remove(&key),
        };
    }

    /// All that are set, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Key, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of the values that differ.
    pub fn changed(&self, other: &Self) -> Vec<Key> {
        let keys: BTreeSet<_> = self.0.keys().chain(other.0.keys()).copied().collect();
        keys.into_iter().filter(|key| self.get(*key) != other.get(*key)).collect()
    }

    /// The skills that a setting names: the one that it is for, and the one to go on with.
    pub(crate) fn skills(&self, key: Key) -> impl Iterator<Item = SkillId> {
        let next = typed!(self, key, Skill).copied();
        key.skill.into_iter().chain(next)
    }

    /// Of a skill: how its phones ring.
    pub fn mode(&self) -> Mode {
        typed!(self, Key::of(Setting::Mode), Mode).copied().unwrap_or_default()
    }

    /// Of a skill: the one to go on with.
    pub fn overflow(&self) -> Option<SkillId> {
        typed!(self, Key::of(Setting::Overflow), Skill).copied()
    }

    /// Of a skill or a phone: when it takes calls.
    pub fn hours(&self) -> Option<&Arc<Hours>> {
        typed!(self, Key::of(Setting::Hours), Hours)
    }

    /// A time in seconds.
    pub fn seconds(&self, key: Key) -> Option<u16> {
        typed!(self, key, Seconds).copied()
    }

    /// Of a phone: its pause in a skill, either for this skill or for all, whichever lasts longer.
    pub fn pause_in(&self, skill: SkillId) -> Option<&Arc<Pause>> {
        let keys = [Key::of(Setting::Pause), Key::in_skill(skill, Setting::Pause)];
        let pauses = keys.into_iter().filter_map(|key| typed!(self, key, Pause));
        pauses.max_by_key(|pause| pause.until_us.unwrap_or(i64::MAX))
    }

    /// Of the account or a skill: how a phone is addressed in a dialect.
    pub fn template(&self, dialect: Dialect) -> Option<&Arc<Template>> {
        typed!(self, Key::of(Setting::Template(dialect)), Template)
    }
}

impl FromIterator<(Key, Value)> for Settings {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// The routing settings of an account, by what they belong to, each with the version of the account at
/// which they were edited last. Clones share memory, but for what is changed.
#[derive(Debug, Clone, Default)]
pub struct Routing(Ordered<Entry, 16>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    subject: Subject,
    settings: Settings,
    version: u64,
}

impl Item for Entry {
    type Key = Subject;

    fn key(&self) -> Subject {
        self.subject
    }
}

impl Routing {
    fn entry(&self, subject: Subject) -> Option<&Entry> {
        self.0.get(self.0.seek(|other| other < subject)).filter(|entry| entry.subject == subject)
    }

    /// The settings of a subject.
    pub fn get(&self, subject: Subject) -> &Settings {
        self.entry(subject).map_or(Settings::EMPTY, |entry| &entry.settings)
    }

    /// The version at which they were edited last; 0 if none is set.
    pub fn version(&self, subject: Subject) -> u64 {
        self.entry(subject).map_or(0, |entry| entry.version)
    }

    /// Replaces the settings of a subject by stored or changed ones with their version.
    pub fn set(&mut self, subject: Subject, settings: Settings, version: u64) {
        let at = self.0.seek(|other| other < subject);
        match (self.entry(subject).is_some(), settings.is_empty()) {
            (true, true) => self.0.remove(at),
            (false, true) => {}
            (true, false) => {
                *self.0.get_mut(at).expect("it is there") = Entry { subject, settings, version };
            }
            (false, false) => self.0.insert(at, Entry { subject, settings, version }),
        }
    }

    /// All subjects with settings: first the account, then skills and phones by id.
    pub fn iter(&self) -> impl Iterator<Item = (Subject, &Settings, u64)> {
        self.0.iter().map(|entry| (entry.subject, &entry.settings, entry.version))
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.first().is_none()
    }

    /// About how many bytes of memory they take.
    pub(crate) fn bytes(&self) -> usize {
        const VALUE_BYTES: usize = 128;
        self.0.bytes() + self.iter().map(|(_, it, _)| it.iter().len() * VALUE_BYTES).sum::<usize>()
    }
}

impl PartialEq for Routing {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().eq(other.0.iter())
    }
}
