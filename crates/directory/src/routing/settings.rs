//! The routing settings of a subject, and those of an account.

use std::collections::{BTreeMap, BTreeSet};

use super::{Key, Setting, Subject, Value};
use crate::account::ordered::{Item, Ordered};
use crate::value::SkillId;

/// The routing settings of a subject that are set. Each value is one of its setting.
pub type Settings = BTreeMap<Key, Value>;

/// The keys of the values that differ.
pub fn changed([before, after]: [&Settings; 2]) -> BTreeSet<Key> {
    let keys = before.keys().chain(after.keys()).copied();
    keys.filter(|key| before.get(key) != after.get(key)).collect()
}

/// Of a skill: the one to go on with.
pub fn overflow(settings: &Settings) -> Option<SkillId> {
    settings.get(&Key::of(Setting::Overflow)).and_then(Value::skill)
}

/// The skills that a setting names: the one that it is for, and the one to go on with.
pub(crate) fn skills(key: Key, value: &Value) -> impl Iterator<Item = SkillId> {
    key.skill.into_iter().chain(value.skill())
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
        const NONE: &Settings = &Settings::new();
        self.entry(subject).map_or(NONE, |entry| &entry.settings)
    }

    /// The version at which they were edited last; 0 if none is set.
    pub fn version(&self, subject: Subject) -> u64 {
        self.entry(subject).map_or(0, |entry| entry.version)
    }

    /// Replaces the settings of a subject by stored or changed ones with their version.
    pub fn set(&mut self, subject: Subject, settings: Settings, version: u64) {
        let at = self.0.seek(|other| other < subject);
        let entry = (!settings.is_empty()).then_some(Entry { subject, settings, version });
        self.0.set(at, subject, entry);
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
        self.0.bytes() + self.iter().map(|(_, it, _)| it.len() * VALUE_BYTES).sum::<usize>()
    }
}

impl PartialEq for Routing {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().eq(other.0.iter())
    }
}
