//! The form for a file, and the plan: what the file would do, before anything is written.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::upload::{Upload, pack};
use super::{ALL_OR_NOTHING, KEEP_GOING, Outcome, Row, RowPhone, request};
use crate::http::console::api::Api;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::Visit;
use crate::rows::{Header, field_of};

/// Rows of each kind that are shown.
const ROWS_SHOWN: usize = 100;

/// What a column can be, beside what its name says and being ignored.
const FIELDS: [&str; 3] = ["number", "name", "skills"];

#[derive(Template)]
#[template(path = "import/new.html")]
struct NewPage {
    frame: Frame,
    mode: String,
    fault: String,
}

impl NewPage {
    fn keeps_going(&self) -> bool {
        self.mode == KEEP_GOING
    }
}

#[derive(Template)]
#[template(path = "import/plan.html")]
struct PlanPage {
    frame: Frame,
    /// The name of the file.
    name: String,
    packed: String,
    keeps_going: bool,
    columns: Vec<Column>,
    /// Why there is no plan.
    fault: String,
    outcome: Outcome,
}

/// A column of the file.
struct Column {
    name: String,
    /// Its cell in the first row.
    example: String,
    /// The field that it is; empty if it is ignored.
    field: String,
    /// What it can be.
    choices: Vec<&'static str>,
}

/// A change of a field.
struct Changed {
    field: &'static str,
    before: String,
    after: String,
}

impl PlanPage {
    /// The rows of a kind that are shown; none without what is to be shown.
    fn shown(&self, status: &str) -> Vec<&Row> {
        let has_phone = |row: &&Row| row.before.is_some() || row.after.is_some();
        let rows = self.outcome.rows.iter().filter(|row| row.status == status);
        rows.filter(|row| status == "refused" || has_phone(row)).take(ROWS_SHOWN).collect()
    }

    fn count(&self, status: &str) -> usize {
        self.outcome.count(status)
    }

    fn is_more(&self, status: &str) -> bool {
        self.count(status) > self.shown(status).len()
    }

    /// How many rows would be done.
    fn done(&self) -> usize {
        ["created", "edited", "deleted"].iter().map(|status| self.count(status)).sum()
    }

    fn mode(&self) -> &'static str {
        if self.keeps_going { KEEP_GOING } else { ALL_OR_NOTHING }
    }
}

impl Row {
    fn changes(&self) -> Vec<Changed> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Vec::new() };
        let of = |phone: &RowPhone| [phone.number.clone(), phone.name.clone(), skills(phone)];
        let fields = FIELDS.into_iter().zip(of(before)).zip(of(after));
        let fields = fields.map(|((field, before), after)| Changed { field, before, after });
        fields.filter(|changed| changed.before != changed.after).collect()
    }

    /// Its phone, as it is told.
    fn phone(&self) -> &RowPhone {
        self.before.as_ref().or(self.after.as_ref()).expect("only such rows are shown")
    }

    fn skills(&self) -> String {
        skills(self.phone())
    }
}

fn skills(phone: &RowPhone) -> String {
    if phone.skills.is_empty() { "none".to_owned() } else { phone.skills.join(", ") }
}

/// `GET /console/import`
pub async fn page(visit: Visit) -> Answer {
    Ok(new_page(&visit, ALL_OR_NOTHING, StatusCode::OK, String::new()))
}

fn new_page(visit: &Visit, mode: &str, status: StatusCode, fault: String) -> Response<Body> {
    let frame = visit.frame("phones");
    visit.show(status, &NewPage { frame, mode: mode.to_owned(), fault })
}

