//! `GET /console/history`: who changed what, newest first.

use askama::Template;
use axum::http::StatusCode;
use directory::Kind;

use super::PATH;
use super::change::{Change, kind_text};
use super::row::{Row, rows};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Items;
use crate::http::console::skills::{Skill, skills};
use crate::http::console::time;
use crate::http::console::visit::Visit;

/// Changes on a page.
const CHANGES_SHOWN: usize = 50;

/// The filters, all of which the API has. The last ones are shown on demand.
const FILTERS: [&str; 8] =
    ["phone", "skill", "kind", "since", "until", "source", "request", "import"];
const TIMES: [&str; 2] = ["since", "until"];
const MORE: [&str; 3] = ["source", "request", "import"];

#[derive(Template)]
#[template(path = "history/list.html")]
struct ListPage {
    frame: Frame,
    query: Fields,
    skills: Vec<Skill>,
    /// The name of each kind in the API, and its words.
    kinds: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    /// Why there are none, if the API says so.
    problem: Problem,
    next: Option<String>,
    first: Option<String>,
}

impl ListPage {
    fn summary(&self) -> String {
        let is_part = self.next.is_some() || self.first.is_some();
        match self.rows.len() {
            _ if self.problem.status != 0 => "Nothing is shown".to_owned(),
            // A page with filters may be empty before the last one.
            0 if self.next.is_some() => {
                "No changes on this page, there are earlier ones".to_owned()
            }
            0 => "No changes found".to_owned(),
            1 if !is_part => "1 change".to_owned(),
            count if !is_part => format!("{count} changes, newest first"),
            count => format!("{count} changes on this page, newest first"),
        }
    }

    fn is_filtered(&self) -> bool {
        FILTERS.iter().any(|filter| !self.query.get(filter).is_empty())
    }

    fn shows_more(&self) -> bool {
        MORE.iter().any(|filter| !self.query.get(filter).is_empty())
    }

    /// What the field of a filter has.
    fn typed(&self, filter: &str) -> String {
        let typed = self.query.get(filter);
        if TIMES.contains(&filter) { time::in_field(typed) } else { typed.to_owned() }
    }

    fn is_chosen(&self, skill: &Skill) -> bool {
        [&skill.id, &skill.name].into_iter().any(|one| one == self.query.get("skill"))
    }

    /// A skill that is asked for and not there any more.
    fn lost_skill(&self) -> Option<&str> {
        let asked = self.query.get("skill");
        let is_there = self.skills.iter().any(|skill| self.is_chosen(skill));
        (!asked.is_empty() && !is_there).then_some(asked)
    }

    /// What is wrong with none of the filters.
    fn others(&self) -> String {
        if self.problem.status == 0 { String::new() } else { self.problem.beside(&FILTERS) }
    }
}

/// The changes to which all filters apply, from `cursor` on.
pub async fn page(visit: Visit, query: Fields) -> Answer {
    let mut asked = Request::get("/v1/changes").query("limit", CHANGES_SHOWN);
    for filter in FILTERS {
        let value = query.get(filter).trim();
        let value = if TIMES.contains(&filter) { time::of_field(value) } else { value.to_owned() };
        asked = asked.given(filter, &value);
    }
    let found = visit.api.read(asked.given("cursor", query.get("cursor"))).await;
    let (changes, next, problem): (Vec<Change>, _, _) = match found {
        Ok(Items { items, next }) => (items, next, Problem::default()),
        Err(problem) if problem.is_of_input() => (Vec::new(), None, problem),
        Err(problem) => return Err(problem),
    };
    let status =
        if problem.status == 0 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let skills = skills(&visit.api).await?;
    let page = ListPage {
        frame: visit.frame("history"),
        kinds: Kind::ALL.map(|kind| (kind.as_str(), kind_text(kind.as_str()))).into(),
        rows: rows(&visit, changes, &skills).await?,
        skills,
        problem,
        next: next.map(|next| query.link(PATH, &[("cursor", &next)])),
        first: (!query.get("cursor").is_empty()).then(|| query.link(PATH, &[("cursor", "")])),
        query,
    };
    Ok(visit.show(status, &page))
}
