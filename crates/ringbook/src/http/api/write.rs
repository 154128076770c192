//! Writes: as a dry run, carried out, or carried out once by an `Idempotency-Key`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use directory::{Command, Refusal, Skills};
use serde_json::Value;

use super::access::Actor;
use super::code::Code;
use super::conditional::Preconditions;
use super::parameter::{Flag, Text, parameters};
use super::problem::Problem;
use super::query::Query;
use super::refusal::{self, Named};
use super::reply::{Answer, Reply};
use crate::http::idempotency::{self, KeyFault, request_sha256};
use crate::secret::ApiKey;
use crate::service::{CommandRequest, Failure, Idempotency, IdempotentAnswer, Outcome};
use crate::store::{IdempotencyKey, ImportId};

/// What a write takes beside its body.
#[derive(Debug)]
pub struct Write {
    /// The query without `dry_run`.
    pub query: Query,
    /// Whether nothing is to be changed.
    pub is_dry_run: bool,
    /// What the request names beside the path, for refusals about it.
    pub named: Named,
    preconditions: Preconditions,
    key: Result<Option<IdempotencyKey>, KeyFault>,
    method: Method,
    uri: Uri,
}

parameters!(Write {
    /// Change nothing, and answer as if it had been done: ids that would be given are `p0`, `s0`, `k1`,
    /// `c0` or `i0`, which name nothing
    DRY_RUN: Flag = query "dry_run";
    /// Names the request: sent again within 24 hours, it is not carried out again and gets the
    /// first answer again
    IDEMPOTENCY_KEY: Text = header "Idempotency-Key";
});

/// A command, and how its outcome is answered.
pub struct Prepared {
    command: Command,
    render: Render,
    created_key: Option<ApiKey>,
    undoes: Option<ImportId>,
    /// Another member of the problem if the rules refuse it.
    refused_with: Option<(&'static str, Value)>,
    /// Whether the reply names skills, so that rendering it needs a lock on the account.
    names_skills: bool,
}

type Render = Box<dyn Fn(&Outcome, &Skills) -> Reply + Send>;

impl Prepared {
    /// A command whose outcome `render` makes a reply of.
    pub fn new(
        command: Command,
        render: impl Fn(&Outcome, &Skills) -> Reply + Send + 'static,
    ) -> Self {
        let (created_key, undoes, refused_with) = (None, None, None);
        let render = Box::new(render);
        Self { command, render, created_key, undoes, refused_with, names_skills: true }
    }

    /// A command that is answered with 204.
    pub fn without_content(command: Command) -> Self {
        Self::new(command, |_, _| Reply::no_content())
    }

    /// The same for a command that creates this key: the first reply reveals it.
    #[must_use]
    pub fn creating(self, key: ApiKey) -> Self {
        Self { created_key: Some(key), ..self }
    }

    /// The same for a command that takes changes back, of this import if it is one. Its reply names no
    /// skills; `refused_with` is another member of the problem if the rules refuse it.
    #[must_use]
    pub fn reverting(
        self,
        undoes: Option<ImportId>,
        refused_with: Option<(&'static str, Value)>,
    ) -> Self {
        Self { undoes, refused_with, names_skills: false, ..self }
    }
}

impl<State: Send + Sync> FromRequestParts<State> for Write {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(mut query) = Query::from_request_parts(parts, state).await;
        let is_dry_run = DRY_RUN.read(&mut query).unwrap_or(false);
        Ok(Self {
            query,
            is_dry_run,
            named: Named::default(),
            preconditions: Preconditions::of(&parts.headers),
            key: idempotency::key(&parts.headers),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
        })
    }
}

impl Write {
    /// Takes the preconditions out. A route that does not call this has no `ETag`: it refuses
    /// `If-Match`, and what is there is excluded by `If-None-Match: *` alone.
    pub fn preconditions(&mut self) -> Preconditions {
        std::mem::take(&mut self.preconditions)
    }

    /// Reports all that is wrong with the query and the headers.
    pub fn check(&mut self) -> Result<(), Problem> {
        std::mem::take(&mut self.query).check()?;
        if self.preconditions.has_if_match() {
            let detail = "If-Match: what this changes has no ETag to hold it against";
            return Err(Problem::new(Code::InvalidHeader, detail));
        }
        self.idempotency(b"").map(|_| ())
    }

    /// The same for a path at which there always is something.
    pub fn check_at_collection(&mut self) -> Result<(), Problem> {
        self.check()?;
        if self.preconditions.excludes_all() { Err(Preconditions::exists()) } else { Ok(()) }
    }

    /// The key of the idempotency record, if there is to be one, and the hash of the request.
    pub fn idempotency(&self, body: &[u8]) -> Result<Option<(IdempotencyKey, [u8; 32])>, Problem> {
        let invalid = |fault: KeyFault| Problem::new(Code::InvalidHeader, fault.to_string());
        let key = self.key.map_err(invalid)?.filter(|_| !self.is_dry_run);
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        Ok(key.map(|key| (key, request_sha256(self.method.as_str(), target, body))))
    }

