//! The routing settings of a subject, and those of an account.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Hours, Key, Mode, Pause, Setting, Subject, Template, Value};
use crate::value::SkillId;

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

    /// How many are set.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The keys of the values that differ.
    pub fn changed(&self, other: &Self) -> Vec<Key> {
        let mut keys: Vec<_> = self.0.keys().chain(other.0.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| self.get(*key) != other.get(*key));
        keys
    }

    /// Of a skill: how its phones ring.
    pub fn mode(&self) -> Mode {
        match self.get(Key::of(Setting::Mode)) {
            Some(Value::Mode(mode)) => *mode,
            _ => Mode::default(),
        }
    }

    /// Of a skill: the one to go on with.
    pub fn overflow(&self) -> Option<SkillId> {
        match self.get(Key::of(Setting::Overflow)) {
            Some(Value::Skill(skill)) => Some(*skill),
            _ => None,
        }
    }

    /// Of a skill or a phone: when it takes calls.
    pub fn hours(&self) -> Option<&Arc<Hours>> {
        match self.get(Key::of(Setting::Hours)) {
            Some(Value::Hours(hours)) => Some(hours),
            _ => None,
        }
    }

    /// A time in seconds.
    pub fn seconds(&self, key: Key) -> Option<u16> {
        match self.get(key) {
            Some(Value::Seconds(seconds)) => Some(*seconds),
            _ => None,
        }
    }

    /// Of a phone: its pause in a skill, either for this skill or for all, whichever lasts longer.
    pub fn pause_in(&self, skill: SkillId) -> Option<&Arc<Pause>> {
        let keys = [Key::of(Setting::Pause), Key::in_skill(skill, Setting::Pause)];
        let pauses = keys.into_iter().filter_map(|key| match self.get(key) {
            Some(Value::Pause(pause)) => Some(pause),
            _ => None,
        });
        pauses.max_by_key(|pause| pause.until_us.unwrap_or(i64::MAX))
    }

    /// Of the account or a skill: how a phone is addressed in a dialect.
    pub fn template(&self, dialect: super::Dialect) -> Option<&Arc<Template>> {
        match self.get(Key::of(Setting::Template(dialect))) {
            Some(Value::Template(template)) => Some(template),
            _ => None,
        }
    }
}

impl FromIterator<(Key, Value)> for Settings {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// The routing settings of an account, by what they belong to, each with the version of the account at
/// which they were edited last. Clones share memory until one of them is changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing(Arc<BTreeMap<Subject, (Settings, u64)>>);

impl Routing {
    /// The settings of a subject.
    pub fn get(&self, subject: Subject) -> &Settings {
        self.0.get(&subject).map_or(Settings::EMPTY, |(settings, _)| settings)
    }

    /// The version at which they were edited last; 0 if none is set.
    pub fn version(&self, subject: Subject) -> u64 {
        self.0.get(&subject).map_or(0, |(_, version)| *version)
    }

    /// Replaces the settings of a subject by stored or changed ones with their version.
    pub fn set(&mut self, subject: Subject, settings: Settings, version: u64) {
        let all = Arc::make_mut(&mut self.0);
        if settings.is_empty() {
            all.remove(&subject);
        } else {
            all.insert(subject, (settings, version));
        }
    }

    /// All subjects with settings: first the account, then skills and phones by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Subject, &Settings, u64)> {
        self.0.iter().map(|(subject, (settings, version))| (*subject, settings, *version))
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About how many bytes of memory they take.
    pub(crate) fn bytes(&self) -> usize {
        const SUBJECT_BYTES: usize = 128;
        const VALUE_BYTES: usize = 128;
        self.iter().map(|(_, settings, _)| SUBJECT_BYTES + settings.len() * VALUE_BYTES).sum()
    }
}
