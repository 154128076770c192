//! A plan and what became of it, for people and for programs.

use std::io::{self, IsTerminal as _, Write};

use directory::Phone;
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::PrintFormat;
use super::target::Done;
use crate::cli::format;
use crate::sync::{Current, Difference, Plan, Refused, Step};

/// Most lines that are shown on a terminal.
const LINES_SHOWN: usize = 100;

/// How many steps of each kind a plan has.
#[derive(Default)]
struct Counts {
    created: usize,
    changed: usize,
    deleted: usize,
}

impl Counts {
    fn of(plan: &Plan) -> Self {
        let count = |what| plan.steps.iter().filter(|step| kind(step) == what).count();
        Self { created: count("created"), changed: count("changed"), deleted: count("deleted") }
    }
}

/// Prints a plan.
pub fn plan(format: PrintFormat, plan: &Plan, current: &Current) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        PrintFormat::Table => table(&mut out, plan, current)?,
        PrintFormat::Json => json_plan(&mut out, plan, current)?,
    }
    out.flush()
}

/// Prints what became of a plan, and how it is taken back.
pub fn outcome(format: PrintFormat, done: &Done, account: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Done { created, changed, deleted, refused, import } = done;
    if format == PrintFormat::Json {
        let refused: Vec<_> =
            refused.iter().map(|(line, why)| json!({"line": line, "reason": why})).collect();
        let done = json!({"created": created, "changed": changed, "deleted": deleted,
            "refused": refused, "import": import});
        return writeln!(out, "{}", json!({"done": done}));
    }
    for (line, why) in refused {
        writeln!(out, "{}", refusal(line.unwrap_or_default(), why))?;
    }
    let [created, changed, deleted] = [created, changed, deleted].map(|count| grouped(*count));
    let undo = import.as_ref().map_or_else(String::new, |import| {
        format!("; `ringbook undo --account {account} {import}` takes it back")
    });
    writeln!(out, "done: {created} created, {changed} changed, {deleted} deleted{undo}")
}

/// A number of rows in words.
pub fn rows(count: usize) -> String {
    if count == 1 { "1 row is".into() } else { format!("{} rows are", grouped(count)) }
}

/// A number with a comma between thousands.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(|group| String::from_utf8_lossy(group)).collect();
    groups.join(",")
}

fn table(out: &mut impl Write, plan: &Plan, current: &Current) -> io::Result<()> {
    let most = if io::stdout().is_terminal() { LINES_SHOWN } else { usize::MAX };
    let shown = plan.steps.iter().take(most);
    let rows: Vec<_> = shown.flat_map(|step| step_rows(plan, step, current)).collect();
    if !rows.is_empty() {
        format::table(out, &["", "line", "phone", "field", "before", "after"], &rows)?;
    }
    more(out, plan.steps.len().saturating_sub(most), "phones")?;
    for name in &plan.skills {
        writeln!(out, "the skill \"{name}\" is created")?;
    }
    for Refused { line, why } in plan.refused.iter().take(most) {
        writeln!(out, "{}", refusal(*line, why))?;
    }
    more(out, plan.refused_count() - plan.refused.len().min(most), "refused rows")?;
    let Counts { created, changed, deleted } = Counts::of(plan);
    let counts = [
        (created, "created"),
        (changed, "changed"),
        (deleted, "deleted"),
        (plan.unchanged, "unchanged"),
        (plan.refused_count(), "refused"),
    ];
    let counts: Vec<_> =
        counts.iter().map(|(count, what)| format!("{} {what}", grouped(*count))).collect();
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

fn refusal(line: u64, why: &str) -> String {
    if line == 0 { format!("refused: {why}") } else { format!("line {line} refused: {why}") }
}

/// The rows of a table: one for each field that changes.
fn step_rows(plan: &Plan, step: &Step, current: &Current) -> Vec<Vec<String>> {
    let before = step.id.and_then(|id| current.phones.get(id));
    let Some(named) = before.or(step.after.as_ref()) else { return Vec::new() };
    let id = step.id.map_or_else(String::new, |id| format!("{id} "));
    let line = step.line.map_or_else(String::new, |line| line.to_string());
    let phone = format!("{id}{} {}", named.number, named.name);
    let mut head = [kind(step).to_owned(), line, phone];
    let mut row = |field: &str, before: String, after: String| {
        let mut cells = std::mem::take(&mut head).to_vec();
        cells.extend([field.to_owned(), before, after]);
        cells
    };
    let skills = |phone: &Phone| text(&skill_names(plan, phone));
    match (before, &step.after) {
        (Some(before), Some(after)) => {
            let fields = plan.differences(before, after).into_iter();
            let rows = fields.map(|Difference { field, before, after }| {
                row(&field, text(&before), text(&after))
            });
            rows.collect()
        }
        (Some(before), None) => vec![row("skills", skills(before), String::new())],
        (None, after) => {
            vec![row("skills", String::new(), after.as_ref().map_or_else(String::new, skills))]
        }
    }
}

fn kind(step: &Step) -> &'static str {
    match (step.id, &step.after) {
        (None, _) => "created",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "deleted",
    }
}

fn skill_names(plan: &Plan, phone: &Phone) -> Value {
    plan.skills_of(phone).into_iter().map(|(name, _)| Value::from(name.as_str())).collect()
}

/// A value as a cell.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A list that is made while it is written: a plan may have a million steps.
struct Each<F>(F);

impl<I: IntoIterator<Item = Value>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

fn json_plan(out: &mut impl Write, plan: &Plan, current: &Current) -> io::Result<()> {
    let Counts { created, changed, deleted } = Counts::of(plan);
    let summary = json!({
        "created": created, "changed": changed, "deleted": deleted,
        "unchanged": plan.unchanged, "refused": plan.refused_count(), "unlisted": plan.unlisted,
    });
    let names: Vec<_> = plan.skills.iter().map(directory::SkillName::as_str).collect();
    write!(out, "{{\"plan\":{{\"summary\":{summary},\"skills\":{}", json!(names))?;
    for name in ["created", "changed", "deleted"] {
        let steps = plan.steps.iter().filter(|step| kind(step) == name);
        let steps = Each(|| steps.clone().map(|step| step_json(plan, step, current)));
        write!(out, ",\"{name}\":")?;
        serde_json::to_writer(&mut *out, &steps)?;
    }
    let row = |row: &Refused| json!({"line": row.line, "reason": row.why});
    write!(out, ",\"refused\":")?;
    serde_json::to_writer(&mut *out, &Each(|| plan.refused.iter().map(row)))?;
    writeln!(out, "}}}}")
}

fn step_json(plan: &Plan, step: &Step, current: &Current) -> Value {
    let before = step.id.and_then(|id| current.phones.get(id));
    let phone = before.or(step.after.as_ref());
    let mut json = json!({
        "id": step.id.map(|id| id.to_string()),
        "line": step.line,
        "number": phone.map(|phone| phone.number.to_string()),
        "name": phone.map(|phone| phone.name.as_str()),
        "skills": phone.map(|phone| skill_names(plan, phone)),
    });
    if let (Some(before), Some(after)) = (before, &step.after) {
        let change = |Difference { field, before, after }| json!({"field": field, "before": before, "after": after});
        json["changes"] = plan.differences(before, after).into_iter().map(change).collect();
    }
    json
}
