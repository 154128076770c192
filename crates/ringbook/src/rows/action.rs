//! What a row does.

use std::str::FromStr;

use super::fields::Field;

/// What a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Creates a phone.
    Create,
    /// Edits the phone that `phone` names.
    Edit,
    /// Edits the phone with the `id`, or else with the `number`; creates it if none has the number.
    Upsert,
    /// Deletes the phone that `phone` names.
    Delete,
}

impl Action {
    /// All of them with their names.
    pub const ALL: [(&str, Self); 4] = [
        ("create", Self::Create),
        ("edit", Self::Edit),
        ("upsert", Self::Upsert),
        ("delete", Self::Delete),
    ];

    /// The name.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Whether a file of such rows has the columns that it needs.
    pub(super) fn has_enough(self, has: impl Fn(Field) -> bool) -> bool {
        match self {
            Self::Create => has(Field::Number) && has(Field::Name),
            Self::Edit | Self::Delete => has(Field::Phone),
            Self::Upsert => has(Field::Id) || has(Field::Number),
        }
    }

    /// The header of such a file, for messages.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Create => "number,name,skills or phoneNumber,phoneName,skills",
            Self::Edit => "phone,number,name,skills,assign,unassign",
            Self::Upsert => "id,number,name,skills",
            Self::Delete => "phone",
        }
    }
}

impl FromStr for Action {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let found = Self::ALL.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, action)| action).ok_or("must be create, edit, upsert or delete")
    }
}
