//! Plain values. Those with a `parse` function are always valid: parse at the edge, then trust
//! the type.

/// Displays a name as its text, and quotes it for debugging.
macro_rules! display_as_text {
    ($name:ty) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    };
}

/// Declares values that have a name each, in stores and in APIs.
macro_rules! named {
    ($(#[$about:meta])+ pub enum $kind:ident {
        $($(#[$of_value:meta])* $value:ident = $name:literal,)+
    }) => {
        $(#[$about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$of_value])* $value,)+
        }

        impl $kind {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// The one with that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.as_str() == name)
            }
        }
    };
}
pub(crate) use named;

mod api_key;
mod id;
mod number;
mod phone;
mod phone_name;
mod profile;
mod skill_name;
mod token;
mod user_name;

pub use api_key::{ApiKey, KeyName, KeyNameFault, KeyScope};
pub use id::{ChangeId, KeyId, PhoneId, SkillId};
pub use number::{NumberFault, NumberText, PhoneNumber};
pub use phone::{Assignment, Phone, SkillSet};
pub use phone_name::{AnyCase, NameFault, PhoneName};
pub use profile::{ApiAuthentication, Profile};
pub(crate) use skill_name::is_invisible;
pub use skill_name::{SkillName, SkillNameFault};
pub use token::IssuedToken;
pub use user_name::{UserName, UserNameFault};
