//! `GET /console/history/at`: the phones as they were at a time, to read.

use askama::Template;
use axum::http::StatusCode;

use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::{Items, Phone};
use crate::http::console::skills::{Skill, skills};
use crate::http::console::time;
use crate::http::console::visit::Visit;

pub const PATH: &str = "/console/history/at";

/// Phones on a page.
const PHONES_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "history/at.html")]
struct AtPage {
    frame: Frame,
    query: Fields,
    /// The time as the API takes it, which is more exact than the field; empty if none is given.
    at: String,
    skills: Vec<Skill>,
    phones: Vec<Phone>,
    /// Why there are none, if the API says so.
    problem: Problem,
    next: Option<String>,
    first: Option<String>,
}

impl AtPage {
    /// Whether phones are shown, or could be.
    fn is_shown(&self) -> bool {
        !self.at.is_empty() && self.problem.of("at").is_empty()
    }

    fn time(&self) -> String {
        time::for_people(&self.at)
    }

    fn typed_time(&self) -> String {
        time::in_field(&self.at)
    }

    /// Where the changes up to this time are.
    fn history(&self) -> String {
        Fields::default().link(super::PATH, &[("until", &self.at)])
    }

    fn summary(&self) -> String {
        let is_part = self.next.is_some() || self.first.is_some();
        match self.phones.len() {
            _ if self.problem.status != 0 => self.problem.beside(&["at"]),
            0 => "No phones found".to_owned(),
            1 if !is_part => "1 phone".to_owned(),
            count if !is_part => format!("{count} phones"),
            count => format!("{count} phones on this page"),
        }
    }

    fn is_of_skill(&self, skill: &Skill) -> bool {
        self.query.get("skill") == skill.name
    }
}

/// The phones at the time `at` that contain `q` and had `skill`, from `cursor` on.
pub async fn page(visit: Visit, query: Fields) -> Answer {
    let at = time::of_field(query.get("at"));
    let (mut phones, mut next, mut problem) = (Vec::new(), None, Problem::default());
    if !at.is_empty() {
        let asked = Request::get("/v1/phones")
            .query("limit", PHONES_SHOWN)
            .query("at", &at)
            .given("contains", query.get("q").trim())
            .given("skill", query.get("skill"))
            .given("cursor", query.get("cursor"));
        match visit.api.read::<Items<Phone>>(asked).await {
            Ok(page) => (phones, next) = (page.items, page.next),
            // Or the history does not reach back so far.
            Err(refused) if refused.is_of_input() || refused.status() == StatusCode::GONE => {
                problem = refused;
            }
            Err(refused) => return Err(refused),
        }
    }
    let status =
        if problem.status == 0 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = AtPage {
        frame: visit.frame("history"),
        at,
        skills: skills(&visit.api).await?,
        phones,
        problem,
        next: next.map(|next| query.link(PATH, &[("cursor", &next)])),
        first: (!query.get("cursor").is_empty()).then(|| query.link(PATH, &[("cursor", "")])),
        query,
    };
    Ok(visit.show(status, &page))
}
