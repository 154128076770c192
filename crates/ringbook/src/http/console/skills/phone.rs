//! `/console/skills/{skill}/{phone}`: how long and how a phone rings for a skill.

use askama::Template;
use axum::extract::Path;
use serde_json::{Value, json};

use super::{Forms, Refused, Skill, number_or_null, path};
use crate::http::console::api::{Request, segment};
use crate::http::console::page::{Answer, Frame};
use crate::http::console::phones::{self, Phone};
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "skills/phone.html")]
struct PhonePage {
    frame: Frame,
    skill: Skill,
    phone: Phone,
    path: String,
    etag: String,
    forms: Forms,
}

impl PhonePage {
    /// What is wrong beside the fields.
    fn alert(&self) -> String {
        self.forms.problem.beside(&["ring_time_s", "delay_s", "confirm"])
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
    let page = PhonePage {
        frame: visit.frame("skills"),
        path: format!("{}/{}", path(&skill.id), segment(&phone.id)),
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

/// `POST /console/skills/{skill}/{phone}`: what is empty is as for other phones.
pub async fn edit(place: Place, Posted { visit, fields }: Posted) -> Answer {
    let Path((skill, phone)) = &place;
    let in_skill = json!({
        "ring_time_s": number_or_null(fields.get("ring_time_s")),
        "delay_s": number_or_null(fields.get("delay_s")),
        "confirm": !fields.get("confirm").is_empty(),
    });
    let request = Request::patch(phones::native(phone, "/routing")).if_match(fields.get("etag"));
    match visit.api.send(request.json(&json!({"skills": {skill: in_skill}}))).await {
        Ok(_) => Ok(visit.done(&path(skill), "It was saved.").await),
        Err(problem) if problem.is_of_input() => {
            show(&visit, &place, Some((fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}
