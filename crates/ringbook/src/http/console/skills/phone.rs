//! `/console/skills/{skill}/{phone}`: how a phone rings for a skill, and its pause there.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Forms, Refused, Skill, native, number_or_null, path, text_or_null};
use crate::http::console::api::{Request, segment};
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Phone;
use crate::http::console::visit::{Posted, Visit};
use crate::time;

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 5] = ["reason", "until", "ring_time_s", "delay_s", "confirm"];

#[derive(Template)]
#[template(path = "skills/phone.html")]
struct PhonePage {
    frame: Frame,
    skill: Skill,
    phone: Phone,
    path: String,
    etag: String,
    /// Whether it is paused for all its skills.
    is_paused: bool,
    forms: Forms,
}

impl PhonePage {
    /// Its pause for this skill, such as `until 2026-01-02 03:04:05 UTC: lunch`.
    fn pause(&self) -> Option<String> {
        let pause = self.forms.set["pause"].as_object()?;
        let text = |member: &str| pause[member].as_str().filter(|text| !text.is_empty());
        let until = text("until").map(time::for_people);
        let until = until.unwrap_or_else(|| "it is resumed".to_owned());
        let reason = text("reason").map(|reason| format!(": {reason}")).unwrap_or_default();
        Some(format!("until {until}{reason}"))
    }

    /// What is wrong beside the fields.
    fn alert(&self) -> String {
        self.forms.problem.beside(&FIELDS)
    }
}

/// The skill and the phone of a page.
type Place = Path<(String, String)>;

fn native_phone(phone: &str, part: &str) -> String {
    format!("/v1/phones/{}{part}", segment(phone))
}

async fn show(visit: &Visit, Path((skill, phone)): &Place, refused: Option<Refused>) -> Answer {
    let skill: Skill = visit.api.read(Request::get(native(skill, ""))).await?;
    let phone: Phone = visit.api.read(Request::get(native_phone(phone, ""))).await?;
    if !phone.skills.contains(&skill.name) {
        let detail = format!("{} does not have the skill {}.", phone.name, skill.name);
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    let routing = visit.api.send(Request::get(native_phone(&phone.id, "/routing"))).await?;
    let etag = routing.etag().to_owned();
    let routing: Value = routing.json().await?;
    let page = PhonePage {
        frame: visit.frame("skills"),
        path: format!("{}/{}", path(&skill.id), segment(&phone.id)),
        is_paused: !routing["pause"].is_null(),
        forms: Forms::new(routing["skills"][&skill.name].clone(), refused),
        skill,
        phone,
        etag,
    };
    Ok(visit.show(page.forms.status(), &page))
}

/// `GET /console/skills/{skill}/{phone}`
pub async fn page(visit: Visit, place: Place) -> Answer {
    show(&visit, &place, None).await
}

/// `POST /console/skills/{skill}/{phone}`: pauses it for this skill, resumes it, or sets how it rings.
/// What is empty is as for others.
pub async fn edit(place: Place, Posted { visit, fields }: Posted) -> Answer {
    let Path((skill, phone)) = &place;
    let get = |name| fields.get(name);
    let (request, told) = match get("form") {
        "pause" => {
            let until = text_or_null(&time::of_field(get("until")));
            let pause = json!({"reason": get("reason").trim(), "until": until, "skill": skill});
            let request = Request::put(native_phone(phone, "/pause")).json(&pause);
            (request, "It is paused, and keeps its position.")
        }
        "resume" => {
            let request = Request::delete(native_phone(phone, "/pause")).query("skill", skill);
            (request, "It is not paused any more.")
        }
        _ => {
            let confirm = if get("confirm").is_empty() { Value::Null } else { true.into() };
            let in_skill = json!({
                "ring_time_s": number_or_null(get("ring_time_s")),
                "delay_s": number_or_null(get("delay_s")),
                "confirm": confirm,
            });
            let request = Request::patch(native_phone(phone, "/routing")).if_match(get("etag"));
            (request.json(&json!({"skills": {skill: in_skill}})), "It was saved.")
        }
    };
    match visit.api.send(request).await {
        Ok(_) => Ok(visit.done(&format!("{}/{}", path(skill), segment(phone)), told).await),
        Err(problem) if problem.is_of_input() => {
            show(&visit, &place, Some((fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}
