//! Carrying out what changes something: tried, done, or done once.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use directory::{Command, Refusal, Skills};
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::access::Acts;
use super::code::Code;
use super::conditional::Known;
use super::problem::Problem;
use super::query::Query;
use super::refusal;
use super::reply::Reply;
use super::trial::{DryRunParameter, tried};
use crate::http::idempotency::{self, request_sha256};
use crate::secret::ApiKey;
use crate::service::{CommandRequest, Failure, Idempotency, IdempotentAnswer, Outcome};
use crate::store::{IdempotencyKey, RequestId};

/// How a write is asked for: the parameter `dry_run`, the headers `Idempotency-Key` and
/// `If-Match`.
#[derive(Debug)]
pub struct Write {
    /// The other parameters.
    pub query: Query,
    is_dry_run: bool,
    headers: HeaderMap,
    method: Method,
    uri: Uri,
    told: Told,
}

/// What an answer is made of beside the outcome.
#[derive(Debug, Default)]
struct Told {
    /// What a refusal has beside its own members.
    members: Vec<(&'static str, Value)>,
    /// The member of the body that names the phones which a refusal is about.
    phones: Option<&'static str>,
    /// Whether it names no skills.
    no_skills: bool,
}

impl<State: Send + Sync> FromRequestParts<State> for Write {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(mut query) = Query::from_request_parts(parts, state).await;
        let is_dry_run = query.flag("dry_run");
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let (headers, told) = (parts.headers.clone(), Told::default());
        Ok(Self { query, is_dry_run, headers, method, uri, told })
    }
}

/// How every write can be asked for.
#[derive(Debug)]
pub struct WriteParameters;

impl IntoParams for WriteParameters {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [DryRunParameter::into_params(&place), OnceParameter::into_params(&place)].concat()
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // It describes what `Write` reads.
struct OnceParameter {
    /// Names the request: sent again within 24 hours, it is not carried out again and gets the
    /// first answer again
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

impl Write {
    /// The same with members that it has if it is refused.
    #[must_use]
    pub fn telling(mut self, members: Vec<(&'static str, Value)>) -> Self {
        self.told.members = members;
        self
    }

    /// The same whose body names phones, in this member.
    #[must_use]
    pub fn naming_phones(mut self, pointer: &'static str) -> Self {
        self.told.phones = Some(pointer);
        self
    }

    /// The same whose answer names no skills.
    #[must_use]
    pub fn naming_no_skills(mut self) -> Self {
        self.told.no_skills = true;
        self
    }

    /// Whether nothing is to be changed.
    pub fn is_dry_run(&self) -> bool {
        self.is_dry_run
    }

    /// In which states of what it is about the write is wanted. A route that does not ask has no
    /// state to hold that against, and refuses a write which is not wanted in any.
    pub fn known(&mut self) -> Known {
        Known::take(&mut self.headers)
    }

    /// All that is wrong with how it is asked for.
    pub fn check(&mut self) -> Result<(), Problem> {
        std::mem::take(&mut self.query).check()?;
        if self.headers.contains_key(IF_MATCH) {
            let detail = "If-Match: what this changes has no ETag to hold it against";
            return Err(Problem::new(Code::InvalidHeader, detail));
        }
        self.once(b"").map(|_| ())
    }

    /// What the request is told again if it was carried out before.
    pub async fn replayed(
        &self,
        caller: &impl Acts,
        body: &[u8],
    ) -> Result<Option<Response<Body>>, Problem> {
        let Some((key, request)) = self.once(body)? else { return Ok(None) };
        let kept = caller.service().replay(caller.tenant(), key, request).await?;
        kept.map(|kept| render_kept(&kept, None)).transpose()
    }

    /// Carries a command out, or tries it.
    pub async fn carry_out(
        mut self,
        caller: &impl Acts,
        body: &[u8],
        command: Command,
        render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
    ) -> Result<Response<Body>, Problem> {
        self.check()?;
        self.carry_out_checked(caller, body, command, None, render).await
    }

    /// The same of what `prepare` makes of how things are, unless it was carried out before. It
    /// may make a command that makes this key.
    pub async fn carry_out_prepared<R>(
        mut self,
        caller: &impl Acts,
        body: &[u8],
        made: Option<&ApiKey>,
        prepare: impl Future<Output = Result<(Command, R), Problem>>,
    ) -> Result<Response<Body>, Problem>
    where
        R: Fn(&Outcome, &Skills) -> Reply + Send + 'static,
    {
        self.check()?;
        if let Some(replayed) = self.replayed(caller, body).await? {
            return Ok(replayed);
        }
        match prepare.await {
            Ok((command, render)) => {
                self.carry_out_checked(caller, body, command, made, render).await
            }
            Err(problem) => self.refuse(caller, body, problem).await,
        }
    }

    /// Refuses what there is no command for. That is an answer as well, and kept if it is about
    /// how things are: sent again when they are otherwise, the request does not hit what the
    /// first one could not.
    pub async fn refuse(
        &self,
        caller: &impl Acts,
        body: &[u8],
        problem: Problem,
    ) -> Result<Response<Body>, Problem> {
        let is_of_state = matches!(
            problem.code.status(),
            StatusCode::NOT_FOUND
                | StatusCode::CONFLICT
                | StatusCode::GONE
                | StatusCode::PRECONDITION_FAILED
        );
        let Some((key, request_sha256)) = self.once(body)?.filter(|_| is_of_state) else {
            return Err(problem);
        };
        let reply = Reply::problem(problem.code.status(), problem.body(caller.request_id()));
        let answer = serde_json::to_vec(&reply).expect("it is plain data");
        let idempotency =
            Idempotency { key, request_sha256, answer: Box::new(move |_, _| answer.clone()) };
        let kept =
            caller.service().record_answer(caller.tenant(), caller.origin(), idempotency).await?;
        render_kept(&kept, None)
    }

    /// Carries out a command of a write that was checked. If it makes this key, the first answer
    /// reveals it, in the body that `render` makes, and what is kept of that answer does not.
    async fn carry_out_checked(
        self,
        caller: &impl Acts,
        body: &[u8],
        command: Command,
        made: Option<&ApiKey>,
        render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
    ) -> Result<Response<Body>, Problem> {
        let (service, tenant) = (caller.service(), caller.tenant());
        // An answer of many rows takes a while, in which nobody is to wait for the account's lock.
        let no_skills = self.told.no_skills.then(Skills::default);
        if self.is_dry_run {
            let show = move |outcome: Outcome, skills: &Skills| {
                let reply = render(&outcome, skills);
                if reply.is_problem() { reply } else { tried(outcome.changes, &reply) }
            };
            let shown = match no_skills {
                Some(none) => {
                    service.preview(tenant, command).await.map(|outcome| show(outcome, &none))
                }
                None => service.preview_showing(tenant, command, show).await,
            };
            let reply = shown.map_err(|failure| self.told.problem(failure))?;
            return Ok(reply.render(false));
        }
        let Some((key, request_sha256)) = self.once(body)? else {
            let request = CommandRequest::new(command, caller.origin()).returning_changes();
            let outcome = service.execute(tenant, request).await;
            let outcome = outcome.map_err(|failure| self.told.problem(failure))?;
            let reply = match no_skills {
                Some(none) => render(&outcome, &none),
                None => service.read_skills(tenant, |skills| render(&outcome, skills)),
            };
            return Ok(reply.revealing(made).render(false));
        };
        let answer = idempotency_record(caller.request_id(), self.told, render);
        let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer) };
        let kept =
            service.execute_idempotent(tenant, command, caller.origin(), idempotency).await?;
        render_kept(&kept, made)
    }

