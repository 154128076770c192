//! From fields to commands, and from what became of them to replies: one function an action.

use std::borrow::Cow;

use directory::{Command, PhoneLookup, Refusal, SkillEdit, SkillFault, SkillList, SkillName};

use super::answer::Answer;
use super::body::Fields;
use super::reason::quoted;
use super::reply::{Field, Reply};
use super::values::{existing_number, new_name, new_number, required};
use crate::http::request::current_id;
use crate::service::{Failure, Outcome};

/// The actions (contract, "Request"), compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `create`
    Create,
    /// `edit`
    Edit,
    /// `delete`
    Delete,
    /// `get`
    Get,
}

impl Action {
    /// Check 3.
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
        Err(Answer::because(Reply::ActionNotValid, reason))
    }

    /// The name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Get => "get",
        }
    }

    /// The fields that name skills. Another action's field is no field for skills here.
    fn skill_fields(self) -> &'static [&'static str] {
        match self {
            Self::Create => &["skill"],
            Self::Edit => &["assignSkill", "unAssignSkill"],
            Self::Delete | Self::Get => &[],
        }
    }
}

/// Checks 4 to 7 of what changes something: the command, or none for a get.
pub fn command(action: Action, fields: &Fields<'_>) -> Result<Option<Command>, Answer> {
    Ok(Some(match action {
        Action::Create => create(fields)?,
        Action::Edit => edit(fields)?,
        Action::Delete => delete(fields)?,
        Action::Get => return Ok(None),
    }))
}

/// Checks 4 to 7 of a create.
fn create(fields: &Fields<'_>) -> Result<Command, Answer> {
    let number = required(Field::PhoneNumber, fields.phone_number.as_ref())?;
    existing_number(Field::PhoneNumber, number)?;
    let name = required(Field::PhoneName, fields.phone_name.as_ref())?;
    Ok(Command::CreatePhone {
        number: new_number(Field::PhoneNumber, number)?,
        name: new_name(Field::PhoneName, name)?,
        skills: skill_edit(Action::Create, fields),
    })
}

/// Checks 4 to 7 of an edit.
fn edit(fields: &Fields<'_>) -> Result<Command, Answer> {
    let phone = existing(fields)?;
    let number_new = required(Field::PhoneNumberNew, fields.phone_number_new.as_ref())?;
    let number_new = new_number(Field::PhoneNumberNew, number_new)?;
    let name_new = match &fields.phone_name_new {
        None => None,
        Some(name) => Some(new_name(Field::PhoneNameNew, name)?),
    };
    let skills = skill_edit(Action::Edit, fields);
    Ok(Command::EditPhone { phone, number_new: Some(number_new), name_new, skills })
}

/// Checks 4 and 5 of a delete.
fn delete(fields: &Fields<'_>) -> Result<Command, Answer> {
    Ok(Command::DeletePhone { phone: existing(fields)? })
}

/// Check 4 of a get, which takes the number, the name or both.
pub fn get(fields: &Fields<'_>) -> Result<PhoneLookup, Answer> {
    let given = |value: &Option<Cow<'_, str>>| {
        value.as_deref().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (number, name) = (given(&fields.phone_number), given(&fields.phone_name));
    if number.is_none() && name.is_none() {
        return Err(Answer::because(
            Reply::Empty(Field::PhoneNumber),
            "phoneNumber: neither phoneNumber nor phoneName is given",
        ));
    }
    let number = number.map(|text| existing_number(Field::PhoneNumber, &text)).transpose()?;
    Ok(PhoneLookup { number, name, ..PhoneLookup::default() })
}

fn existing(fields: &Fields<'_>) -> Result<PhoneLookup, Answer> {
    let number = required(Field::PhoneNumber, fields.phone_number.as_ref())?;
    let number = existing_number(Field::PhoneNumber, number)?;
    let name = required(Field::PhoneName, fields.phone_name.as_ref())?;
    Ok(PhoneLookup { number: Some(number), name: Some(name.to_owned()), ..PhoneLookup::default() })
}

