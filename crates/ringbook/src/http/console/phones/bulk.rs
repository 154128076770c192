//! Many phones at once: those that are selected, or all of a view. First a page says what would become
//! of them.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::ACCEPT;
use serde_json::json;

use super::{Items, PATH, Phone, filtered};
use crate::http::console::api::Request;
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::import::{Outcome, Summary};
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::{Posted, Visit};
use crate::http::limits::{BULK_ROWS_MAX, PAGE_ITEMS_MAX};
use crate::words::counted;

#[derive(Template)]
#[template(path = "phones/bulk.html")]
struct BulkPage {
    frame: Frame,
    fields: Fields,
    back: String,
    summary: Summary,
    /// The first phone that would be refused, and why.
    refused: Option<(String, String)>,
}

impl BulkPage {
    /// What the button does, such as `Assign Sales to 3 phones`.
    fn title(&self) -> String {
        let (skill, phones) = (self.fields.get("of"), counted(self.summary.done, "phone"));
        match self.fields.get("do") {
            "assign" => format!("Assign {skill} to {phones}"),
            "unassign" => format!("Unassign {skill} from {phones}"),
            _ => format!("Delete {phones}"),
        }
    }

    /// How many phones would become what.
    fn counts(&self) -> impl Iterator<Item = String> {
        let is_deletion = self.fields.get("do") == "delete";
        let Summary { done, unchanged, refused, .. } = self.summary;
        let done = (done, if is_deletion { "would be deleted" } else { "would be changed" });
        let others = [(unchanged, "would not change"), (refused, "would be refused")];
        let counts = [done].into_iter().chain(others).filter(|(count, _)| *count > 0);
        counts.map(|(count, what)| format!("{} {what}", counted(count, "phone")))
    }

    /// What the form sends again.
    fn sent(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = ["do", "of", "all", "phone", "back"].into_iter();
        names.flat_map(|name| self.fields.all(name).map(move |value| (name, value)))
    }
}

/// The ids of the phones that are meant. All of a view are those that it has now.
async fn chosen(visit: &Visit, fields: &Fields) -> Result<Vec<String>, Problem> {
    if fields.get("all").is_empty() {
        return Ok(fields.all("phone").map(ToOwned::to_owned).collect());
    }
    let view = Fields::of_link(fields.get("back"));
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = filtered(Request::get("/v1/phones"), &view).query("limit", PAGE_ITEMS_MAX);
        let page: Items<Phone> = visit.api.read(page.given("cursor", &cursor)).await?;
        ids.extend(page.items.into_iter().map(|phone| phone.id));
        match page.next {
            Some(next) if ids.len() <= BULK_ROWS_MAX => cursor = next,
            _ => return Ok(ids),
        }
    }
}

/// What is done to phones, as the rows of a file, or why nothing can be done.
fn rows(fields: &Fields, ids: &[String]) -> Result<String, Problem> {
    let refuse = |why: &str| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    if ids.is_empty() {
        return refuse("Nothing was changed: select phones first.");
    }
    if ids.len() > BULK_ROWS_MAX {
        return refuse(
            "Nothing was changed: 200,000 phones at most are changed at once, so that it can be \
             undone at once. Search for a part of them.",
        );
    }
    let row = |id: &String| match fields.get("do") {
        "delete" => json!({"action": "delete", "phone": id}),
        verb => json!({"action": "edit", "phone": id, verb: [fields.get("of")]}),
    };
    Ok(ids.iter().map(|id| row(id).to_string()).collect::<Vec<_>>().join("\n"))
}

/// Does it, or tries what would become of the phones. Those that are refused stop no others.
async fn run(
    visit: &Visit,
    fields: &Fields,
    is_dry_run: bool,
) -> Result<(Vec<String>, Outcome), Problem> {
    let ids = chosen(visit, fields).await?;
    let request = Request::post("/v1/bulk").query("mode", "keep_going").dry_run(is_dry_run);
    let request = request.body(rows(fields, &ids)?.into(), "application/x-ndjson");
    let request = request.header(ACCEPT, "application/json");
    let api = visit.api.clone();
    // It goes on if the browser does not wait.
    let sent = tokio::spawn(async move { api.read(request).await }).await;
    Ok((ids, sent.unwrap_or_else(|_| Err(Problem::internal()))?))
}

/// `POST /console/phones/bulk`: says what would become of the phones or, once it is `sure`, does it.
pub async fn bulk(Posted { visit, fields }: Posted) -> Answer {
    let back = Fields::of_link(fields.get("back")).link(PATH, &[]);
    let is_dry_run = fields.get("sure").is_empty();
    let (ids, Outcome { summary, rows }) = match run(&visit, &fields, is_dry_run).await {
        Err(problem) if problem.is_of_input() => {
            return Ok(visit.told(&back, &Flash::of(problem.detail)));
        }
        ran => ran?,
    };
    if is_dry_run {
        let refused = ids.into_iter().zip(rows).find(|(_, row)| row.status == "refused");
        let refused = refused.map(|(id, row)| (id, row.why()));
        let page = BulkPage { frame: visit.frame("phones"), fields, back, summary, refused };
        return Ok(visit.show(StatusCode::OK, &page));
    }
    let (skill, phones) = (fields.get("of"), counted(summary.done, "phone"));
    let done = match fields.get("do") {
        "assign" => format!("{skill} was assigned to {phones}."),
        "unassign" => format!("{skill} was unassigned from {phones}."),
        _ => format!("{phones} deleted."),
    };
    let refused = match summary.refused {
        0 => String::new(),
        count => format!(" Refused: {}.", counted(count, "phone")),
    };
    // An import is named after its first change.
    let change = summary.import.map(|import| import.replacen('i', "c", 1));
    let flash = Flash { text: format!("{done}{refused}"), change, what: "import".to_owned() };
    Ok(visit.told(&back, &flash))
}
