//! The rules of a phone directory.
//!
//! An [`Account`] is one tenant's state. A [`Command`] is what somebody wants; [`decide`] says,
//! by the rules of the contract (`docs/phone-manage-v2.md`), which [`Change`]s that means or why
//! it is refused; [`Account::apply`] carries a change out. Several commands can be decided one
//! after another before any of them is stored: a [`View`] is an account with the changes that
//! were decided and not yet applied.
//!
//! This crate must not know: files, databases, the network, threads, clocks, random numbers,
//! or how any API spells its errors. Time is passed in as microseconds since 1970 (UTC).

pub mod account;
pub mod change;
pub mod command;
mod escaped;
pub mod limits;
pub mod past;
pub mod rules;
pub mod value;

pub use account::{
    Account, AccountId, ApiAuthentication, ApiKey, ApiKeys, Counters, IssuedToken, KeyId, KeyName,
    KeyScope, Profile, Skills, Tokens, View,
};
pub use change::{Change, Kind};
pub use command::{
    Assigned, Command, NewKey, PhoneLookup, ProfileEdit, RingOrder, Row, Saves, Settings, SkillEdit,
};
pub use escaped::Escaped;
pub use past::{Mismatch, Past, PastChange, Sides};
pub use rules::{Decision, Obstacle, Refusal, RowFault, SkillFault, SkillList, decide, find_phone};
pub use value::{
    Assignment, Phone, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName, SkillSet, UserName,
};
