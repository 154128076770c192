//! Makes commands of fields, and answers of their outcomes.

use std::borrow::Cow;
use std::fmt::Display;
use std::num::NonZeroU64;

use directory::{Command, PhoneLookup, Refusal, SkillEdit, SkillFault, SkillList, SkillName};

use super::action::Action;
use super::answer::Answer;
use super::body::Fields;
use super::reason::{escaped, quoted};
use super::reply::{Field, Reply};
use super::values::{existing_number, new_name, new_number, required};
use crate::http::request::{current_id, log_store_failure};
use crate::service::{CredentialsFault, Failure, Outcome};

/// Checks 4 to 7: the command of a create, edit or delete; `None` for a get.
pub fn command(action: Action, fields: &Fields<'_>) -> Result<Option<Command>, Answer> {
    Ok(Some(match action {
        Action::Create => create(fields)?,
        Action::Edit => edit(fields)?,
        Action::Delete => Command::DeletePhone { phone: existing(fields)? },
        Action::Get => return Ok(None),
    }))
}

/// Checks 4 to 7 of a create.
fn create(fields: &Fields<'_>) -> Result<Command, Answer> {
    let number = required(Field::PhoneNumber, fields.phone_number.as_ref())?;
    // Only that it is numeric, check 4: its length is check 6 and comes after the name, check 5.
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
    let name_new = fields.phone_name_new.as_ref();
    let name_new = name_new.map(|name| new_name(Field::PhoneNameNew, name)).transpose()?;
    let skills = skill_edit(Action::Edit, fields);
    Ok(Command::EditPhone { phone, number_new: Some(number_new), name_new, skills })
}

/// Check 4 of a `get`, which needs the number, the name or both.
pub fn get(fields: &Fields<'_>) -> Result<PhoneLookup, Answer> {
    let given = |value: &Option<Cow<'_, str>>| {
        value.as_deref().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (number, name) = (given(&fields.phone_number), given(&fields.phone_name));
    if number.is_none() && name.is_none() {
        return Err(Answer::because(
            Reply::empty(Field::PhoneNumber),
            "phoneNumber: neither phoneNumber nor phoneName is given",
        ));
    }
    let number = number.map(|text| existing_number(Field::PhoneNumber, &text)).transpose()?;
    Ok(PhoneLookup { number, name, ..PhoneLookup::default() })
}

/// Checks 4 and 5 of an edit or delete: the phone that it is about.
fn existing(fields: &Fields<'_>) -> Result<PhoneLookup, Answer> {
    let number = required(Field::PhoneNumber, fields.phone_number.as_ref())?;
    let number = existing_number(Field::PhoneNumber, number)?;
    let name = required(Field::PhoneName, fields.phone_name.as_ref())?;
    Ok(PhoneLookup { number: Some(number), name: Some(name.to_owned()), ..PhoneLookup::default() })
}

/// The skills of a create or edit. A fault in them does not refuse the request: the phone is saved
/// without them (contract, "Skills").
fn skill_edit(action: Action, fields: &Fields<'_>) -> SkillEdit {
    // The first fault in this order is the one that is reported.
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
    // It takes precedence over an empty list.
    if let Some(key) = unknown {
        edit.fault = Some(SkillFault::UnknownKey { key: key.to_owned() });
    }
    edit
}

/// The answer to a create, edit or delete.
pub fn answer(action: Action, result: Result<Outcome, Failure>) -> Answer {
    match result {
        Ok(Outcome { skill_fault: None, .. }) => Reply::DONE.into(),
        Ok(Outcome { skill_fault: Some(fault), .. }) => {
            Answer::because(Reply::DONE_SKILLS_NOT, skill_reason(action, &fault))
        }
        Err(failure) => failed(action, failure),
    }
}

/// The answer to a failure. `action` decides which fields the reason of a refusal names; where
/// there is no action, as in Generate Token, `Get` will do.
pub fn failed(action: Action, failure: Failure) -> Answer {
    log_store_failure(&failure);
    match failure {
        Failure::Refused(refusal) => refused(action, &refusal),
        Failure::Unauthorized(fault) => unauthorized(fault).into(),
        Failure::KeyReused => {
            let reason = "Idempotency-Key: was used for another request within 24 hours";
            Answer::because(Reply::KEY_REUSED, reason)
        }
        Failure::AnswerErased => {
            let reason = "Idempotency-Key: the request was answered before, its answer was erased";
            Answer::because(Reply::KEY_REUSED, reason)
        }
        Failure::Unavailable(_) => {
            Answer::because(Reply::UNAVAILABLE, "store: does not answer, try again")
        }
        Failure::OutcomeUnknown(_) => {
            Answer::because(Reply::OUTCOME_UNKNOWN, "store: failed during the commit")
        }
        failure => unexpected(&failure),
    }
}

