//! `GET /console/history`: who changed what, newest first.

use askama::Template;
use directory::Kind;

use super::PATH;
use super::row::{Row, kind_text, rows};
use crate::change::Change;
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Items;
use crate::http::console::visit::Visit;
use crate::time;

/// Changes on a page.
const CHANGES_SHOWN: usize = 50;

/// The filters that have a field; all are those of the API.
const FILTERS: [&str; 5] = ["phone", "skill", "kind", "since", "until"];
const TIMES: [&str; 2] = ["since", "until"];

/// Those that links set.
const LINKED: [&str; 3] = ["source", "request", "import"];

#[derive(Template)]
#[template(path = "history/list.html")]
struct ListPage {
    frame: Frame,
    query: Fields,
    /// The name of each kind in the API, and its words.
    kinds: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    /// Why there are none, if the API says so.
    problem: Problem,
    next: Option<String>,
    first: Option<String>,
}

impl ListPage {
    fn summary(&self) -> &'static str {
        match self.rows.len() {
            _ if self.problem.status != 0 => "Nothing is shown",
            // A page with filters may be empty before the last one.
            0 if self.next.is_some() => "No changes on this page, there are earlier ones",
            0 => "No changes found",
            _ => "Newest first",
        }
    }

    fn is_filtered(&self) -> bool {
        FILTERS.iter().chain(&LINKED).any(|filter| !self.query.get(filter).is_empty())
    }

    /// The filters that links have set.
    fn linked(&self) -> Vec<(&'static str, &str)> {
        let set = LINKED.map(|filter| (filter, self.query.get(filter)));
        set.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// What the field of a filter has.
    fn typed(&self, filter: &str) -> String {
        let typed = self.query.get(filter);
        if TIMES.contains(&filter) { time::in_field(typed) } else { typed.to_owned() }
    }

    /// What is wrong with none of the fields.
    fn others(&self) -> String {
        self.problem.beside(&FILTERS)
    }
}

/// The changes to which all filters apply, from `cursor` on.
pub async fn page(visit: Visit, query: Fields) -> Answer {
    let asked = Request::get("/v1/changes").query("limit", CHANGES_SHOWN).query("show_names", true);
    let asked = FILTERS.iter().chain(&LINKED).fold(asked, |asked, filter| {
        let value = query.get(filter).trim();
        let value = if TIMES.contains(filter) { time::of_field(value) } else { value.to_owned() };
        asked.given(filter, &value)
    });
    let found = visit.api.read(asked.given("cursor", query.get("cursor"))).await;
    let (changes, next, problem): (Vec<Change>, _, _) = match found {
        Ok(Items { items, next }) => (items, next, Problem::default()),
        Err(problem) if problem.is_of_input() => (Vec::new(), None, problem),
        Err(problem) => return Err(problem),
    };
    let status = problem.page_status();
    let frame = visit.frame("history");
    let [first, next] = query.pages(PATH, next);
    let page = ListPage {
        rows: rows(&frame, changes),
        frame,
        kinds: Kind::ALL.map(|kind| (kind.as_str(), kind_text(kind.as_str()))).into(),
        problem,
        next,
        first,
        query,
    };
    Ok(visit.show(status, &page))
}
