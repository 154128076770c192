//! A directory behind the API: how it is, what it would refuse of a plan, and carrying it out.
//!
//! Any other target of a sync is a module with these three functions.

use std::collections::HashSet;
use std::io::Cursor;

use directory::{Assignment, Phone, PhoneId, PhonesBuilder, SkillName, SkillSet, Skills};
use serde_json::json;

use crate::change::Change;
use crate::cli::api::{Api, Reply, Request, RowResult, Summary, mode, path, reason};
use crate::cli::context::CliError;
use crate::cli::progress;
use crate::cli::skill::ListedSkill;
use crate::http::limits::BULK_ROWS_MAX;
use crate::rows::{Format, ReadRow, Wanted};
use crate::sync::{Current, Plan, Refused, read_rows, write_row};

/// The code of the problem where rows are refused.
const ROWS_REFUSED: &str = "rows_refused";

/// A directory as it was when it was read.
pub struct Directory<'a> {
    api: &'a Api,
    /// The last change before it was read.
    version: Option<String>,
    pub current: Current,
}

/// What became of a plan.
pub struct Done {
    pub created: usize,
    pub changed: usize,
    pub deleted: usize,
    /// The rows that were refused all the same.
    pub refused: Vec<Refused>,
    pub summary: Summary,
}

impl<'a> Directory<'a> {
    /// Reads all skills and phones.
    pub fn read(api: &'a Api) -> Result<Self, CliError> {
        let version = api.feed::<Change>("now", 0)?.next;
        let mut skills = Skills::default();
        for skill in api.pages::<ListedSkill>(|| Request::get("/v1/skills")) {
            let ListedSkill { id, name, .. } = skill?;
            let id = id.parse().map_err(|_| unexpected())?;
            skills.set(id, SkillName::parse(&name).map_err(|_| unexpected())?, 0);
        }
        let phones =
            api.send(Request::get("/v1/exports").accept(Format::JsonLines.media_type()))?;
        let (mut builder, mut is_whole) = (PhonesBuilder::default(), true);
        let each = |row: ReadRow<_>| match row.content.ok().and_then(|row| phone(row, &skills)) {
            Some((id, phone)) => builder.push(id, phone, 0),
            None => is_whole = false,
        };
        let read = progress::during("reading", |bar| {
            read_rows(bar.wrap_read(phones), Format::JsonLines, each)
        });
        read.map_err(|fault| CliError::Message(format!("cannot read the phones: {fault}")))?;
        if !is_whole {
            return Err(unexpected());
        }
        Ok(Self { api, version, current: Current { skills, phones: builder.build() } })
    }

    /// Moves what the API would refuse to the refused rows of the plan.
    pub fn try_out(&self, plan: &mut Plan, keeps_going: bool) -> Result<(), CliError> {
        if plan.steps.len() > BULK_ROWS_MAX {
            let count = plan.steps.len();
            // So many cannot be tried at once, and come in parts.
            return if keeps_going {
                Ok(())
            } else {
                Err(CliError::Message(format!(
                    "{count} phones are to be changed, and {BULK_ROWS_MAX} can be at once: --keep-going does it part by part"
                )))
            };
        }
        for name in &plan.skills {
            self.api.send(create_skill(name).dry_run(true))?;
        }
        if plan.is_empty() {
            return Ok(());
        }
        let (mut refused, mut more) = (Vec::new(), 0);
        match self.send(plan, keeps_going, true) {
            Ok(reply) => {
                reply.rows(|row| {
                    if row.status == "refused" {
                        refused.extend(step(&row));
                    }
                })?;
            }
            Err(CliError::Refused(problem)) if problem.code == ROWS_REFUSED => {
                refused = problem.rows.iter().filter_map(step).collect();
                let count = usize::try_from(problem.count("refused")).unwrap_or(usize::MAX);
                more = count.saturating_sub(refused.len());
            }
            Err(error) => return Err(error),
        }
        plan.refuse(refused, more);
        Ok(())
    }

