//! Refusals of the rules and failures of the service, as problems.

use axum::http::header::{HeaderValue, RETRY_AFTER};
use directory::{Refusal, SkillList, Subject};
use serde_json::json;

use super::code::Code;
use super::problem::{FieldError, Problem};
use crate::http::request::log_store_failure;
use crate::rows::MORE_FAULTS;
use crate::service::Failure;

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        log_store_failure(&failure);
        let detail = failure.to_string();
        match failure {
            Failure::Refused(refusal) => problem(&refusal, None),
            Failure::Unauthorized(fault) => fault.into(),
            Failure::KeyReused => Self::new(Code::KeyReused, detail),
            Failure::NoSuchChange(_) => Self::new(Code::NoSuchChange, detail),
            Failure::NoSuchImport(_) => Self::new(Code::NoSuchImport, detail),
            Failure::Pruned(oldest) => {
                Self::new(Code::HistoryPruned, detail).with("oldest", oldest)
            }
            Failure::CursorAhead(newest) => {
                Self::new(Code::CursorAhead, detail).with("newest", newest)
            }
            Failure::TooFarBack(_) => Self::new(Code::TooFarBack, detail),
            Failure::Unavailable(_) => {
                Self::new(Code::Unavailable, "the store does not answer, try again")
            }
            Failure::OutcomeUnknown(_) => {
                let detail = "the store failed during the commit: look before you try again, or \
                              send an Idempotency-Key and try again";
                Self::new(Code::OutcomeUnknown, detail)
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        problem(&refusal, None)
    }
}

/// A refusal as a problem. `phones` is the JSON pointer of the phones in the body, if it has any.
pub fn problem(refusal: &Refusal, phones: Option<&'static str>) -> Problem {
    let error = |refusal: &Refusal| field_error(refusal, phones);
    let errors = match refusal {
        Refusal::Several(refusals) => refusals.iter().map(error).collect(),
        one => field(one, phones).is_some().then(|| error(one)).into_iter().collect(),
    };
    let problem = Problem { errors, ..Problem::new(code(refusal), refusal.to_string()) };
    match refusal {
        Refusal::TooManyTokens { retry_after_us, .. } => {
            let after_s = retry_after_us.cast_unsigned().div_ceil(1_000_000);
            problem.with_header(RETRY_AFTER, HeaderValue::from(after_s))
        }
        Refusal::Blocked { changes, count } => {
            let blocked = changes.iter().map(
                |blocked| json!({"change": blocked.version, "detail": blocked.why.to_string()}),
            );
            let problem = problem.with("blocked", blocked.collect::<Vec<_>>());
            problem.with("change", changes[0].version).with("blocked_count", *count)
        }
        _ => problem,
    }
}

fn field_error(refusal: &Refusal, phones: Option<&'static str>) -> FieldError {
    let field = field(refusal, phones).map(ToOwned::to_owned);
    let code = match refusal {
        Refusal::Skills(_) => Code::NoSuchSkill.as_str(),
        Refusal::NameMissing(_) => "missing",
        Refusal::More(_) => MORE_FAULTS,
        refusal => code(refusal).as_str(),
    };
    FieldError { field, code: code.into(), detail: refusal.to_string() }
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
        Refusal::NoSuchSkill(_) => Code::NoSuchSkill,
        Refusal::SkillExists(_) => Code::SkillExists,
        Refusal::SkillAssigned { .. } => Code::SkillAssigned,
        Refusal::TooManySkills(_) => Code::TooManySkills,
        Refusal::IdsUsedUp(_) => Code::IdsUsedUp,
        Refusal::NotAssigned { .. } => Code::NotAssigned,
        Refusal::Skills(_)
        | Refusal::NameMissing(_)
        | Refusal::ListedTwice(_)
        | Refusal::More(_) => Code::InvalidFields,
        Refusal::NotWhole { .. } => Code::NotWhole,
        Refusal::NoSuchKey(_) => Code::NoSuchKey,
        Refusal::TooManyKeys(_) => Code::TooManyKeys,
        Refusal::MainKey => Code::MainKey,
        Refusal::NotRevertible(_) | Refusal::LimitNotRevertible => Code::NotRevertible,
        Refusal::Blocked { .. } => Code::Blocked,
        Refusal::Several(all) if all.iter().all(|one| code(one) == Code::InvalidFields) => {
            Code::InvalidFields
        }
        Refusal::Several(_) => Code::SeveralFaults,
        Refusal::TooManyTokens { .. } => Code::TooManyTokens,
    }
}

/// The member of the body that a refusal is about.
fn field(refusal: &Refusal, phones: Option<&'static str>) -> Option<&'static str> {
    match refusal.subject()? {
        Subject::UpsertId => Some("/id"),
        Subject::NewPhoneNumber => Some("/number"),
        Subject::NewPhoneName | Subject::NewSkillName => Some("/name"),
        Subject::PhoneId | Subject::PhoneNumber | Subject::RingOrder => phones,
        Subject::SkillList(SkillList::Assign) => Some("/assign"),
        Subject::SkillList(SkillList::Unassign) => Some("/unassign"),
        Subject::SkillList(SkillList::Set) => Some("/skills"),
        _ => None,
    }
}