    /// What names the request if it is to be carried out once, and tells it from others.
    pub fn once(&self, body: &[u8]) -> Result<Option<(IdempotencyKey, [u8; 32])>, Problem> {
        if self.is_dry_run {
            return Ok(None);
        }
        let key = idempotency::key(&self.headers)
            .map_err(|fault| Problem::new(Code::InvalidHeader, fault.to_string()))?;
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        Ok(key.map(|key| (key, request_sha256(self.method.as_str(), target, body))))
    }
}

/// Makes what is kept of an answer: a refusal is one as well.
fn idempotency_record(
    request_id: RequestId,
    told: Told,
    render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
) -> impl Fn(&Result<Outcome, Refusal>, &Skills) -> Vec<u8> + Send + 'static {
    move |result, skills| {
        let reply = match result {
            Ok(outcome) => render(outcome, skills),
            Err(refusal) => {
                let problem = told.problem(refusal.clone().into());
                Reply::problem(problem.code.status(), problem.body(request_id))
            }
        };
        serde_json::to_vec(&reply).expect("it is plain data")
    }
}

impl Told {
    /// Why it was not done.
    fn problem(&self, failure: Failure) -> Problem {
        let problem = match failure {
            Failure::Refused(refusal) => refusal::problem(&refusal, self.phones),
            failure => failure.into(),
        };
        let members = self.members.iter();
        members.fold(problem, |problem, (name, value)| problem.with(name, value.clone()))
    }
}

/// An answer that was kept, as HTTP. Where it is given the first time, it reveals the key that
/// was made.
pub fn render_kept(
    kept: &IdempotentAnswer,
    made: Option<&ApiKey>,
) -> Result<Response<Body>, Problem> {
    // The key may have been used with the legacy endpoint, whose answers are others.
    let reply: Reply = serde_json::from_slice(&kept.answer).map_err(|_| {
        let detail = "the Idempotency-Key was used for a request to PhoneManageV2";
        Problem::new(Code::KeyReused, detail)
    })?;
    let made = made.filter(|_| !kept.is_replayed);
    Ok(reply.revealing(made).render(kept.is_replayed))
}