/// `POST /console/import/plan`
pub async fn plan(upload: Upload) -> Answer {
    let mode = upload.fields.get("mode");
    if upload.file.is_empty() {
        let fault = if upload.name.is_empty() {
            "Choose a file first."
        } else {
            "The file is empty. Choose another one."
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(new_page(&upload.visit, mode, status, fault.to_owned()));
    }
    show(upload, StatusCode::OK, String::new()).await
}

/// Shows the plan of a file; with a fault, why it was not imported.
pub async fn show(upload: Upload, status: StatusCode, mut fault: String) -> Answer {
    let Upload { visit, fields, name, file, .. } = upload;
    let mode = fields.get("mode");
    let header = match Header::read(&file) {
        Ok(header) => header,
        Err(error) => {
            let fault = sentence(&error.to_string());
            return Ok(new_page(&visit, mode, StatusCode::UNPROCESSABLE_ENTITY, fault));
        }
    };
    let columns = columns(&header, &fields.all("column").collect::<Vec<_>>());
    let mut outcome = Outcome::none();
    if fault.is_empty() {
        match preview(&visit.api, &header, &columns, mode).await {
            Ok(found) => outcome = found,
            Err(problem) if matches!(problem.status, 400 | 409 | 413 | 422) => {
                fault = sentence(&problem.detail);
            }
            Err(problem) => return Err(problem),
        }
    }
    let status = if fault.is_empty() { status } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = PlanPage {
        frame: visit.frame("phones"),
        name,
        packed: pack(&file),
        keeps_going: mode == KEEP_GOING,
        columns,
        fault,
        outcome,
    };
    Ok(visit.show(status, &page))
}

/// The file with the header that says what its columns are.
pub fn mapped(upload: &Upload) -> Result<Vec<u8>, Problem> {
    let header = Header::read(&upload.file).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence(&error.to_string()))
    })?;
    let chosen: Vec<_> = upload.fields.all("column").collect();
    mapped_with(&header, &columns(&header, &chosen))
}

/// Columns with what was chosen for them or, before that, what their names say.
fn columns(header: &Header, chosen: &[&str]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(header.columns.len());
    let has_action = header.columns.iter().any(|name| field_of(name) == Some("action"));
    for (index, name) in header.columns.iter().enumerate() {
        // Where rows say no action, a column `Phone` has nothing but numbers.
        let said = match field_of(name) {
            Some("phone") if !has_action => Some("number"),
            said => said,
        };
        let is_new = |field: &&str| columns.iter().all(|other| other.field != **field);
        let mut choices = FIELDS.to_vec();
        choices.extend(said.filter(|said| !FIELDS.contains(said)));
        let field = match chosen.get(index) {
            Some(chosen) => choices.iter().copied().find(|field| field == chosen),
            None => said.filter(is_new),
        };
        columns.push(Column {
            name: name.clone(),
            example: header.first_row.get(index).cloned().unwrap_or_default(),
            field: field.unwrap_or_default().to_owned(),
            choices,
        });
    }
    columns
}

fn mapped_with(header: &Header, columns: &[Column]) -> Result<Vec<u8>, Problem> {
    let fields: Vec<_> = columns.iter().map(|column| column.field.as_str()).collect();
    let refuse = |detail: &str| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    if !fields.iter().any(|field| ["number", "id", "action"].contains(field)) {
        return refuse("No column has the numbers. Say below which one it is.");
    }
    Ok(header.replaced(&fields))
}

/// What the file would do. Where refused rows stop all others, also what these would do without them.
async fn preview(
    api: &Api,
    header: &Header,
    columns: &[Column],
    mode: &str,
) -> Result<Outcome, Problem> {
    let file = mapped_with(header, columns)?;
    let planned = |mode, file| {
        let request = request("/v1/bulk", file, mode).query("show_phones", true).dry_run(true);
        api.read::<Outcome>(request)
    };
    if mode == KEEP_GOING {
        return planned(KEEP_GOING, file).await;
    }
    match planned(ALL_OR_NOTHING, file).await {
        Err(problem) if problem.code == "rows_refused" => {
            planned(KEEP_GOING, mapped_with(header, columns)?).await
        }
        planned => planned,
    }
}

/// A detail of the API, which begins in lower case.
pub fn sentence(detail: &str) -> String {
    let mut characters = detail.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str().trim_end_matches('.'))
}

impl Outcome {
    fn none() -> Self {
        let summary = super::Summary { rows: 0, refused: 0, import: None };
        Self { summary, rows: Vec::new() }
    }
}
