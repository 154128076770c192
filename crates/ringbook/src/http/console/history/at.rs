//! `GET /console/history/at`: the phones as they were at a time, to read.

use askama::Template;
use axum::http::StatusCode;

use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::{Items, Phone};
use crate::http::console::visit::Visit;
use crate::time;

pub const PATH: &str = "/console/history/at";

/// Phones on a page.
const PHONES_SHOWN: usize = 100;

/// The fields that a refusal is shown next to.
const FILTERS: [&str; 3] = ["at", "q", "skill"];

#[derive(Template)]
#[template(path = "history/at.html")]
struct AtPage {
    frame: Frame,
    query: Fields,
    /// The time as the API takes it; empty if none is given.
    at: String,
    phones: Vec<Phone>,
    /// Why there are none, if the API says so.
    problem: Problem,
    next: Option<String>,
    first: Option<String>,
}

impl AtPage {
    /// Whether phones are shown, or could be.
    fn is_shown(&self) -> bool {
        !self.at.is_empty() && self.problem.status == 0
    }

    /// Where the changes up to this time are.
    fn history(&self) -> String {
        Fields::default().link(super::PATH, &[("until", &self.at)])
    }

    /// What is wrong with none of the fields.
    fn others(&self) -> String {
        self.problem.beside(&FILTERS)
    }
}

/// The phones at the time `at` that contain `q` and had `skill`, from `cursor` on.
pub async fn page(visit: Visit, query: Fields) -> Answer {
    let at = time::of_field(query.get("at").trim());
    let asked = Request::get("/v1/phones")
        .query("limit", PHONES_SHOWN)
        .query("at", &at)
        .given("contains", query.get("q").trim())
        .given("skill", query.get("skill").trim())
        .given("cursor", query.get("cursor"));
    let found = if at.is_empty() {
        Ok(Items { items: Vec::new(), next: None })
    } else {
        visit.api.read(asked).await
    };
    let (phones, next, problem) = match found {
        Ok(Items { items, next }) => (items, next, Problem::default()),
        // Or the history does not reach back so far.
        Err(problem) if problem.is_of_input() || problem.status() == StatusCode::GONE => {
            (Vec::new(), None, problem)
        }
        Err(problem) => return Err(problem),
    };
    let status = problem.page_status();
    let [first, next] = query.pages(PATH, next);
    let page = AtPage { frame: visit.frame("history"), at, phones, problem, next, first, query };
    Ok(visit.show(status, &page))
}
