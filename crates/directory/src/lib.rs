//! The rules of a phone directory.
//!
//! An [`Account`] is the state of one tenant. A [`Command`] is a request to change it. [`decide`]
//! applies the rules of the contract (`docs/phone-manage-v2.md`): it returns the [`Change`]s that
//! the command makes, or the [`Refusal`]. [`Account::apply`] carries out a change. A [`View`] is an
//! account with decided but not yet applied changes on top, so that several commands can be decided
//! one after another before any of them is stored.
//!
//! This crate knows nothing of files, databases, the network, threads, clocks, random numbers, or
//! the error format of any API. Times are passed in, in microseconds since 1970 (UTC).

pub mod account;
pub mod change;
pub mod command;
mod decision;
pub mod delta;
mod escaped;
pub mod limits;
mod refusal;
pub mod routing;
pub mod rules;
mod skill_fault;
pub mod value;

pub use account::{
    Account, AccountId, ApiKeys, Counters, PhoneRange, PhoneSort, Phones, PhonesBuilder, Skills,
    Tokens, View,
};
pub use change::{Change, Kind};
pub use command::{
    Command, IfAssigned, NewKey, PhoneLookup, ProfileEdit, RingOrder, RoutingOf, Row, SaveMode,
    SettingEdit, SkillEdit,
};
pub use decision::Decision;
pub use delta::{Delta, FieldChange, RecordedChange, SkillNames};
pub use escaped::{Escaped, escaped};
pub use refusal::{BlockedChange, Obstacle, Refusal, RowFault};
pub use rules::{decide, find_phone, find_subject};
pub use skill_fault::{SkillFault, SkillList};
pub use value::{
    ApiAuthentication, ApiKey, Assignment, ChangeId, IssuedToken, KeyId, KeyName, KeyScope, Phone,
    PhoneId, PhoneName, PhoneNumber, Profile, SkillId, SkillName, SkillSet, UserName,
};
