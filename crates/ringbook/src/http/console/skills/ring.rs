//! `/console/skills/{skill}`: who rings, in ring order, and whether it rings now.

use askama::Template;
use axum::extract::Path;
use serde::Deserialize;
use serde_json::Value;

use super::{Forms, Refused, Skill, native, path, skills};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::Visit;
use crate::time;

/// Phones on a page: each has some controls, and all have less than 100 KB.
const PHONES_SHOWN: usize = 50;

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 4] = ["mode", "ring_time_s", "overflow", "hours"];

#[derive(Template)]
#[template(path = "skills/skill.html")]
struct SkillPage {
    frame: Frame,
    skill: Skill,
    path: String,
    /// Those on this page, the first of which has the position `from`.
    phones: Vec<RingPhone>,
    from: usize,
    /// The state of the order, for moves.
    etag: String,
    /// Whom a call rings now, and why.
    explained: Value,
    previous: Option<String>,
    next: Option<String>,
    routing_etag: String,
    /// Names of the skills that it can go on with.
    others: Vec<String>,
    forms: Forms,
}

#[derive(Deserialize)]
struct Order {
    phones: Vec<RingPhone>,
}

/// A phone in the ring order.
#[derive(Deserialize)]
struct RingPhone {
    id: String,
    number: String,
    name: String,
}

impl SkillPage {
    /// What is wrong beside the fields.
    fn alert(&self) -> String {
        match self.forms.typed.get("form") {
            "name" | "add" => String::new(),
            _ => self.forms.problem.beside(&FIELDS),
        }
    }

    fn last(&self) -> usize {
        self.from + self.phones.len() - 1
    }

    /// What comes of a call now.
    fn call(&self) -> String {
        let [at, outcome] =
            ["at", "detail"].map(|it| self.explained[it].as_str().unwrap_or_default());
        format!("A call at {}: {outcome}", time::for_people(at))
    }

    /// Whether a phone rings, or why it does not.
    fn now(&self, phone: &str) -> &str {
        let is_it = |one: &&Value| one["id"] == phone && one["skill"] == *self.skill.name;
        let found = self.explained["phones"].as_array().into_iter().flatten().find(is_it);
        let detail = found.and_then(|found| found["detail"].as_str());
        detail.unwrap_or("is not among those that can ring")
    }
}

/// Shows the page from the position `from` on.
pub async fn show(visit: &Visit, id: &str, from: &str, refused: Option<Refused>) -> Answer {
    let skill: Skill = visit.api.read(Request::get(native(id, ""))).await?;
    let (path, count) = (path(&skill.id), skill.phones);
    let from = from.parse().unwrap_or(1).clamp(1, count.max(1));
    let from = (from - 1) / PHONES_SHOWN * PHONES_SHOWN + 1;
    let ring = Request::get(native(id, "/ring-order")).query("from", from);
    let ring = visit.api.send(ring.query("limit", PHONES_SHOWN)).await?;
    let etag = ring.etag().to_owned();
    let Order { phones } = ring.json().await?;
    let why = Request::get("/v1/explain/ring").query("skill", &skill.id);
    let explained = visit.api.read(why).await?;
    let routing = visit.api.send(Request::get(native(id, "/routing"))).await?;
    let routing_etag = routing.etag().to_owned();
    let mut set: Value = routing.json().await?;
    set["overflow"] = set["overflow"]["name"].clone();
    set["name"] = skill.name.as_str().into();
    let others = skills(&visit.api).await?.into_iter().map(|other| other.name);
    let others = others.filter(|name| *name != skill.name).collect();

    let link = |from: usize| format!("{path}?from={from}");
    let page = SkillPage {
        frame: visit.frame("skills"),
        phones,
        explained,
        previous: (from > 1).then(|| link(from - PHONES_SHOWN)),
        next: (from + PHONES_SHOWN <= count).then(|| link(from + PHONES_SHOWN)),
        skill,
        path,
        from,
        etag,
        routing_etag,
        others,
        forms: Forms::new(set, refused),
    };
    Ok(visit.show(page.forms.problem.page_status(), &page))
}

/// `GET /console/skills/{skill}`
pub async fn page(visit: Visit, Path(skill): Path<String>, query: Fields) -> Answer {
    show(&visit, &skill, query.get("from"), None).await
}
