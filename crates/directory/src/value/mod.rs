//! Plain values. Those with a `parse` function are always valid: parse at the edge, then trust
//! the type.

mod api_key;
mod number;
mod phone;
mod phone_name;
mod profile;
mod skill_name;
mod token;
mod user_name;

pub use api_key::{ApiKey, KeyId, KeyName, KeyNameFault, KeyScope};
pub use number::{NumberFault, NumberText, PhoneNumber};
pub use phone::{Assignment, Phone, PhoneId, SkillId, SkillSet};
pub use phone_name::{AnyCase, NameFault, PhoneName};
pub use profile::{ApiAuthentication, Profile};
pub use skill_name::{SkillName, SkillNameFault};
pub use token::IssuedToken;
pub use user_name::{UserName, UserNameFault};
