//! `/console/skills/{skill}/{phone}`: how a phone rings for a skill, and its pause there.

use askama::Template;
use axum::extract::Path;
use serde_json::{Value, json};

use super::{Forms, Refused, Skill, number_or_null, path};
use crate::http::console::api::{Request, segment};
use crate::http::console::page::{Answer, Frame};
use crate::http::console::phones::{self, Phone, pause};
use crate::http::console::visit::{Posted, Visit};

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
    /// Its pause for this skill, and whether it is paused for all.
    paused: Option<String>,
    is_paused: bool,
    forms: Forms,
}

impl PhonePage {
    /// What is wrong beside the fields.
    fn alert(&self) -> String {
        self.forms.problem.beside(&FIELDS)
    }
}

/// The skill and the phone of a page.
type Place = Path<(String, String)>;

async fn show(visit: &Visit, Path((skill, phone)): &Place, refused: Option<Refused>) -> Answer {
    let skill: Skill = visit.api.read(Request::get(super::native(skill, ""))).await?;
    let phone: Phone = visit.api.read(Request::get(phones::native(phone, ""))).await?;
    let routing = visit.api.send(Request::get(phones::native(&phone.id, "/routing"))).await?;
    let etag = routing.etag().to_owned();
    let routing: Value = routing.json().await?;
    let set = routing["skills"][&skill.name].clone();
    let page = PhonePage {
        frame: visit.frame("skills"),
        path: format!("{}/{}", path(&skill.id), segment(&phone.id)),
        paused: pause::told(&set["pause"]),
        is_paused: routing["pause"].is_object(),
        forms: Forms::new(set, refused),
        skill,
        phone,
        etag,
    };
    Ok(visit.show(page.forms.problem.page_status(), &page))
}

/// `GET /console/skills/{skill}/{phone}`
pub async fn page(visit: Visit, place: Place) -> Answer {
    show(&visit, &place, None).await
}

/// `POST /console/skills/{skill}/{phone}`: pauses it, resumes it, or sets how it rings. What is empty is
/// as for other phones.
pub async fn edit(place: Place, Posted { visit, fields }: Posted) -> Answer {
    let Path((skill, phone)) = &place;
    let (request, told) = match fields.get("form") {
        "pause" => (pause::request(phone, Some(skill), &fields), "It is paused."),
        "resume" => {
            let request = Request::delete(phones::native(phone, "/pause")).query("skill", skill);
            (request, "It is not paused any more.")
        }
        _ => {
            let in_skill = json!({
                "ring_time_s": number_or_null(fields.get("ring_time_s")),
                "delay_s": number_or_null(fields.get("delay_s")),
                "confirm": !fields.get("confirm").is_empty(),
            });
            let request = Request::patch(phones::native(phone, "/routing"));
            let request = request.json(&json!({"skills": {skill: in_skill}}));
            (request.if_match(fields.get("etag")), "It was saved.")
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
