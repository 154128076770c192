//! The pause of a phone for all its skills. Those for one of them are on the page of both.

use axum::extract::Path;
use serde_json::{Value, json};

use super::form::Form;
use super::one::show;
use super::{native, path};
use crate::http::console::api::{Api, Request};
use crate::http::console::page::{Answer, Problem};
use crate::http::console::visit::Posted;
use crate::time;

/// How long a phone is paused and why, such as `until 2026-01-02 03:04:00 UTC: lunch`; none if it is not.
pub async fn paused(api: &Api, id: &str) -> Result<Option<String>, Problem> {
    let routing: Value = api.read(Request::get(native(id, "/routing"))).await?;
    let text = |member: &str| routing["pause"][member].as_str().filter(|text| !text.is_empty());
    let until = text("until").map_or("it is resumed".to_owned(), time::for_people);
    let reason = text("reason").map(|reason| format!(": {reason}")).unwrap_or_default();
    Ok(routing["pause"].is_object().then(|| format!("until {until}{reason}")))
}

/// `POST /console/phones/{id}/pause`: until a time in UTC or, if it is empty, until it is resumed.
pub async fn pause(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let until = Some(time::of_field(fields.get("until"))).filter(|until| !until.is_empty());
    let pause = json!({"reason": fields.get("reason").trim(), "until": until});
    match visit.api.send(Request::put(native(&id, "/pause")).json(&pause)).await {
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
