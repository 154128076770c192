//! The rows of a batch as columns, as its one statement takes them.

use directory::{Phone, PhoneId};

use crate::store::StampedChange;
use crate::store::codec::{delta, write_skills};

/// Accounts whose versions are raised.
#[derive(Default)]
pub struct Accounts {
    pub ids: Vec<i64>,
    pub expected: Vec<i64>,
    pub versions: Vec<i64>,
    pub next_phone_ids: Vec<i64>,
    pub next_skill_ids: Vec<i64>,
    pub settings_versions: Vec<i64>,
    /// How many rows of `phone` are updated or deleted.
    pub touched: Vec<i64>,
}

/// Rows of `phone`.
#[derive(Default)]
pub struct Phones<'b> {
    pub accounts: Vec<i64>,
    pub ids: Vec<i64>,
    pub numbers: Vec<String>,
    pub names: Vec<&'b str>,
    pub skills: Vec<String>,
    pub versions: Vec<i64>,
}

/// Rows of `change`.
#[derive(Default)]
pub struct History<'b> {
    pub accounts: Vec<i64>,
    pub versions: Vec<i64>,
    pub at_us: Vec<i64>,
    pub request_ids: Vec<i64>,
    pub sources: Vec<&'b str>,
    pub kinds: Vec<&'static str>,
    pub subjects: Vec<Option<i64>>,
    pub deltas: Vec<String>,
    pub imports: Vec<Option<i64>>,
}

impl<'b> Phones<'b> {
    pub fn add(&mut self, account: i64, id: PhoneId, phone: &'b Phone, version: u64) {
        let mut skills = String::new();
        write_skills(&mut skills, phone.skills.iter());
        self.accounts.push(account);
        self.ids.push(id.0.into());
        self.numbers.push(phone.number.to_string());
        self.names.push(phone.name.as_str());
        self.skills.push(skills);
        self.versions.push(version.cast_signed());
    }
}

impl<'b> History<'b> {
    pub fn add(&mut self, account: i64, version: u64, stamped: &'b StampedChange) {
        let StampedChange { change, skill_names, origin } = stamped;
        self.accounts.push(account);
        self.versions.push(version.cast_signed());
        self.at_us.push(origin.at_us);
        self.request_ids.push(origin.request_id.to_i64());
        self.sources.push(&origin.source);
        self.kinds.push(change.kind().as_str());
        self.subjects.push(change.subject_id().map(u64::cast_signed));
        self.deltas.push(delta(change, skill_names));
        self.imports.push(origin.import.map(|import| import.0.cast_signed()));
    }
}
