//! The committed state of a tenant.

mod exact;
mod holders;
mod keys;
pub(crate) mod ordered;
mod phones;
mod skills;
mod sorted;
mod view;

pub use keys::ApiKeys;
pub use phones::{PhoneRange, PhoneSort, Phones, PhonesBuilder};
pub use skills::Skills;
pub use view::View;

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::routing::Routing;
use crate::value::{IssuedToken, Phone, PhoneId, Profile, SkillId};

/// The id of an account, which is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId(pub u32);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The tokens of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// The newest one.
    pub newest: Option<IssuedToken>,
    /// When the ones within the last hour were issued, oldest first.
    pub issued_us: Vec<i64>,
}

/// The counters of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// The number of changes of the account so far. States with the same version are equal.
    pub version: u64,
    /// The id of the next phone.
    pub next_phone_id: u32,
    /// The id of the next skill.
    pub next_skill_id: u32,
    /// The version at which the settings were edited last.
    pub settings_version: u64,
}

impl Counters {
    /// The counters of a new account, whose creation is its first change.
    pub const NEW: Self =
        Self { version: 1, next_phone_id: 1, next_skill_id: 1, settings_version: 1 };

    /// Counts a change.
    pub fn count(&mut self, change: &Change) {
        self.version += 1;
        match change {
            Change::Phone { id, .. } => self.next_phone_id = self.next_phone_id.max(id.0 + 1),
            Change::Skill { id, .. } => self.next_skill_id = self.next_skill_id.max(id.0 + 1),
            Change::Profile { .. } => self.settings_version = self.version,
            Change::Routing { .. }
            | Change::Key { .. }
            | Change::Token { .. }
            | Change::AccountDeleted(_) => {}
        }
    }
}

/// The committed state of a tenant.
#[derive(Debug, Clone)]
pub struct Account {
    /// Which account it is.
    pub id: AccountId,
    /// Its settings.
    pub profile: Profile,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its API keys except the main key, which is in `profile`.
    pub keys: ApiKeys,
    /// Its skills.
    pub skills: Skills,
    /// Its phones.
    pub phones: Phones,
    /// Its routing settings.
    pub routing: Routing,
    /// Its counters.
    pub counters: Counters,
}

impl Account {
    /// An account without skills and phones.
    pub fn new(id: AccountId, profile: Profile, counters: Counters) -> Self {
        Self {
            id,
            profile,
            tokens: Tokens::default(),
            keys: ApiKeys::default(),
            skills: Skills::default(),
            phones: Phones::default(),
            routing: Routing::default(),
            counters,
        }
    }

    /// Puts the stored phones into an account that has its skills and no phones.
    pub fn load_phones(&mut self, phones: PhonesBuilder) {
        self.phones = phones.build();
        for skill in self.skills.iter().map(|(_, id)| id).collect::<Vec<_>>() {
            if let Some((_, last)) = self.phones.ring(skill).next_back() {
                self.skills.raise_last_positions(&last.skills);
            }
        }
    }

    /// Inserts, replaces or removes a stored phone with its version, without counting a change: for
    /// following other processes.
    pub fn set_phone(&mut self, id: PhoneId, phone: Option<(Phone, u64)>) {
        if let Some((phone, _)) = &phone {
            self.skills.raise_last_positions(&phone.skills);
        }
        self.phones.set(id, phone);
    }

    /// Replaces the skills by those of another process. The last ring positions are kept.
    pub fn follow_skills(&mut self, mut skills: Skills) {
        skills.take_last_positions(&self.skills);
        self.skills = skills;
    }

    /// Applies a committed change.
    pub fn apply(&mut self, change: Change) {
        self.counters.count(&change);
        let version = self.counters.version;
        match change {
            Change::Phone { id, after, .. } => {
                self.set_phone(id, after.map(|phone| (phone, version)));
            }
            Change::Skill { id, after: Some(name), .. } => self.skills.set(id, name, version),
            Change::Skill { id, after: None, .. } => self.skills.remove(id),
            Change::Profile { after, .. } => self.profile = after,
            Change::Key { id, after, .. } => self.keys.set(id, after),
            Change::Routing { subject, after, .. } => self.routing.set(subject, after, version),
            Change::Token { issued } => self.tokens.issue(issued),
            Change::AccountDeleted(_) => {
                self.routing = Routing::default();
                self.phones = Phones::default();
                self.skills = Skills::default();
            }
        }
    }

    /// A number for what a ring order is, as [`ring_version`] makes it.
    pub fn ring_version(&self, skill: SkillId) -> u64 {
        let phones = self.phones.ring(skill);
        let phones = phones.map(|(id, _)| (id, self.phones.version(id).unwrap_or_default()));
        ring_version(self.skills.version(skill), phones)
    }

    /// About how many bytes of memory the account takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.phones.bytes() + self.skills.bytes() + self.routing.bytes()
    }
}

/// A number for what a ring order is: of the version of its skill and the versions of its phones, in
/// their order. Whatever changes a ring order changes one of these, and none comes back, so the number
/// does not either. It is the same in every process.
pub(crate) fn ring_version(skill: u64, phones: impl Iterator<Item = (PhoneId, u64)>) -> u64 {
    let values = phones.flat_map(|(id, version)| [id.0.into(), version]);
    std::iter::once(skill).chain(values).fold(0, |hash: u64, value| {
        let mixed = (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    })
}

impl Tokens {
    /// Makes `issued` the newest token, and drops issue times outside the window of the limit. A little
    /// later ones stay, of another node's clock.
    pub fn issue(&mut self, issued: IssuedToken) {
        let window_us = crate::limits::TOKEN_WINDOW_US.unsigned_abs();
        self.issued_us.retain(|at_us| at_us.abs_diff(issued.issued_us) < window_us);
        self.issued_us.push(issued.issued_us);
        self.newest = Some(issued);
    }
}
