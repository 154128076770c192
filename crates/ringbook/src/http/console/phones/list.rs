//! `GET /console/phones`: the table.

use askama::Template;
use axum::http::StatusCode;

use super::{Items, Phone, Skill, skills};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::Visit;

/// Phones on a page: it has less than 100 KB.
const PHONES_SHOWN: usize = 100;

/// What the table can be sorted by: the parameter of the API, and the head of the column.
const COLUMNS: [(&str, &str); 2] = [("number", "Number"), ("name", "Name")];

#[derive(Template)]
#[template(path = "phones/list.html")]
struct ListPage {
    frame: Frame,
    query: Fields,
    columns: Vec<Column>,
    skills: Vec<Skill>,
    phones: Vec<Phone>,
    /// Why there are none, if the API says so.
    fault: String,
    /// The pages after and before this one.
    next: Option<String>,
    first: Option<String>,
}

/// The head of a column, which is a link that sorts by it.
struct Column {
    head: &'static str,
    link: String,
    /// `aria-sort`
    sorted: &'static str,
}

impl Column {
    fn new(key: &str, head: &'static str, query: &Fields) -> Self {
        let (descending, sort) = (format!("-{key}"), query.get("sort"));
        let (sorted, turned) = match sort {
            _ if sort == key => ("ascending", descending.as_str()),
            _ if sort == descending => ("descending", ""),
            _ => ("none", key),
        };
        Self { head, link: query.link(PATH, &[("cursor", ""), ("sort", turned)]), sorted }
    }
}

pub const PATH: &str = "/console/phones";

impl ListPage {
    /// What a reader hears once the list has changed.
    fn summary(&self) -> String {
        let is_part = self.next.is_some() || self.first.is_some();
        match self.phones.len() {
            0 if !self.fault.is_empty() => self.fault.clone(),
            0 => "No phones found".to_owned(),
            1 if !is_part => "1 phone".to_owned(),
            count if !is_part => format!("{count} phones"),
            count => format!("{count} phones on this page"),
        }
    }

    fn is_filtered(&self) -> bool {
        ["q", "skill", "without_skill"].iter().any(|field| !self.query.get(field).is_empty())
    }

    fn is_of_skill(&self, skill: &str) -> bool {
        self.query.get("skill") == skill
    }

    fn export_link(&self) -> String {
        self.query.link("/console/export", &[("cursor", ""), ("sort", "")])
    }

    fn link_of_skill(&self, skill: &str) -> String {
        self.query.link(PATH, &[("cursor", ""), ("without_skill", ""), ("skill", skill)])
    }
}

/// The phones that contain `q` and have `skill`, sorted by `sort`, from `cursor` on.
pub async fn page(visit: Visit, query: Fields) -> Answer {
    let phones = Request::get("/v1/phones")
        .query("limit", PHONES_SHOWN)
        .given("contains", query.get("q").trim())
        .given("skill", query.get("skill"))
        .given("without_skill", query.get("without_skill"))
        .given("sort", query.get("sort"))
        .given("cursor", query.get("cursor"));
    let found = visit.api.read::<Items<Phone>>(phones).await;
    let (phones, next, fault) = match found {
        Ok(page) => (page.items, page.next, String::new()),
        // What is looked for may be no text that a phone can have.
        Err(problem) if problem.is_of_input() => (Vec::new(), None, problem.detail),
        Err(problem) => return Err(problem),
    };
    let page = ListPage {
        frame: visit.frame("phones"),
        columns: COLUMNS.map(|(key, head)| Column::new(key, head, &query)).into(),
        skills: skills(&visit.api).await?,
        phones,
        fault,
        next: next.map(|next| query.link(PATH, &[("cursor", &next)])),
        first: (!query.get("cursor").is_empty()).then(|| query.link(PATH, &[("cursor", "")])),
        query,
    };
    Ok(visit.show(StatusCode::OK, &page))
}
