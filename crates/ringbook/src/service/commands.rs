//! Commands: carried out, carried out once per idempotency key, or previewed. This module must
//! not know how commands are grouped and committed.

use std::sync::Arc;

use directory::{Change, Command, ProfileEdit, Skills, View, decide};

use super::writer::IDEMPOTENCY_RECORD_LIFETIME_US;
use super::{Failure, Idempotency, IdempotentAnswer, Outcome, Service, Tenant};
use crate::store::{IdempotencyKey, ImportId, ImportProgress, Origin};

/// A command and how it is carried out.
pub struct CommandRequest {
    /// What to decide.
    pub command: Command,
    /// Who sends it, when, in which request.
    pub origin: Origin,
    /// Whether the outcome has the changes themselves.
    pub returns_changes: bool,
    /// Of several rows: how their import stands without them, and whether they are its last ones.
    pub import: ImportProgress,
    /// The import that the command takes back.
    pub undoes: Option<ImportId>,
    /// Set if the command is carried out once for an idempotency key.
    pub(super) idempotency: Option<Idempotency>,
    /// The time of the store's clock, for its idempotency record.
    pub(super) store_us: i64,
}

impl CommandRequest {
    /// A command whose outcome does not have the changes themselves.
    pub fn new(command: Command, origin: Origin) -> Self {
        let (import, returns_changes) = (ImportProgress::default(), false);
        let (undoes, idempotency) = (None, None);
        Self { command, origin, returns_changes, import, undoes, idempotency, store_us: 0 }
    }

    /// The same command with an outcome that has the changes.
    #[must_use]
    pub fn returning_changes(self) -> Self {
        Self { returns_changes: true, ..self }
    }

    /// The same rows as those of an import that stood so.
    #[must_use]
    pub fn importing(self, import: ImportProgress) -> Self {
        Self { import, ..self }
    }

    /// The same command as one that takes this import back.
    #[must_use]
    pub fn undoing(self, undoes: Option<ImportId>) -> Self {
        Self { undoes, ..self }
    }
}

impl Service {
    /// Decides a command. Returns when its changes are on stable storage.
    pub async fn execute(
        &self,
        tenant: &Tenant,
        request: CommandRequest,
    ) -> Result<Outcome, Failure> {
        self.queue.execute(tenant, request).await
    }

    /// Carries a command out once within 24 hours, however often it is sent. Its answer is
    /// recorded in the transaction of its changes and returned to each retry. A refusal by the
    /// rules is an answer as well; a failure of the store is not.
    pub async fn execute_idempotent(
        &self,
        tenant: &Tenant,
        request: CommandRequest,
        idempotency: Idempotency,
    ) -> Result<IdempotentAnswer, Failure> {
        let request = CommandRequest {
            idempotency: Some(idempotency),
            store_us: self.core.store_clock.now_us(),
            ..request.returning_changes()
        };
        let outcome = self.queue.execute(tenant, request).await?;
        Ok(outcome.idempotent_answer.expect("a command with an idempotency key has an answer"))
    }

    /// Records the answer to a request that was refused before there was a command. If the request
    /// has got another answer in the meantime, returns that one.
    pub async fn record_answer(
        &self,
        tenant: &Tenant,
        origin: Origin,
        idempotency: Idempotency,
    ) -> Result<IdempotentAnswer, Failure> {
        let no_change = Command::EditProfile(ProfileEdit::default());
        let request = CommandRequest::new(no_change, origin);
        self.execute_idempotent(tenant, request, idempotency).await
    }

    /// The recorded answer to a request with this key, if there is one.
    pub async fn replay(
        &self,
        tenant: &Tenant,
        key: IdempotencyKey,
        request_sha256: [u8; 32],
    ) -> Result<Option<IdempotentAnswer>, Failure> {
        self.refresh(tenant).await?;
        let keys = [(tenant.id(), key)];
        let since_us = self.core.store_clock.now_us() - IDEMPOTENCY_RECORD_LIFETIME_US;
        let found = self
            .query(&self.permits.short, move |store| store.idempotency_records(&keys, since_us));
        let found = found.await?;
        let record = found.into_iter().next().flatten();
        record.map(|record| IdempotentAnswer::replay(record, &request_sha256)).transpose()
    }

    /// What a command would come to now. Nothing is changed, and the ids that would be given for the
    /// first time name nothing.
    pub async fn preview(&self, tenant: &Tenant, command: Command) -> Result<Outcome, Failure> {
        self.preview_showing(tenant, command, |outcome, _| outcome).await
    }

    /// The same, shown with the skills that there would be.
    pub async fn preview_showing<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        command: Command,
        show: impl FnOnce(Outcome, &Skills) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.refresh(tenant).await?;
        let (cached, at_us) = (Arc::clone(&tenant.0), self.core.clock.now_us());
        let is_short = matches!(
            command,
            Command::CreatePhone { .. }
                | Command::EditPhone { .. }
                | Command::UpsertPhone { .. }
                | Command::DeletePhone { .. }
        );
        let preview = move || -> Result<T, Failure> {
            let account = cached.snapshot();
            let mut view = View::new(&account);
            let decision = decide(&view, &command)?;
            let mut skill_names = Vec::with_capacity(decision.changes.len());
            for change in &decision.changes {
                skill_names.push(change.skill_names(view.skills()));
                if matches!(change, Change::Skill { .. }) {
                    view.stage(change);
                }
            }
            let (outcome, mut changed) = Outcome::of(decision, account.counters.version);
            for change in &mut changed {
                change.forget_new_id(&account.counters);
            }
            let is_import = matches!(command, Command::Several { .. }) && outcome.changes > 0;
            let import = is_import.then_some(ImportId(0));
            let outcome = Outcome { import, at_us, changed, skill_names, ..outcome };
            Ok(show(outcome, view.skills()))
        };
        if is_short {
            return preview();
        }
        let previewed = tokio::task::spawn_blocking(preview).await;
        previewed.unwrap_or_else(|_| Err(Failure::Unavailable("the preview failed".into())))
    }
}
