//! The form for a file, and the plan: what the file would do, before anything is written.

use std::collections::BTreeSet;

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

use super::columns::{Column, columns, mapped};
use super::upload::{Upload, pack};
use super::{ALL_OR_NOTHING, KEEP_GOING, Outcome, Row, RowPhone, request};
use crate::http::console::api::{Api, Request};
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::skills::skills;
use crate::http::console::visit::Visit;
use crate::rows::Format;
use crate::sync::read_rows;
use crate::words::{counted, sentence};

/// Rows of each table that are shown.
const ROWS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "import/new.html")]
struct NewPage {
    frame: Frame,
    fault: String,
}

#[derive(Template)]
#[template(path = "import/plan.html")]
struct PlanPage {
    frame: Frame,
    /// The name of the file.
    name: String,
    packed: String,
    columns: Vec<Column>,
    /// Whether nobody has said yet what they are.
    is_first: bool,
    /// Why there is no plan, or why it was not carried out.
    fault: String,
    outcome: Outcome,
    /// Skills that the file names and that are not there.
    missing: BTreeSet<String>,
}

impl PlanPage {
    fn count(&self, status: &str) -> usize {
        self.outcome.rows.iter().filter(|row| row.status == status).count()
    }

    fn refused(&self) -> Vec<&Row> {
        let rows = self.outcome.rows.iter().filter(|row| row.status == "refused");
        rows.take(ROWS_SHOWN).collect()
    }

    /// Rows that would change something.
    fn changing(&self) -> Vec<&Row> {
        let has_phone = |row: &&Row| row.before.is_some() || row.after.is_some();
        self.outcome.rows.iter().filter(has_phone).take(ROWS_SHOWN).collect()
    }

    /// What was chosen for the columns.
    fn planned(&self) -> String {
        self.columns.iter().map(|column| column.field).collect::<Vec<_>>().join(",")
    }

    fn ignored(&self) -> usize {
        self.columns.iter().filter(|column| column.field.is_empty()).count()
    }

    fn missing_text(&self) -> String {
        let names: Vec<_> = self.missing.iter().map(String::as_str).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        format!("{} {verb} not there: {}.", counted(names.len(), "skill"), names.join(", "))
    }
}

impl Row {
    /// Number, name and skills, each before and after; of what begins or ends twice the same.
    fn cells(&self) -> Vec<(String, String)> {
        let cells =
            |phone: &RowPhone| [phone.number.clone(), phone.name.clone(), phone.skills.join(", ")];
        let [before, after] = [&self.before, &self.after].map(|side| side.as_ref().map(cells));
        let sides = before.clone().or(after.clone()).into_iter().zip(after.or(before));
        sides.flat_map(|(before, after)| before.into_iter().zip(after)).collect()
    }
}

/// `GET /console/import`
pub async fn form(visit: Visit) -> Answer {
    Ok(show_form(&visit, StatusCode::OK, String::new()))
}

fn show_form(visit: &Visit, status: StatusCode, fault: String) -> Response<Body> {
    visit.show(status, &NewPage { frame: visit.frame("phones"), fault })
}

/// Shows the plan of a file; with a fault, why it was not carried out.
pub async fn show(upload: Upload, mut fault: String) -> Answer {
    let unreadable =
        |why: String| Ok(show_form(&upload.visit, StatusCode::UNPROCESSABLE_ENTITY, why));
    if upload.file.is_empty() {
        let is_none = upload.name.is_empty();
        let why =
            if is_none { "Choose a file first." } else { "The file is empty. Choose another one." };
        return unreadable(why.to_owned());
    }
    let columns = match columns(&upload) {
        Ok((_, columns)) => columns,
        Err(why) => return unreadable(sentence(&why.to_string())),
    };
    let outcome = match preview(&upload).await {
        Ok(outcome) => outcome,
        Err(problem) if problem.is_of_input() || problem.status == 413 => {
            fault = sentence(&problem.detail);
            Outcome::default()
        }
        Err(problem) => return Err(problem),
    };
    let names_none = |row: &Row| row.errors.iter().any(|error| error.code == "no_such_skill");
    let missing = if outcome.rows.iter().any(names_none) {
        missing_skills(&upload.visit.api, &mapped(&upload)?).await?
    } else {
        BTreeSet::new()
    };
    let status = if fault.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let is_first = upload.fields.all("column").next().is_none();
    let packed = pack(&upload.file);
    let Upload { visit, name, .. } = upload;
    let frame = visit.frame("phones");
    Ok(visit.show(
        status,
        &PlanPage { frame, name, packed, columns, is_first, fault, outcome, missing },
    ))
}

/// What the file would do. Where rows are refused, what the others would do without them.
async fn preview(upload: &Upload) -> Result<Outcome, Problem> {
    let planned = async |mode| {
        let planned = request("/v1/bulk", mapped(upload)?, mode).query("show_phones", true);
        upload.visit.api.read::<Outcome>(planned.dry_run(true)).await
    };
    match planned(ALL_OR_NOTHING).await {
        Err(problem) if problem.code == "rows_refused" => planned(KEEP_GOING).await,
        planned => planned,
    }
}

/// The skills that rows of a file name and that are not there.
async fn missing_skills(api: &Api, file: &[u8]) -> Result<BTreeSet<String>, Problem> {
    let mut named = BTreeSet::new();
    // The plan says what cannot be read.
    let _ = read_rows(file, Format::Csv, |row| {
        named.extend(row.content.ok().and_then(|wanted| wanted.skills).into_iter().flatten());
    });
    for skill in skills(api).await? {
        named.remove(&skill.name);
    }
    Ok(named)
}

/// Creates the skills that the file names and that are not there, and shows the plan again.
pub async fn create_skills(upload: Upload) -> Answer {
    let mut fault = String::new();
    for name in missing_skills(&upload.visit.api, &mapped(&upload)?).await? {
        let create = Request::post("/v1/skills").json(&json!({"name": name}));
        match upload.visit.api.send(create).await {
            Err(problem) if problem.is_of_input() => fault = problem.beside(&[]),
            created => drop(created?),
        }
    }
    show(upload, fault).await
}
