//! `/console/skills/{skill}`: who rings, in ring order, and whether it rings now.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;

use super::{Skill, native, path, skills};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::Visit;

/// Phones on a page: each has some controls, and all have less than 100 KB.
const PHONES_SHOWN: usize = 50;

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
    /// What comes of a call now.
    now: String,
    previous: Option<String>,
    next: Option<String>,
    routing: Fields,
    routing_etag: String,
    /// Names of the skills that it can go on with.
    others: Vec<String>,
    /// The form that was refused, what was typed there, and why.
    refused: &'static str,
    typed: Fields,
    problem: Problem,
}

/// A phone in the ring order.
struct RingPhone {
    id: String,
    number: String,
    name: String,
    position: usize,
    rings: bool,
    detail: String,
}

#[derive(Deserialize)]
struct Order {
    phones: Vec<OrderedPhone>,
}

#[derive(Deserialize)]
struct OrderedPhone {
    id: String,
    number: String,
    name: String,
}

/// Whom a call rings now.
#[derive(Deserialize)]
struct Explained {
    detail: String,
    phones: Vec<ExplainedPhone>,
}

#[derive(Deserialize)]
struct ExplainedPhone {
    id: String,
    skill: String,
    place: Option<usize>,
    detail: String,
}

/// What is set for the skill.
#[derive(Default, Deserialize)]
struct Routing {
    #[serde(default)]
    mode: String,
    ring_time_s: Option<u16>,
    overflow: Option<Overflow>,
    #[serde(default)]
    hours: String,
}

#[derive(Deserialize)]
struct Overflow {
    name: String,
}

impl Routing {
    /// As the fields of a form.
    fn fields(self) -> Fields {
        let ring_time_s = self.ring_time_s.map(|it| it.to_string()).unwrap_or_default();
        let overflow = self.overflow.map(|it| it.name).unwrap_or_default();
        [
            ("mode", self.mode),
            ("ring_time_s", ring_time_s),
            ("overflow", overflow),
            ("hours", self.hours),
        ]
        .into_iter()
        .collect()
    }
}

impl SkillPage {
    /// What is wrong with a field of a form; empty if nothing is.
    fn fault(&self, form: &str, field: &str) -> String {
        if self.refused == form { self.problem.of(field) } else { String::new() }
    }

    /// What was typed into a form, if it was refused.
    fn typed_in(&self, form: &str, field: &str) -> &str {
        if self.refused == form { self.typed.get(field) } else { "" }
    }

    /// The name that its form has.
    fn name_typed(&self) -> &str {
        if self.refused == "name" { self.typed.get("name") } else { &self.skill.name }
    }

    /// What is wrong beside the fields.
    fn other_fault(&self) -> String {
        let fields: &[&str] = match self.refused {
            "name" => &["name"],
            "routing" => &["mode", "ring_time_s", "overflow", "hours"],
            "put-in" => &["phone"],
            _ => &[],
        };
        if self.refused.is_empty() { String::new() } else { self.problem.beside(fields) }
    }

    fn last(&self) -> usize {
        self.from + self.phones.len() - 1
    }

    fn is_chosen(&self, field: &str, value: &str) -> bool {
        self.routing.get(field) == value
    }
}

/// A form of the page that was refused: which one, what was typed, and why.
pub type Refused = (&'static str, Fields, Problem);

/// Shows the page from the position `from` on.
pub async fn show(visit: &Visit, id: &str, from: &str, refused: Option<Refused>) -> Answer {
    let skill: Skill = visit.api.read(Request::get(native(id, ""))).await?;
    let ring = visit.api.send(Request::get(native(id, "/ring-order"))).await?;
    let etag = ring.etag().to_owned();
    let order: Order = ring.json().await?;
    let why = Request::get("/v1/explain/ring").query("skill", &skill.id);
    let explained: Explained = visit.api.read(why).await?;
    let routing = visit.api.send(Request::get(native(id, "/routing"))).await?;
    let routing_etag = routing.etag().to_owned();
    let routing: Routing = routing.json().await?;
    let others = skills(&visit.api).await?.into_iter().map(|other| other.name);
    let others = others.filter(|name| *name != skill.name).collect();

    let (path, count) = (path(&skill.id), order.phones.len());
    let from = from.parse().unwrap_or(1).clamp(1, count.max(1));
    let from = (from - 1) / PHONES_SHOWN * PHONES_SHOWN + 1;
    let link = |from: usize| format!("{path}?from={from}");
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (refused, typed, problem) = refused.unwrap_or_default();
    let is_retyped = refused == "routing";
    let page = SkillPage {
        frame: visit.frame("skills"),
        phones: rows(order, &skill.name, &explained, from),
        now: explained.detail,
        previous: (from > 1).then(|| link(from - PHONES_SHOWN)),
        next: (from + PHONES_SHOWN <= count).then(|| link(from + PHONES_SHOWN)),
        routing: if is_retyped { typed.clone() } else { routing.fields() },
        skill,
        path,
        from,
        etag,
        routing_etag,
        others,
        refused,
        typed,
        problem,
    };
    Ok(visit.show(status, &page))
}

/// The phones of a page, each with whether it rings.
fn rows(order: Order, skill: &str, explained: &Explained, from: usize) -> Vec<RingPhone> {
    let own = explained.phones.iter().filter(|phone| phone.skill == skill);
    let standing: HashMap<_, _> = own.map(|phone| (&*phone.id, phone)).collect();
    let phones = order.phones.into_iter().zip(1..).skip(from - 1).take(PHONES_SHOWN);
    phones
        .map(|(OrderedPhone { id, number, name }, position)| {
            let standing = standing.get(&*id);
            let rings = standing.is_some_and(|it| it.place.is_some());
            let detail = standing.map_or("is not among those that can ring", |it| &it.detail);
            RingPhone { detail: detail.to_owned(), id, number, name, position, rings }
        })
        .collect()
}

/// `GET /console/skills/{skill}`
pub async fn page(visit: Visit, Path(skill): Path<String>, query: Fields) -> Answer {
    show(&visit, &skill, query.get("from"), None).await
}
