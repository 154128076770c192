//! Refusals of the rules and failures of the service, as problems.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::{BlockedChange, ChangeId, Refusal, SkillFault, SkillList};
use serde_json::json;

use super::code::Code;
use super::problem::{FieldError, Problem, StoreFault};
use super::routing;
use crate::http::request::log_store_failure;
use crate::rows::MORE_FAULTS;
use crate::service::Failure;

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        log_store_failure(&failure);
        let detail = failure.to_string();
        match failure {
            Failure::Refused(refusal) => problem(&refusal, Named::InPath),
            Failure::Unauthorized(fault) => fault.into(),
            Failure::KeyReused => Self::new(Code::KeyReused, detail),
            Failure::AnswerErased => Self::new(Code::AnswerErased, detail),
            Failure::NoSuchChange(_) => Self::new(Code::NoSuchChange, detail),
            Failure::NoSuchImport(_) | Failure::NotOfImport(_) => {
                Self::new(Code::NoSuchImport, detail)
            }
            Failure::Pruned(oldest) => Self::new(Code::HistoryPruned, detail)
                .with("oldest", oldest.map(|oldest| ChangeId(oldest).to_string())),
            Failure::CursorAhead(newest) => {
                Self::new(Code::CursorAhead, detail).with("newest", ChangeId(newest).to_string())
            }
            Failure::InFuture => {
                let error = FieldError::of_parameter("at", "invalid", &*detail);
                Self { errors: vec![error], ..Self::new(Code::InvalidQuery, detail) }
            }
            Failure::TooFarBack(_) => Self::new(Code::TooFarBack, detail),
            Failure::Unavailable(_) => Self {
                store_fault: Some(StoreFault(detail.into())),
                ..Self::new(Code::Unavailable, "the store does not answer, try again")
            },
            Failure::OutcomeUnknown(_) => {
                let told = "the store failed during the commit: look before you try again, or \
                            send an Idempotency-Key and try again";
                Self {
                    store_fault: Some(StoreFault(detail.into())),
                    ..Self::new(Code::OutcomeUnknown, told)
                }
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        problem(&refusal, Named::InPath)
    }
}