/// The skills of a create or edit. A fault does not refuse the request (contract, "Skills").
fn skill_edit(action: Action, fields: &Fields<'_>) -> SkillEdit {
    let listed = [
        ("unAssignSkill", SkillList::Unassign, &fields.unassign_skill),
        ("assignSkill", SkillList::Assign, &fields.assign_skill),
        ("skill", SkillList::Assign, &fields.skill),
    ];
    let mut edit = SkillEdit::default();
    let mut unknown = fields.unknown_skill_key.as_deref();
    for (key, list, value) in listed {
        let Some(value) = value else { continue };
        if !action.skill_fields().contains(&key) {
            unknown = unknown.or(Some(key));
            continue;
        }
        let names: Vec<_> = SkillName::split_list(value).map(str::to_owned).collect();
        if names.is_empty() {
            edit.fault.get_or_insert(SkillFault::NamesNone { list });
        }
        match list {
            SkillList::Unassign => edit.unassign = names,
            _ => edit.assign = names,
        }
    }
    if let Some(key) = unknown {
        edit.fault = Some(SkillFault::UnknownKey { key: key.to_owned() });
    }
    edit
}

/// What became of a create, edit or delete.
pub fn answer(action: Action, result: Result<Outcome, Failure>) -> Answer {
    match result {
        Ok(Outcome { skill_fault: None, .. }) => Reply::Done.into(),
        Ok(Outcome { skill_fault: Some(fault), .. }) => {
            Answer::because(Reply::DoneSkillsNot, skill_reason(action, &fault))
        }
        Err(failure) => failed(action, failure),
    }
}

/// A failure on the wire: the one place where it is decided.
pub fn failed(action: Action, failure: Failure) -> Answer {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::KeyReused => {
            let reason = "Idempotency-Key: was used for another request within 24 hours";
            return Answer::because(Reply::KeyReused, reason);
        }
        // Callers learn nothing of files and disks: that is for the operator.
        Failure::Unavailable(why) => {
            tracing::warn!(why, request_id = current_id(), "a request could not be answered");
            return Answer::because(Reply::Unavailable, "store: does not answer, try again");
        }
        Failure::OutcomeUnknown(why) => {
            tracing::error!(
                why,
                request_id = current_id(),
                "the outcome of a request is not known"
            );
            return Answer::because(Reply::OutcomeUnknown, "store: failed during the commit");
        }
        failure => unreachable!("no action of this API fails so: {failure}"),
    };
    let [number, name] = if action == Action::Edit {
        [Field::PhoneNumberNew, Field::PhoneNameNew]
    } else {
        [Field::PhoneNumber, Field::PhoneName]
    };
    let (reply, subject) = match &refusal {
        Refusal::NoSuchNumber(_) => (Reply::NoSuchRecord, Field::PhoneNumber.as_str()),
        Refusal::NoSuchName(_) | Refusal::OtherName { .. } => {
            (Reply::NoSuchRecord, Field::PhoneName.as_str())
        }
        Refusal::NumberTaken { .. } => (Reply::Taken, number.as_str()),
        Refusal::NameTaken { .. } => (Reply::Taken, name.as_str()),
        Refusal::LimitExceeded { .. } | Refusal::IdsUsedUp(_) => (Reply::LimitExceeded, "account"),
        Refusal::TooManyTokens { retry_after_us, .. } => {
            let retry_after_s = retry_after_us.cast_unsigned().div_ceil(1_000_000);
            (Reply::MaxLimitExceeded { retry_after_s }, "token")
        }
        // The account went away between the credentials and the action.
        Refusal::NoSuchAccount => return Reply::CredentialsNotValid.into(),
        refusal => unreachable!("no action of this API is refused so: {refusal}"),
    };
    let why = match &refusal {
        // What the caller sent is escaped; what we have stored is printable as it is.
        Refusal::NoSuchName(asked) => format!("no phone named {} in this account", quoted(asked)),
        Refusal::OtherName { number, name, asked } => {
            format!("{number} is named \"{name}\", not {}", quoted(asked))
        }
        refusal => refusal.to_string(),
    };
    Answer::because(reply, format!("{subject}: {why}"))
}

fn skill_reason(action: Action, fault: &SkillFault) -> String {
    let field = |list| match (action, list) {
        (Action::Create, _) => "skill",
        (_, SkillList::Unassign) => "unAssignSkill",
        (..) => "assignSkill",
    };
    match fault {
        SkillFault::NoSuchSkill { list, name } => {
            format!("{}: no skill {} in this account", field(*list), quoted(name))
        }
        SkillFault::NamesNone { list } => format!("{}: names no skill", field(*list)),
        SkillFault::UnknownKey { key } => {
            let key = quoted(key);
            format!(
                "{}: not a field of {}, did you mean {}?",
                &key[1..key.len() - 1],
                action.as_str(),
                action.skill_fields().join(" or ")
            )
        }
    }
}
