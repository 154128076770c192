//! Forms of a skill's page that change who rings: a move, a phone more, a phone less.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::json;

use super::{Skill, native, number_or_null, path, ring};
use crate::http::console::api::{Api, Request, segment};
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, FieldError, Problem};
use crate::http::console::phones::{Items, Phone};
use crate::http::console::visit::{Posted, Visit};

const CHANGED: &str = "The ring order was changed in the meantime, and nothing was moved. This is how \
                       it is now: move the phone again if it is still to go.";

/// The page on which a form stood.
fn back(skill: &str, fields: &Fields) -> String {
    Fields::default().link(&path(skill), &[("from", fields.get("from"))])
}

/// The page again, with why a form was refused.
async fn refuse(
    visit: &Visit,
    skill: &str,
    (form, fields): (&'static str, Fields),
    problem: Problem,
) -> Answer {
    if !problem.is_of_input() {
        return Err(problem);
    }
    let from = fields.get("from").to_owned();
    ring::show(visit, skill, &from, Some((form, fields, problem))).await
}

/// `POST /console/skills/{skill}/move`: `phone` to `place`, as a button has it, or else `position`, as it
/// was typed. Refused if the order is another one by now.
pub async fn move_one(Path(skill): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let button = fields.get("place");
    let typed = if button.is_empty() { fields.get("position") } else { button };
    let place = number_or_null(typed);
    let to = json!({"phone": fields.get("phone"), "place": place});
    let request = Request::post(native(&skill, "/ring-order/move")).json(&to);
    match visit.api.send(request.if_match(fields.get("etag"))).await {
        Ok(_) => {
            let text = format!("{} is at position {place} now.", fields.get("name"));
            Ok(visit.done(&back(&skill, &fields), text).await)
        }
        Err(mut problem) => {
            if problem.status == StatusCode::PRECONDITION_FAILED.as_u16() {
                problem.detail = CHANGED.into();
            }
            refuse(&visit, &skill, ("move", fields), problem).await
        }
    }
}

/// `POST /console/skills/{skill}/take-out`
pub async fn take_out(Path(skill): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let of: Skill = visit.api.read(Request::get(native(&skill, ""))).await?;
    match assign(&visit.api, fields.get("phone"), "unassign", &of.name).await {
        Ok(phone) => {
            let text = format!("{} does not ring for {} any more.", phone.name, of.name);
            Ok(visit.done(&back(&skill, &fields), text).await)
        }
        Err(problem) => refuse(&visit, &skill, ("take-out", fields), problem).await,
    }
}

/// `POST /console/skills/{skill}/put-in`: the phone with this number or this name rings last.
pub async fn put_in(Path(skill): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let of: Skill = visit.api.read(Request::get(native(&skill, ""))).await?;
    let phone = match find(&visit.api, fields.get("phone").trim()).await {
        Ok(phone) => phone,
        Err(problem) => return refuse(&visit, &skill, ("put-in", fields), problem).await,
    };
    if phone.skills.contains(&of.name) {
        let text = format!("{} rings for {} already.", phone.name, of.name);
        return Ok(visit.told(&back(&skill, &fields), &Flash::of(text)));
    }
    match assign(&visit.api, &phone.id, "assign", &of.name).await {
        Ok(phone) => {
            let text = format!("{} rings for {}, after the others.", phone.name, of.name);
            Ok(visit.done(&back(&skill, &fields), text).await)
        }
        Err(problem) => refuse(&visit, &skill, ("put-in", fields), problem).await,
    }
}

async fn assign(api: &Api, phone: &str, verb: &str, skill: &str) -> Result<Phone, Problem> {
    let request = Request::patch(format!("/v1/phones/{}", segment(phone)));
    api.read(request.json(&json!({verb: [skill]}))).await
}

/// The phone with this number or this name. A number is meant where it could be either.
async fn find(api: &Api, typed: &str) -> Result<Phone, Problem> {
    for field in ["number", "name"] {
        let request = Request::get("/v1/phones").query(field, typed).query("limit", 1);
        // What is no number may still be a name.
        let found = match api.read::<Items<Phone>>(request).await {
            Err(problem) if problem.status == 422 => continue,
            found => found?,
        };
        if let Some(phone) = found.items.into_iter().next() {
            return Ok(phone);
        }
    }
    let detail = format!("There is no phone with the number or the name \"{typed}\".");
    let error = FieldError { pointer: "/phone".to_owned(), ..FieldError::default() };
    let errors = vec![FieldError { detail: detail.clone(), ..error }];
    Err(Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail) })
}
