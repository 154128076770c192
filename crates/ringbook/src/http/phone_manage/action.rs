//! The field `action`.

use std::borrow::Cow;

use utoipa::ToSchema;

use super::answer::Answer;
use super::reason::quoted;
use super::reply::Reply;

/// An action of PhoneManageV2
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Action {
    Create,
    Edit,
    Delete,
    Get,
}

impl Action {
    /// Check 3: parses the field, which is case-sensitive.
    pub fn parse(value: Option<&Cow<'_, str>>) -> Result<Self, Answer> {
        let reason = match value.map(AsRef::as_ref) {
            Some("create") => return Ok(Self::Create),
            Some("edit") => return Ok(Self::Edit),
            Some("delete") => return Ok(Self::Delete),
            Some("get") => return Ok(Self::Get),
            None => "action: missing".to_owned(),
            Some("") => "action: empty".to_owned(),
            Some(other) => {
                format!("action: {} is not one of create, edit, delete, get", quoted(other))
            }
        };
        Err(Answer::because(Reply::ACTION_NOT_VALID, reason))
    }

    /// The value in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Get => "get",
        }
    }

    /// The fields that list skills. For any other action they are unknown keys.
    pub fn skill_fields(self) -> &'static [&'static str] {
        match self {
            Self::Create => &["skill"],
            Self::Edit => &["assignSkill", "unAssignSkill"],
            Self::Delete | Self::Get => &[],
        }
    }
}
