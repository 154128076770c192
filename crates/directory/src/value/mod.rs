//! Values that can only exist when they are valid: parse at the edge, then trust the type.

mod number;
mod phone;
mod phone_name;
mod skill_name;
mod user_name;

pub use number::{NumberFault, NumberText, PhoneNumber};
pub use phone::{Assignment, Phone, PhoneId, SkillId, SkillSet};
pub use phone_name::{NameFault, PhoneName};
pub use skill_name::{SkillName, SkillNameFault};
pub use user_name::{UserName, UserNameFault};