    /// Carries a command out, or does a dry run of it.
    pub async fn carry_out(mut self, actor: Actor<'_>, body: &[u8], prepared: Prepared) -> Answer {
        self.check()?;
        self.carry_out_checked(actor, body, prepared).await
    }

    /// The same for a command that depends on the account. A retry is answered before it is read.
    pub async fn prepare_and_carry_out(
        mut self,
        actor: Actor<'_>,
        body: &[u8],
        prepare: impl Future<Output = Result<Prepared, Problem>>,
    ) -> Answer {
        self.check()?;
        if let Some((key, request)) = self.idempotency(body)?
            && let Some(record) = actor.service.replay(actor.tenant, key, request).await?
        {
            return render_record(&record, None);
        }
        match prepare.await {
            Ok(prepared) => self.carry_out_checked(actor, body, prepared).await,
            Err(problem) => self.refuse(actor, body, problem).await,
        }
    }

    /// Refuses a request for which there is no command. A problem about the state of the account is
    /// stored for retries: a retry must not do what the first request could not.
    async fn refuse(&self, actor: Actor<'_>, body: &[u8], problem: Problem) -> Answer {
        let is_about_state = matches!(
            problem.code.status(),
            StatusCode::NOT_FOUND
                | StatusCode::CONFLICT
                | StatusCode::GONE
                | StatusCode::PRECONDITION_FAILED
        );
        let Some((key, request_sha256)) = self.idempotency(body)?.filter(|_| is_about_state) else {
            return Err(problem);
        };
        let answer = Reply::problem(&problem, actor.request_id).stored();
        let idempotency =
            Idempotency { key, request_sha256, answer: Box::new(move |_, _| answer.clone()) };
        let record = actor.service.record_answer(actor.tenant, actor.origin(), idempotency).await?;
        render_record(&record, None)
    }

    async fn carry_out_checked(self, actor: Actor<'_>, body: &[u8], prepared: Prepared) -> Answer {
        if self.preconditions.excludes_all() {
            // Another refusal comes first (RFC 9110, section 13.2.1).
            self.preview(actor, prepared).await?;
            return Err(Preconditions::exists());
        }
        if self.is_dry_run {
            return self.preview(actor, prepared).await;
        }
        let (service, tenant, request_id) = (actor.service, actor.tenant, actor.request_id);
        let Prepared { command, render, created_key, undoes, refused_with, names_skills } =
            prepared;
        let idempotency = self.idempotency(body)?;
        let refused = move |failure| refused(failure, self.named, refused_with.as_ref());
        let request = CommandRequest::new(command, actor.origin()).undoing(undoes);
        let Some((key, request_sha256)) = idempotency else {
            let outcome = service.execute(tenant, request.returning_changes()).await;
            let outcome = outcome.map_err(refused)?;
            let reply = if names_skills {
                service.read_skills(tenant, |skills| render(&outcome, skills))
            } else {
                render(&outcome, &Skills::default())
            };
            return Ok(reply.revealing(created_key.as_ref()).render());
        };
        let answer = move |result: &Result<Outcome, Refusal>, skills: &Skills| match result {
            Ok(outcome) => render(outcome, skills).stored(),
            Err(refusal) => Reply::problem(&refused(refusal.clone().into()), request_id).stored(),
        };
        let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer) };
        let record = service.execute_idempotent(tenant, request, idempotency).await?;
        render_record(&record, created_key.as_ref())
    }

    /// Answers what a command would do.
    async fn preview(self, actor: Actor<'_>, prepared: Prepared) -> Answer {
        let (service, tenant) = (actor.service, actor.tenant);
        let Prepared { command, render, refused_with, .. } = prepared;
        let show = move |outcome: Outcome, skills: &Skills| {
            render(&outcome, skills).into_dry_run(outcome.changes)
        };
        let reply = service.preview_showing(tenant, command, show).await;
        let refused = |failure| refused(failure, self.named, refused_with.as_ref());
        Ok(reply.map_err(refused)?.render())
    }
}

/// Why a command was not carried out. `more` is another member of a refusal.
fn refused(failure: Failure, named: Named, more: Option<&(&'static str, Value)>) -> Problem {
    let problem = match failure {
        Failure::Refused(refusal) => refusal::problem(&refusal, named),
        failure => failure.into(),
    };
    match more {
        Some((name, value)) => problem.with(name, value.clone()),
        None => problem,
    }
}

/// The answer of an idempotency record. The first one reveals the key that was created.
pub fn render_record(record: &IdempotentAnswer, created_key: Option<&ApiKey>) -> Answer {
    // The key may have been used with the legacy endpoint, whose answers have another form.
    let reply: Reply = serde_json::from_slice(&record.answer).map_err(|_| {
        let detail = "the Idempotency-Key was used for a request to PhoneManageV2";
        Problem::new(Code::KeyReused, detail)
    })?;
    let created_key = created_key.filter(|_| !record.is_replayed);
    Ok(reply.revealing(created_key).render_stored(record.is_replayed))
}