/// What a request names beside its path.
#[derive(Debug, Clone, Copy, Default)]
pub enum Named {
    /// Nothing.
    #[default]
    InPath,
    /// Phones, at this JSON pointer of the body.
    Phones(&'static str),
    /// A skill, by this parameter of the query.
    SkillParameter(&'static str),
    /// A skill, or skills, at this JSON pointer.
    Skills(&'static str),
}

/// A refusal as a problem. Several at once have the status and the code of the first one of 422, else of
/// 409, else of 404.
pub fn problem(refusal: &Refusal, named: Named) -> Problem {
    let part = |refusal: &Refusal| {
        let error = error(refusal, named);
        let has_place = error.pointer.is_some() || error.parameter.is_some();
        let errors = has_place.then_some(error).into_iter().collect();
        Problem { errors, ..Problem::new(code(refusal), refusal.to_string()) }
    };
    let problem = match refusal {
        Refusal::Several(all) => {
            let told = all.iter().filter(|refusal| !matches!(refusal, Refusal::More(_)));
            let first = told.map(part).min_by_key(|part| rank(part.status()));
            let code = first.map_or(Code::InvalidFields, |first| first.code);
            let errors = all.iter().map(|refusal| error(refusal, named)).collect();
            Problem { errors, ..Problem::new(code, refusal.to_string()) }
        }
        one => part(one),
    };
    match refusal {
        Refusal::TooManyTokens { retry_after_us, .. } => {
            let after_s = retry_after_us.cast_unsigned().div_ceil(1_000_000);
            problem.with_header(RETRY_AFTER, HeaderValue::from(after_s))
        }
        Refusal::Blocked { changes, count } => {
            let id = |blocked: &BlockedChange| ChangeId(blocked.version).to_string();
            let one = |blocked: &BlockedChange| json!({"change": id(blocked), "detail": blocked.why.to_string()});
            let problem = problem.with("blocked", changes.iter().map(one).collect::<Vec<_>>());
            problem.with("change", id(&changes[0])).with("blocked_count", *count)
        }
        _ => problem,
    }
}

/// Which status of several counts: the lowest.
fn rank(status: StatusCode) -> u8 {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => 0,
        StatusCode::CONFLICT => 1,
        _ => 2,
    }
}

fn error(refusal: &Refusal, named: Named) -> FieldError {
    let code = match refusal {
        Refusal::NameMissing(_) => "missing",
        Refusal::More(_) => MORE_FAULTS,
        Refusal::ListedTwice { .. } => "listed_twice",
        Refusal::NumberCut { .. } => "number_cut",
        refusal => code(refusal).as_str(),
    };
    let parameter = match (refusal, named) {
        (
            Refusal::NoSuchSkill { .. } | Refusal::NotAssigned { .. },
            Named::SkillParameter(parameter),
        ) => Some(parameter.to_owned()),
        _ => None,
    };
    let pointer = pointer(refusal, named).map(Cow::into_owned);
    FieldError { pointer, parameter, id: id(refusal), ..FieldError::new(code, refusal.to_string()) }
}

/// The id of what is in the way, or of the phone that the refusal is about.
fn id(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::NumberTaken { id, .. }
        | Refusal::NameTaken { id, .. }
        | Refusal::NumberCut { id, .. }
        | Refusal::IdOfOther { id, phone: Some(_) }
        | Refusal::NotAssigned { id, .. }
        | Refusal::ListedTwice { id, .. }
        | Refusal::NotWhole { id, .. } => Some(id.to_string()),
        Refusal::SkillExists { id: Some(id), .. } => Some(id.to_string()),
        _ => None,
    }
}

fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::NoSuchAccount => Code::NoSuchAccount,
        Refusal::NoSuchPhone(_)
        | Refusal::NoSuchNumber(_)
        | Refusal::NoSuchName(_)
        | Refusal::OtherName { .. }
        | Refusal::IdOfOther { phone: None, .. } => Code::NoSuchPhone,
        Refusal::IdOfOther { .. } => Code::IdOfOther,
        Refusal::Changed => Code::PreconditionFailed,
        Refusal::NumberTaken { .. } => Code::NumberTaken,
        Refusal::NameTaken { .. } => Code::NameTaken,
        Refusal::LimitExceeded { .. } => Code::LimitExceeded,
        Refusal::NoSuchSkill { .. } | Refusal::Skills(SkillFault::NoSuchSkill { .. }) => {
            Code::NoSuchSkill
        }
        Refusal::SkillExists { .. } => Code::SkillExists,
        Refusal::SkillAssigned { .. } => Code::SkillAssigned,
        Refusal::TooManySkills(_) => Code::TooManySkills,
        Refusal::IdsUsedUp(_) => Code::IdsUsedUp,
        Refusal::NotAssigned { .. } => Code::NotAssigned,
        Refusal::InvalidSetting { .. }
        | Refusal::Skills(_)
        | Refusal::NameMissing(_)
        | Refusal::ListedTwice { .. }
        | Refusal::NumberCut { .. }
        | Refusal::Several(_)
        | Refusal::More(_) => Code::InvalidFields,
        Refusal::NotWhole { .. } => Code::NotWhole,
        Refusal::NoSuchKey(_) => Code::NoSuchKey,
        Refusal::TooManyKeys(_) => Code::TooManyKeys,
        Refusal::MainKey => Code::MainKey,
        Refusal::NotRevertible(_) | Refusal::LimitNotRevertible | Refusal::Erased(_) => {
            Code::NotRevertible
        }
        Refusal::Blocked { .. } => Code::Blocked,
        Refusal::TooManyTokens { .. } => Code::TooManyTokens,
    }
}

/// The member of the body that a refusal is about, as a JSON pointer.
fn pointer(refusal: &Refusal, named: Named) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match (refusal, named) {
        (Refusal::IdOfOther { .. }, _) => "/id",
        (Refusal::NumberTaken { .. } | Refusal::NumberCut { .. }, _) => "/number",
        (Refusal::NameTaken { .. } | Refusal::NameMissing(_) | Refusal::SkillExists { .. }, _) => {
            "/name"
        }
        (
            Refusal::NoSuchPhone(_)
            | Refusal::NoSuchNumber(_)
            | Refusal::NotAssigned { .. }
            | Refusal::ListedTwice { .. }
            | Refusal::NotWhole { .. },
            Named::Phones(phones),
        ) => phones,
        (Refusal::NoSuchSkill { .. } | Refusal::NotAssigned { .. }, Named::Skills(at)) => at,
        (Refusal::InvalidSetting { setting, in_skill, .. }, _) => {
            let (within, name) = routing::place(*setting, in_skill.as_deref());
            return Some(format!("{within}/{name}").into());
        }
        (
            Refusal::Skills(SkillFault::NoSuchSkill { list, .. } | SkillFault::NamesNone { list }),
            _,
        ) => match list {
            SkillList::Assign => "/assign",
            SkillList::Unassign => "/unassign",
            SkillList::Set => "/skills",
        },
        _ => return None,
    }))
}