    /// Carries a plan out.
    pub fn carry_out(&self, plan: &Plan, keeps_going: bool) -> Result<Done, CliError> {
        if !keeps_going {
            self.check_untouched(plan)?;
        }
        let made = plan.skills.iter().map(|name| self.api.send(create_skill(name)).map(|_| name));
        let made = made.collect::<Result<Vec<_>, _>>()?;
        let [mut created, mut changed, mut deleted] = [0; 3];
        let mut refused = Vec::new();
        let sent = self.send(plan, keeps_going, false);
        let reply = sent.map_err(|error| {
            // They are of no use without the phones. If this fails too, they do no harm.
            for name in made {
                let _ = self.api.send(Request::delete(path(["skills", name.as_str()])));
            }
            changed_since(error, plan)
        })?;
        let summary = reply.rows(|row| match &*row.status {
            "created" => created += 1,
            "edited" => changed += 1,
            "deleted" => deleted += 1,
            "refused" => {
                refused.extend(step(&row).map(|(index, why)| plan.refusal(index, why)));
            }
            _ => {}
        })?;
        match &summary.stopped {
            None => Ok(Done { created, changed, deleted, refused, summary }),
            Some(why) => Err(CliError::Message(format!(
                "{} phones are done, then it stopped: {why}; run it again for the others",
                summary.done
            ))),
        }
    }

    /// Refuses to overwrite what somebody else has changed since the plan was made.
    fn check_untouched(&self, plan: &Plan) -> Result<(), CliError> {
        let planned: HashSet<_> = plan.steps.iter().filter_map(|step| step.id).collect();
        let is_planned = |change: &&Change| {
            let id = change.phone.as_deref().and_then(|id| id.parse::<PhoneId>().ok());
            id.is_some_and(|id| planned.contains(&id))
        };
        let mut next = self.version.clone();
        while let Some(cursor) = next {
            let page = self.api.feed::<Change>(&cursor, 0)?;
            if let Some(Change { id, source, phone, .. }) = page.items.iter().find(is_planned) {
                let phone = phone.as_deref().unwrap_or_default();
                return Err(CliError::Message(format!(
                    "{source} has changed {phone} since the plan was made, in {id}; nothing was done: run it again"
                )));
            }
            next = page.next.filter(|_| !page.items.is_empty());
        }
        Ok(())
    }

    fn send(&self, plan: &Plan, keeps_going: bool, is_trial: bool) -> Result<Reply<'_>, CliError> {
        let mut body = Vec::new();
        for step in &plan.steps {
            write_row(&mut body, plan, step, &self.current, is_trial);
        }
        let request = Request::post("/v1/bulk").query("mode", mode(keeps_going)).dry_run(is_trial);
        let doing = if is_trial { "checking" } else { "changing" };
        let lines = Format::JsonLines.media_type();
        progress::during(doing, |bar| {
            bar.set_length(body.len() as u64);
            self.api.send(request.accept(lines).body(bar.wrap_read(Cursor::new(body)), lines))
        })
    }
}

fn create_skill(name: &SkillName) -> Request {
    Request::post("/v1/skills").json(&json!({"name": name.as_str()}))
}

/// A phone of an export; none if the skills have changed since they were read.
fn phone(row: Wanted, skills: &Skills) -> Option<(PhoneId, Phone)> {
    let held =
        row.positions.iter().map(|(name, at)| Some(Assignment::new(skills.find(name)?, *at)));
    let skills = held.collect::<Option<SkillSet>>()?;
    Some((row.id?, Phone { number: row.number?, name: row.name?, skills }))
}

fn unexpected() -> CliError {
    CliError::Message("the directory has changed while it was read: run it again".into())
}

/// The place in the plan of the step that a row is, and why it is refused.
fn step(row: &RowResult) -> Option<(usize, String)> {
    let line: usize = row.line?.try_into().ok()?;
    Some((line.checked_sub(1)?, reason(&row.errors)))
}

/// A plan that could be done when it was tried is refused, because of what others have changed since.
fn changed_since(error: CliError, plan: &Plan) -> CliError {
    let CliError::Refused(problem) = &error else { return error };
    let Some((index, why)) = problem.rows.iter().find_map(step) else { return error };
    let refused = plan.refusal(index, why);
    CliError::Message(format!(
        "the directory has changed since the plan was made, and nothing was done ({refused}): run it again"
    ))
}
