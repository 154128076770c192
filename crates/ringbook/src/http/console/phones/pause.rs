//! The pause of a phone for all its skills. Those for one of them are on the page of both.

use axum::extract::Path;
use serde_json::{Value, json};

use super::form::Form;
use super::one::show;
use super::{native, path};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::Answer;
use crate::http::console::visit::Posted;
use crate::time;

/// How long a pause is and why, such as `until 2026-01-02 03:04:00 UTC: lunch`; none if it is none.
pub fn told(pause: &Value) -> Option<String> {
    let text = |member: &str| pause[member].as_str().filter(|text| !text.is_empty());
    let until = text("until").map_or("it is resumed".to_owned(), time::for_people);
    let reason = text("reason").map(|reason| format!(": {reason}")).unwrap_or_default();
    pause.is_object().then(|| format!("until {until}{reason}"))
}

/// The pause that a form asks for, of all skills of a phone or of one: until a time in UTC or, if it is
/// empty, until it is resumed.
pub fn request(id: &str, skill: Option<&str>, fields: &Fields) -> Request {
    let until = Some(time::of_field(fields.get("until"))).filter(|until| !until.is_empty());
    let pause = json!({"reason": fields.get("reason").trim(), "until": until, "skill": skill});
    Request::put(native(id, "/pause")).json(&pause)
}

/// `POST /console/phones/{id}/pause`
pub async fn pause(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    match visit.api.send(request(&id, None, &fields)).await {
        Ok(_) => Ok(visit.done(&path(&id), "It is paused, and keeps its places.").await),
        Err(problem) if problem.is_of_input() => {
            let form = Form::edit(&visit.api, &id, "").await?;
            show(&visit, &id, Some(form), Some((fields, problem))).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /console/phones/{id}/resume`
pub async fn resume(Path(id): Path<String>, Posted { visit, .. }: Posted) -> Answer {
    visit.api.send(Request::delete(native(&id, "/pause"))).await?;
    Ok(visit.done(&path(&id), "It is not paused any more.").await)
}