/// Wrong credentials get no reason: the answer discloses no more than its body.
fn unauthorized(fault: CredentialsFault) -> Reply {
    match fault {
        CredentialsFault::UserNameOrApiKey | CredentialsFault::OperatorKey => {
            Reply::CREDENTIALS_NOT_VALID
        }
        CredentialsFault::TokenMissing => Reply::TOKEN_MISSING,
        CredentialsFault::ApiKeyMissing => Reply::API_KEY_MISSING,
        CredentialsFault::TokenInvalid => Reply::INVALID_TOKEN,
        CredentialsFault::TokenExpired => Reply::TOKEN_EXPIRED,
    }
}

fn refused(action: Action, refusal: &Refusal) -> Answer {
    let [number_new, name_new] = if action == Action::Edit {
        [Field::PhoneNumberNew, Field::PhoneNameNew]
    } else {
        [Field::PhoneNumber, Field::PhoneName]
    };
    let (reply, subject) = match refusal {
        // The account was deleted between the check of the credentials and the action.
        Refusal::NoSuchAccount => return Reply::CREDENTIALS_NOT_VALID.into(),
        Refusal::LimitExceeded { .. } | Refusal::IdsUsedUp(_) => (Reply::LIMIT_EXCEEDED, "account"),
        Refusal::TooManyTokens { retry_after_us, .. } => {
            let retry_after_s = retry_after_us.cast_unsigned().div_ceil(1_000_000);
            let retry_after_s = NonZeroU64::new(retry_after_s);
            let reason = format!("token: {refusal}");
            return Answer { retry_after_s, ..Answer::because(Reply::MAX_LIMIT_EXCEEDED, reason) };
        }
        Refusal::NoSuchNumber(_) => (Reply::NO_SUCH_RECORD, Field::PhoneNumber.as_str()),
        Refusal::NoSuchName(_) | Refusal::OtherName { .. } => {
            (Reply::NO_SUCH_RECORD, Field::PhoneName.as_str())
        }
        Refusal::NumberTaken { .. } => (Reply::TAKEN, number_new.as_str()),
        Refusal::NameTaken { .. } => (Reply::TAKEN, name_new.as_str()),
        refusal => return unexpected(refusal),
    };
    let why = match refusal {
        // What the caller sent is escaped. Stored numbers and names are printable ASCII.
        Refusal::NoSuchName(requested) => {
            format!("no phone named {} in this account", quoted(requested))
        }
        Refusal::OtherName { number, name, requested } => {
            format!("{number} is named \"{name}\", not {}", quoted(requested))
        }
        refusal => refusal.to_string(),
    };
    let phone = match refusal {
        Refusal::NumberTaken { id, .. } | Refusal::NameTaken { id, .. } => Some(*id),
        _ => None,
    };
    Answer { phone, ..Answer::because(reply, format!("{subject}: {why}")) }
}

/// The answer to a failure that only commands and queries of the native API can have. If it occurs
/// here, the server has a bug. Nothing was changed.
fn unexpected(failure: &dyn Display) -> Answer {
    tracing::error!(%failure, request_id = current_id(), "a request failed unexpectedly");
    Answer::because(Reply::UNAVAILABLE, "server: unexpected failure")
}

fn skill_reason(action: Action, fault: &SkillFault) -> String {
    let field = |list| match (action, list) {
        (Action::Create, _) => "skill",
        (_, SkillList::Unassign) => "unAssignSkill",
        (..) => "assignSkill",
    };
    match fault {
        SkillFault::NoSuchSkill { list, name, .. } => {
            format!("{}: no skill {} in this account", field(*list), quoted(name))
        }
        SkillFault::NamesNone { list } => format!("{}: names no skill", field(*list)),
        SkillFault::UnknownKey { key } => {
            let fields = action.skill_fields().join(" or ");
            format!("{}: not a field of {}, did you mean {fields}?", escaped(key), action.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use directory::PhoneId;

    use super::*;

    #[test]
    fn answers_503_to_failures_of_other_apis() {
        for failure in [
            Failure::NoSuchChange(7),
            Failure::NotOfImport(7),
            Refusal::Changed.into(),
            Refusal::NoSuchPhone(PhoneId(1)).into(),
            Refusal::no_such_skill(&directory::Skills::default(), "QA").into(),
            Refusal::Several(Vec::new()).into(),
        ] {
            let answer = failed(Action::Edit, failure);
            assert_eq!(answer.reply, Reply::UNAVAILABLE);
            assert_eq!(answer.reason.as_deref(), Some("server: unexpected failure"));
        }
    }
}
