//! A dialect is how a PBX asks whom to ring, and how it is told. It has no rule in it: the service
//! decides.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, HeaderValue};
use directory::routing::{Decision, Dialect as Of, Mode, Outcome, RingList, Template};

use super::answer::Answer;
use super::asked::Asked;
use super::list::List;
use crate::http::credentials;
use crate::http::limits::CREDENTIALS_BYTES_MAX;
use crate::service::{Credentials, Denied, Failure, NotRouted, RoutingCaller, Service};

/// The methods of what changes nothing.
pub const ANY: &str = "GET, HEAD, POST";

/// What all answers of an endpoint have.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Their media type.
    pub content_type: &'static str,
    /// The body of those that do not answer the question.
    pub failed: &'static str,
}

/// A dialect.
pub struct Dialect {
    /// What its answers have.
    pub form: Form,
    /// The answer where there is no such skill.
    pub unknown: (StatusCode, &'static str),
    /// What a request asks.
    pub asks: fn(&Asked) -> Asks<'_>,
    /// The answer, also if there is nobody to ring.
    pub encode: fn(&Ring<'_>, &Asked) -> Result<List, NoTemplate>,
}

/// What a request asks.
pub enum Asks<'a> {
    /// Whom to ring for this skill. No skill is named by an empty text.
    Skill(Cow<'a, str>),
    /// What always has the same answer.
    Fixed(&'static str),
}

/// There is no template for the addresses of a dialect that has no use for bare numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither the skill nor the account has the dial template {}", .0.as_str())]
pub struct NoTemplate(pub Of);

/// Whom to ring.
pub struct Ring<'r> {
    /// The skill's list, and those that it goes on with.
    pub lists: &'r [Arc<RingList>],
    /// The decision.
    pub decision: Decision<'r>,
    /// When it was made, microseconds UTC.
    pub at_us: i64,
}

impl Ring<'_> {
    /// Whether the phones ring one after another.
    pub fn is_serial(&self) -> bool {
        self.decision.list.mode == Mode::Serial
    }

    /// How many phones are to ring, also beyond those of the list.
    pub fn count(&self) -> usize {
        let list = self.decision.list;
        self.decision.phones.len() + list.phone_count - list.phones.len()
    }

    /// The template for addresses.
    pub fn template(&self, of: Of) -> Result<&Template, NoTemplate> {
        self.decision.list.template(of).ok_or(NoTemplate(of))
    }
}

/// Answers whom to ring.
pub async fn answer(service: &Service, dialect: &Dialect, request: Request) -> Answer {
    let form = &dialect.form;
    let (caller, asked) = match ask(service, form, ANY, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let skill = match (dialect.asks)(&asked) {
        Asks::Skill(skill) => skill,
        Asks::Fixed(text) => return Answer::new(form, StatusCode::OK, text, "fixed"),
    };
    let routed = match service.route(&caller, &skill) {
        Ok(routed) => routed,
        Err(NotRouted::UnknownSkill { revision, age }) => {
            let (status, body) = dialect.unknown;
            return Answer::new(form, status, body, "unknown skill").known(revision, age);
        }
        Err(why) => return Answer::cannot_know(form, &why),
    };
    let at_us = service.now_us();
    let ring = Ring { lists: &routed.lists, decision: routed.decide(at_us), at_us };
    let outcome = match ring.decision.outcome {
        Outcome::Ring => "ring",
        Outcome::Nobody(_) => "nobody",
    };
    let answer = match (dialect.encode)(&ring, &asked) {
        Ok(List { text, shown, of, .. }) => {
            Answer::new(form, StatusCode::OK, text, outcome).shown(shown, of)
        }
        Err(missing) => Answer::cannot_know(form, &missing),
    };
    answer.known(routed.revision, routed.age).of(ring.decision.list.account)
}

/// Who asks, and what: if the method is one of those in `allow`, and the credentials are right.
pub async fn ask(
    service: &Service,
    form: &Form,
    allow: &'static str,
    request: Request,
) -> Result<(RoutingCaller, Asked), Answer> {
    let (head, body) = request.into_parts();
    if !allow.split(", ").any(|method| head.method == method) {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let refused = Answer::refused(form, status, "other method", "method: see Allow");
        return Err(refused.with(ALLOW, HeaderValue::from_static(allow)));
    }
    let basic = credentials::basic(&head.headers, CREDENTIALS_BYTES_MAX).map_err(|_| {
        let reason = "send the account's userName and an API key as HTTP Basic credentials";
        Answer::unauthorized(form, reason)
    })?;
    let credentials = Credentials {
        user_name: &basic.user_name,
        api_key: Some(&basic.password),
        token: None,
        source: credentials::source(&head),
    };
    let caller = service.authenticate_for_routing(&credentials).await;
    let caller = caller.map_err(|denied| match denied {
        Denied::Failed(why @ Failure::Unavailable(_)) => Answer::cannot_know(form, &why),
        denied => Answer::unauthorized(form, &denied.to_string()),
    })?;
    let asked = Asked::read(head, body).await;
    let refused = |(status, reason)| Answer::refused(form, status, "not read", reason);
    Ok((caller, asked.map_err(refused)?))
}
