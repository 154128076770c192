//! A plan and what became of it, for people and for programs.

use std::io::{self, IsTerminal as _, Write};

use serde_json::{Value, json};

use super::target::Done;
use crate::change::{Difference, Fields};
use crate::cli::api::Api;
use crate::cli::format::{self, ItemFormat};
use crate::sync::{Current, Plan, Refused, Step};
use crate::words::grouped;

/// Most lines of a kind that are shown on a terminal.
const LINES_SHOWN: usize = 100;

/// Prints a plan.
pub fn plan(format: ItemFormat, plan: &Plan, current: &Current) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        ItemFormat::Table => table(&mut out, plan, current)?,
        ItemFormat::Json => lines(&mut out, plan, current)?,
    }
    out.flush()
}

/// Prints what became of a plan, and how it is taken back.
pub fn outcome(format: ItemFormat, done: &Done, api: &Api) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Done { created, changed, deleted, refused, summary } = done;
    if format == ItemFormat::Json {
        refused.iter().try_for_each(|row| writeln!(out, "{}", refused_line(row)))?;
        let counts = json!({"created": created, "changed": changed, "deleted": deleted,
            "refused": refused.len(), "import": summary.import});
        return writeln!(out, "{}", json!({"done": counts}));
    }
    refused.iter().try_for_each(|row| writeln!(out, "{row}"))?;
    let [created, changed, deleted] = [created, changed, deleted].map(|count| grouped(*count));
    let undo = summary.undo(api);
    writeln!(out, "done: {created} created, {changed} changed, {deleted} deleted{undo}")
}

/// A number of rows in words.
pub fn rows(count: usize) -> String {
    if count == 1 { "1 row is".into() } else { format!("{} rows are", grouped(count)) }
}

/// What becomes of the phones of a plan, and of how many.
fn counts(plan: &Plan) -> [(&'static str, usize); 5] {
    let count = |what| plan.steps.iter().filter(|step| step.what() == what).count();
    let steps = ["created", "changed", "deleted"].map(|what| (what, count(what)));
    let [created, changed, deleted] = steps;
    let refused = plan.refused_count();
    [created, changed, deleted, ("unchanged", plan.unchanged), ("refused", refused)]
}

fn table(out: &mut impl Write, plan: &Plan, current: &Current) -> io::Result<()> {
    let most = if io::stdout().is_terminal() { LINES_SHOWN } else { usize::MAX };
    let shown = plan.steps.iter().take(most);
    let rows: Vec<_> = shown.map(|step| row(plan, step, current)).collect();
    if !rows.is_empty() {
        format::table(out, &["", "line", "phone", "what"], &rows)?;
    }
    more(out, plan.steps.len().saturating_sub(most), "phones")?;
    for name in &plan.skills {
        writeln!(out, "the skill \"{name}\" is created")?;
    }
    plan.refused.iter().take(most).try_for_each(|row| writeln!(out, "{row}"))?;
    more(out, plan.refused_count() - plan.refused.len().min(most), "refused rows")?;
    let counts = counts(plan).map(|(what, count)| format!("{} {what}", grouped(count)));
    let unlisted = match plan.unlisted {
        0 => String::new(),
        count => format!("; {} not in the file stay", grouped(count)),
    };
    writeln!(out, "{}{unlisted}", counts.join(", "))
}

fn more(out: &mut impl Write, count: usize, what: &str) -> io::Result<()> {
    match count {
        0 => Ok(()),
        count => writeln!(out, "and {} {what} more", grouped(count)),
    }
}

/// The row of a table: what is done, the line, the phone as it is, and what changes.
fn row(plan: &Plan, step: &Step, current: &Current) -> Vec<String> {
    let line = step.line.map_or_else(String::new, |line| line.to_string());
    let id = step.id.map_or_else(String::new, |id| format!("{id} "));
    let phone = step.named(current).map(|phone| format!("{id}{} {}", phone.number, phone.name));
    let mut sides = plan.sides(step, current);
    if let [None, Some(all)] | [Some(all), None] = &mut sides {
        // The phone says so.
        all.retain(|field, _| field == "skills");
    }
    let [before, after] = &sides;
    let changes = Difference::of(before.as_ref(), after.as_ref()).to_string();
    vec![step.what().to_owned(), line, phone.unwrap_or_default(), changes]
}

/// An object a line: for each step, each refused row, and at last the whole plan.
fn lines(out: &mut impl Write, plan: &Plan, current: &Current) -> io::Result<()> {
    for step in &plan.steps {
        let [before, after]: [Option<Fields>; 2] = plan.sides(step, current);
        let phone = step.named(current);
        let step = json!({step.what(): {
            "id": step.id.map(|id| id.to_string()),
            "line": step.line,
            "number": phone.map(|phone| phone.number.to_string()),
            "name": phone.map(|phone| phone.name.as_str()),
            "before": before,
            "after": after,
        }});
        writeln!(out, "{step}")?;
    }
    plan.refused.iter().try_for_each(|row| writeln!(out, "{}", refused_line(row)))?;
    let mut all: Value = counts(plan).into_iter().map(|(what, n)| (what.to_owned(), n)).collect();
    all["unlisted"] = plan.unlisted.into();
    all["skills"] = plan.skills.iter().map(directory::SkillName::as_str).collect();
    writeln!(out, "{}", json!({"plan": all}))
}

fn refused_line(Refused { line, why }: &Refused) -> Value {
    json!({"refused": {"line": line, "reason": why}})
}
