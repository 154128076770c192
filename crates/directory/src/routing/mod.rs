//! How the phones of a skill ring: routing settings, ring lists, and the ring decision.
//!
//! A routing setting belongs to the account, to a skill, or to a phone; those of a phone may be for one
//! of its skills. Few accounts have any, so they are kept apart from phones and skills. Each value has
//! one text, the same in a store, in the history and on the command line.

mod decide;
mod hours;
mod pause;
mod ring_list;
mod setting;
mod settings;
mod template;
mod value;

pub use decide::{Decision, Nobody, Outcome, Standing, decide, standing};
pub use hours::Hours;
pub use pause::Pause;
pub use ring_list::{RING_LIST_MAX, RingList, RingingPhone};
pub use setting::{Dialect, Key, Setting, Subject};
pub(crate) use settings::skills;
pub use settings::{Routing, Settings, changed, overflow};
pub use template::Template;
pub use value::{Mode, SettingFault, Value};
