//! What a command would come to.

use std::sync::Arc;

use directory::{Change, Command, Decision, Skills, View, decide};

use super::{Failure, Outcome, Service, Tenant};

impl Service {
    /// What a command would come to now. Nothing is changed.
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
        self.current(tenant).await?;
        let cell = Arc::clone(&tenant.0);
        let is_long = matches!(command, Command::Several { .. });
        let preview = move || -> Result<T, Failure> {
            let account = cell.account();
            let mut view = View::new(&account);
            let Decision { changes, skill_fault, row_faults, row_changes } =
                decide(&view, &command)?;
            let is_of_skill = |change: &&Change| matches!(change, Change::Skill { .. });
            changes.iter().filter(is_of_skill).for_each(|change| view.stage(change));
            let outcome = Outcome {
                changes: changes.len(),
                skill_fault,
                row_faults,
                row_changes,
                version: account.counters.version,
                changed: changes,
                kept: None,
            };
            Ok(show(outcome, view.skills()))
        };
        if !is_long {
            return preview();
        }
        let previewed = tokio::task::spawn_blocking(preview).await;
        previewed.unwrap_or_else(|_| Err(Failure::Unavailable("the preview failed".into())))
    }
}
