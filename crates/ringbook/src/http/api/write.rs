//! Carrying out what changes something: tried, done, or done once.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, Uri};
use directory::{Command, Refusal, Skills};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::access::Acts;
use super::code::Code;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::http::idempotency::{self, request_sha256};
use crate::secret::ApiKey;
use crate::service::{KeptOutcome, Once, Outcome};
use crate::store::{AnswerKey, RequestId};

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
    /// What a refusal has beside its own members.
    told: Told,
}

/// Members of a problem.
type Told = Vec<(&'static str, Value)>;

impl<State: Send + Sync> FromRequestParts<State> for Write {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(mut query) = Query::from_request_parts(parts, state).await;
        let is_dry_run = query.flag("dry_run");
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let (headers, told) = (parts.headers.clone(), Vec::new());
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
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `Write` reads.
struct DryRunParameter {
    /// Only say what would happen
    dry_run: Option<bool>,
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

/// How a write of what exists can be asked for
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // It describes what `Write` reads.
pub struct ConditionalParameters {
    /// Refuse unless this is its `ETag` by now
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// What a trial is answered with
#[derive(Serialize, utoipa::ToSchema)]
#[allow(clippy::struct_field_names, reason = "it is what the parameter is called")]
pub struct DryRun<'r> {
    /// Always `true`: nothing was changed
    dry_run: bool,
    /// How many changes there would be
    changes: usize,
    /// What would be answered, if that has a body
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    result: Option<&'r RawValue>,
}

/// What a write is answered with that may be a trial
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code)] // It describes what `carry_out` answers.
pub enum OrDryRun<T> {
    /// What was done
    Done(T),
    /// With `dry_run`: what would be done
    Tried(DryRun<'static>),
}

impl Write {
    /// The same with members that it has if it is refused.
    #[must_use]
    pub fn telling(self, told: Vec<(&'static str, Value)>) -> Self {
        Self { told, ..self }
    }

    /// Whether nothing is to be changed.
    pub fn is_dry_run(&self) -> bool {
        self.is_dry_run
    }

    /// Whether the request says of what state it knows.
    pub fn is_conditional(&self) -> bool {
        self.headers.contains_key(IF_MATCH)
    }

    /// Refuses where the request knows of another state than the one with this `ETag`.
    pub fn expects(&self, etag: &str) -> Result<(), Problem> {
        let mut given = self.headers.get_all(IF_MATCH).iter().peekable();
        if given.peek().is_none() {
            return Ok(());
        }
        let tags = given.filter_map(|value| value.to_str().ok()).flat_map(|tags| tags.split(','));
        let matches = tags.map(str::trim).any(|tag| tag == "*" || tag == etag);
        if matches {
            return Ok(());
        }
        let detail = format!("it is {etag} by now: read it again, and decide again");
        Err(Problem::new(Code::PreconditionFailed, detail).with("etag", etag))
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
        self,
        caller: &impl Acts,
        body: &[u8],
        command: Command,
        render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
    ) -> Result<Response<Body>, Problem> {
        self.carry_out_revealing(caller, body, command, None, render).await
    }

    /// The same, of a command that makes this key: the first answer reveals it, in the body that
    /// `render` makes, and what is kept of that answer does not.
    pub async fn carry_out_revealing(
        mut self,
        caller: &impl Acts,
        body: &[u8],
        command: Command,
        made: Option<&ApiKey>,
        render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
    ) -> Result<Response<Body>, Problem> {
        std::mem::take(&mut self.query).check()?;
        let (service, tenant) = (caller.service(), caller.tenant());
        if self.is_dry_run {
            let show = move |outcome: Outcome, skills: &Skills| {
                let reply = render(&outcome, skills);
                if reply.is_problem() { reply } else { tried(outcome.changes, &reply) }
            };
            let shown = service.preview_showing(tenant, command, show).await;
            let reply = shown.map_err(|failure| with(failure.into(), &self.told))?;
            return Ok(reply.render(false));
        }
        let Some((key, request_sha256)) = self.once(body)? else {
            let outcome = service.execute_telling(tenant, command, caller.origin()).await;
            let outcome = outcome.map_err(|failure| with(failure.into(), &self.told))?;
            let reply = service.with_skills(tenant, |skills| render(&outcome, skills));
            return Ok(reply.revealing(made).render(false));
        };
        let answer = kept_answer(caller.request_id(), self.told, render);
        let once = Once { key, request_sha256, answer: Box::new(answer) };
        let kept = service.execute_once(tenant, command, caller.origin(), once).await?;
        render_kept(&kept, made)
    }

    /// What names the request if it is to be carried out once, and tells it from others.
    pub fn once(&self, body: &[u8]) -> Result<Option<(AnswerKey, [u8; 32])>, Problem> {
        if self.is_dry_run {
            return Ok(None);
        }
        let key = idempotency::key(&self.headers)
            .map_err(|fault| Problem::new(Code::InvalidHeader, fault.to_string()))?;
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        Ok(key.map(|key| (key, request_sha256(self.method.as_str(), target, body))))
    }
}

/// What is answered where this many changes would be made, and this would be answered.
pub fn tried(changes: usize, reply: &Reply) -> Reply {
    let result = RawValue::from_string(reply.body().to_owned()).ok();
    Reply::ok(&DryRun { dry_run: true, changes, result: result.as_deref() })
}

/// Makes what is kept of an answer: a refusal is one as well.
fn kept_answer(
    request_id: RequestId,
    told: Told,
    render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
) -> impl Fn(&Result<Outcome, Refusal>, &Skills) -> Vec<u8> + Send + 'static {
    move |result, skills| {
        let reply = match result {
            Ok(outcome) => render(outcome, skills),
            Err(refusal) => {
                let problem = with(refusal.clone().into(), &told);
                Reply::problem(problem.code.status(), problem.body(request_id))
            }
        };
        serde_json::to_vec(&reply).expect("it is plain data")
    }
}

fn with(problem: Problem, told: &Told) -> Problem {
    told.iter().fold(problem, |problem, (name, value)| problem.with(name, value.clone()))
}

/// An answer that was kept, as HTTP. Where it is given the first time, it reveals the key that
/// was made.
pub fn render_kept(kept: &KeptOutcome, made: Option<&ApiKey>) -> Result<Response<Body>, Problem> {
    // The key may have been used with the legacy endpoint, whose answers are others.
    let reply: Reply = serde_json::from_slice(&kept.answer).map_err(|_| {
        let detail = "the Idempotency-Key was used for a request to PhoneManageV2";
        Problem::new(Code::KeyReused, detail)
    })?;
    let made = made.filter(|_| !kept.is_replayed);
    Ok(reply.revealing(made).render(kept.is_replayed))
}
