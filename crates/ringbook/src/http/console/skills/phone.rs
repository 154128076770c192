//! `/console/skills/{skill}/{phone}`: how a phone rings for a skill, and its pauses.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Skill, native, number_or_null, path, text_or_null};
use crate::http::console::api::{Request, segment};
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Phone;
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "skills/phone.html")]
struct PhonePage {
    frame: Frame,
    skill: Skill,
    phone: Phone,
    path: String,
    etag: String,
    /// Pauses that are set, each with the `skill` that its form sends.
    pauses: Vec<(String, Pause)>,
    fields: Fields,
    problem: Problem,
}

#[derive(Default, Deserialize)]
struct Routing {
    pause: Option<Pause>,
    #[serde(default)]
    skills: Map<String, Value>,
}

/// What is set for one skill.
#[derive(Default, Deserialize)]
struct InSkill {
    pause: Option<Pause>,
    ring_time_s: Option<u16>,
    delay_s: Option<u16>,
    #[serde(default)]
    confirm: bool,
}

#[derive(Deserialize)]
struct Pause {
    reason: String,
    until: Option<String>,
}

impl Pause {
    /// When it ends, such as ` until 2026-01-02 03:04 UTC`.
    fn end(&self) -> String {
        let until = self.until.as_deref().and_then(|until| until.get(..16));
        until.map(|until| format!(" until {} UTC", until.replace('T', " "))).unwrap_or_default()
    }
}

impl InSkill {
    fn fields(&self) -> Fields {
        let seconds = |it: Option<u16>| it.map(|it| it.to_string()).unwrap_or_default();
        let confirm = if self.confirm { "true" } else { "" };
        [
            ("ring_time_s", seconds(self.ring_time_s)),
            ("delay_s", seconds(self.delay_s)),
            ("confirm", confirm.to_owned()),
        ]
        .into_iter()
        .collect()
    }
}

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 5] = ["ring_time_s", "delay_s", "confirm", "reason", "until"];

impl PhonePage {
    /// What is wrong with a field: it may be deep within the body.
    fn fault(&self, field: &str) -> String {
        let is_of = |pointer: &str| pointer.rsplit('/').next() == Some(field);
        let found = self.problem.errors.iter().find(|error| is_of(&error.pointer));
        found.map(|error| error.detail.clone()).unwrap_or_default()
    }

    /// What is wrong beside the fields.
    fn other_fault(&self) -> String {
        let is_shown = FIELDS.iter().any(|field| !self.fault(field).is_empty());
        if is_shown { String::new() } else { self.problem.detail.clone() }
    }
}

fn native_phone(phone: &str, part: &str) -> String {
    format!("/v1/phones/{}{part}", segment(phone))
}

fn page_path(skill: &str, phone: &str) -> String {
    format!("{}/{}", path(skill), segment(phone))
}

async fn show(
    visit: &Visit,
    (skill, phone): (&str, &str),
    refused: Option<(Fields, Problem)>,
) -> Answer {
    let skill: Skill = visit.api.read(Request::get(native(skill, ""))).await?;
    let phone: Phone = visit.api.read(Request::get(native_phone(phone, ""))).await?;
    if !phone.skills.contains(&skill.name) {
        let detail = format!("{} does not have the skill {}.", phone.name, skill.name);
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    let routing = visit.api.send(Request::get(native_phone(&phone.id, "/routing"))).await?;
    let etag = routing.etag().to_owned();
    let mut routing: Routing = routing.json().await?;
    let in_skill = routing.skills.remove(&skill.name).unwrap_or(json!({}));
    let in_skill: InSkill = serde_json::from_value(in_skill).unwrap_or_default();
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (fields, problem) = refused.unwrap_or_else(|| (in_skill.fields(), Problem::default()));
    let of_skill = in_skill.pause.map(|pause| (skill.id.clone(), pause));
    let of_all = routing.pause.map(|pause| (String::new(), pause));
    let page = PhonePage {
        frame: visit.frame("skills"),
        path: page_path(&skill.id, &phone.id),
        pauses: of_skill.into_iter().chain(of_all).collect(),
        skill,
        phone,
        etag,
        fields,
        problem,
    };
    Ok(visit.show(status, &page))
}

/// The skill and the phone of a page.
type Place = Path<(String, String)>;

/// `GET /console/skills/{skill}/{phone}`
pub async fn page(visit: Visit, Path((skill, phone)): Place) -> Answer {
    show(&visit, (&skill, &phone), None).await
}

/// `POST /console/skills/{skill}/{phone}`: how it rings for this skill. What is empty is as for others.
pub async fn set(place: Place, Posted { visit, fields }: Posted) -> Answer {
    let Path((skill, phone)) = &place;
    let confirm = if fields.get("confirm").is_empty() { Value::Null } else { true.into() };
    let in_skill = json!({
        "ring_time_s": number_or_null(fields.get("ring_time_s")),
        "delay_s": number_or_null(fields.get("delay_s")),
        "confirm": confirm,
    });
    let request = Request::patch(native_phone(phone, "/routing"));
    let request = request.json(&json!({"skills": {skill.as_str(): in_skill}}));
    carry_out(
        &visit,
        &place,
        request.if_match(fields.get("etag")),
        "It rings so from now on.",
        &fields,
    )
    .await
}

/// `POST …/pause`: until a time in UTC, or until it is resumed.
pub async fn pause(place: Place, Posted { visit, fields }: Posted) -> Answer {
    let until = match fields.get("until").trim() {
        // As browsers send it, without the zone that the label names.
        minute if minute.len() == 16 => json!(format!("{}:00Z", minute.replace(' ', "T"))),
        other => text_or_null(other),
    };
    let skill = text_or_null(fields.get("skill"));
    let pause = json!({"reason": fields.get("reason").trim(), "until": until, "skill": skill});
    let request = Request::put(native_phone(&place.0.1, "/pause")).json(&pause);
    carry_out(&visit, &place, request, "It is paused, and keeps its position.", &fields).await
}

/// `POST …/resume`
pub async fn resume(place: Place, Posted { visit, fields }: Posted) -> Answer {
    let request = Request::delete(native_phone(&place.0.1, "/pause"));
    let request = request.given("skill", fields.get("skill"));
    carry_out(&visit, &place, request, "It is not paused any more.", &fields).await
}

async fn carry_out(
    visit: &Visit,
    Path((skill, phone)): &Place,
    request: Request,
    done: &str,
    fields: &Fields,
) -> Answer {
    match visit.api.send(request).await {
        Ok(_) => Ok(visit.done(&page_path(skill, phone), done).await),
        Err(problem) if problem.is_of_input() => {
            show(visit, (skill, phone), Some((fields.clone(), problem))).await
        }
        Err(problem) => Err(problem),
    }
}
